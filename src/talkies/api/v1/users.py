"""`DELETE /v1/users/{user_id}`: everything of one of your users, removed, with a receipt."""

from typing import Annotated

from fastapi import APIRouter, Path

from talkies.api.auth import Anyone
from talkies.api.openapi import answers
from talkies.api.requests import RequestId, ServicesDep
from talkies.api.v1.receipts import ReceiptAnswer
from talkies.errors import Conflict, StorageUnavailable

router = APIRouter(prefix="/v1/users", tags=["users"])


@router.delete(
    "/{user_id:path}",
    summary="Delete a user's data",
    responses=answers(Conflict, StorageUnavailable),
)
def delete_user(
    user_id: Annotated[str, Path(min_length=1, max_length=200, examples=["user-17"])],
    who: Anyone,
    services: ServicesDep,
    request_id: RequestId,
) -> ReceiptAnswer:
    """Jobs (running ones are canceled), inputs, outputs, uploads and scratch.

    Usage stays as numbers, without the user. A key deletes what it made for this `user_id`; one
    with the scope `admin` what all keys made. Harmless to repeat.
    """
    return ReceiptAnswer.of(services.deletion.delete_user(who, user_id, request_id=request_id))
