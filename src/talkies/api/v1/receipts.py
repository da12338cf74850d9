"""Receipts of deletions as answers."""

from typing import Literal, Self

from pydantic import Field

from talkies.api.models import Answer, Moment
from talkies.studio.removal.receipts import Receipt


class ReceiptAnswer(Answer):
    """The proof that something was deleted, without saying whose it was."""

    id: str = Field(examples=["del_01k9zzy0c0m5ysfcvd4cb4k4w1"])
    object: Literal["deletion"] = "deletion"
    subject_kind: Literal["job", "user"]
    subject_hash: str = Field(description="Stands for the id of what was deleted.")
    key_id: str | None = Field(description="Who asked; null for a session.")
    counts: dict[str, int] = Field(
        description="How many went, by what they were.", examples=[{"jobs": 1, "files": 4}]
    )
    deleted_at: Moment
    signature: str = Field(description="HMAC-SHA256 over all of it, by this installation.")

    @classmethod
    def of(cls, receipt: Receipt) -> Self:
        """The answer that carries a receipt."""
        return cls(
            id=receipt.id,
            subject_kind=receipt.subject_kind,
            subject_hash=receipt.subject_hash,
            key_id=receipt.key_id,
            counts=dict(receipt.counts),
            deleted_at=receipt.at,
            signature=receipt.signature,
        )
