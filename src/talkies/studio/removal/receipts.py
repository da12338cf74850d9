"""Receipts of deletions: what was deleted and when, signed, without saying whose it was."""

import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Final, Literal

SubjectKind = Literal["job", "user"]

SUBJECT: Final = "talkies deletion: subject"
RECEIPT: Final = "talkies deletion: receipt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The proof of one deletion."""

    id: str
    subject_kind: SubjectKind
    #: A keyed digest of the job's or user's id: who knows the id can have it checked by us.
    subject_hash: str
    #: Who asked; None for a sign-in session.
    key_id: str | None
    #: How many went, by what they were.
    counts: Mapping[str, int]
    #: UTC milliseconds.
    at: int
    #: HMAC-SHA256 of all the above, in hexadecimal.
    signature: str = ""


class Notary:
    """Signs receipts and checks them."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def subject_hash(self, kind: SubjectKind, subject: str) -> str:
        """What stands for a job or user on a receipt: keyed, since ids of users can be guessed."""
        return self._digest(SUBJECT, {"kind": kind, "subject": subject})

    def signed(self, receipt: Receipt) -> Receipt:
        """The receipt with its signature."""
        return replace(receipt, signature=self._signature(receipt))

    def is_genuine(self, receipt: Receipt) -> bool:
        """Whether we signed exactly this."""
        expected = self._signature(receipt).encode()
        return hmac.compare_digest(expected, receipt.signature.encode("utf-8", "replace"))

    def _signature(self, receipt: Receipt) -> str:
        said = {name: value for name, value in asdict(receipt).items() if name != "signature"}
        return self._digest(RECEIPT, said)

    def _digest(self, purpose: str, said: Mapping[str, object]) -> str:
        message = json.dumps([purpose, said], sort_keys=True).encode()
        return hmac.digest(self._secret, message, "sha256").hex()
