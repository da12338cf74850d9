"""What Supabase's storage answers, in the words of the storage."""

import contextlib
from collections.abc import Iterator
from http import HTTPStatus
from typing import Final

import httpx

from talkies.errors import (
    BlobMissing,
    StorageFull,
    StorageRefused,
    StorageUnavailable,
    TalkiesError,
)

#: A bucket that is not there is no missing blob: its older and its newer code.
NO_BUCKET: Final = frozenset({"Bucket not found", "NoSuchBucket"})

#: Too large for the plan or the bucket, over the quota that is paid for, out of room.
FULL: Final = frozenset({402, 413, 507})

BUSY: Final = frozenset({408, 429})

HINTS: Final = {
    400: "Check the name of the bucket: SUPABASE_STORAGE_BUCKET.",
    401: "Check the service-role key: SUPABASE_SERVICE_ROLE_KEY.",
    403: "Check the service-role key: SUPABASE_SERVICE_ROLE_KEY.",
    404: "Create the bucket, or check its name: SUPABASE_STORAGE_BUCKET.",
}


@contextlib.contextmanager
def translating() -> Iterator[None]:
    """Turn errors of the connection into the storage's."""
    try:
        yield
    except httpx.HTTPError as error:
        reason = type(error).__name__
        raise StorageUnavailable(
            f"The storage does not answer ({reason}).", details={"reason": reason}
        ) from error


def require_success(response: httpx.Response, key: str = "") -> None:
    """Raise what the answer says, where it is not a success; the body is read then."""
    if response.is_success:
        return
    response.read()
    raise _refusal(*_said(response), key)


def _refusal(status: int, code: str, key: str) -> TalkiesError:
    details = {"reason": code or str(status)}
    if status in FULL:
        return StorageFull(details=details)
    if status == HTTPStatus.NOT_FOUND and code not in NO_BUCKET:
        return BlobMissing(details={"key": key})
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in BUSY:
        return StorageUnavailable(
            f"The storage is out of order or busy ({status}).", details=details
        )
    return StorageRefused(
        f"The storage refuses us ({details['reason']}).",
        hint=HINTS.get(status, ""),
        details=details,
    )


def _said(response: httpx.Response) -> tuple[int, str]:
    """The status and code of an answer; Supabase hides most statuses in the body of a 400."""
    try:
        body = response.json()
        return int(body["statusCode"]), str(body.get("code") or body.get("error") or "")
    except (ValueError, TypeError, KeyError, AttributeError):
        return response.status_code, ""
