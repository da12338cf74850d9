"""What S3 and its like answer, in the words of the storage."""

import contextlib
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Final

from boto3.exceptions import Boto3Error
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    InvalidRegionError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    ProfileNotFound,
    SSLError,
)

from talkies.errors import (
    BlobMissing,
    StorageFull,
    StorageRefused,
    StorageUnavailable,
    TalkiesError,
)

#: Codes of S3 (API reference, "Error responses"), of MinIO and of SeaweedFS.
FULL: Final = frozenset(
    {
        "EntityTooLarge",
        "InsufficientCapacity",
        "InsufficientStorage",
        "QuotaExceeded",
        "StorageFull",
        "XAmzQuotaExceeded",
        "XMinioAdminBucketQuotaExceeded",
        "XMinioStorageFull",
    }
)
MISSING: Final = frozenset({"404", "NoSuchKey", "NotFound"})
BUSY: Final = frozenset({"RequestTimeout", "SlowDown", "Throttling", "ThrottlingException"})
BUSY_STATUSES: Final = frozenset({408, 429})

#: A next step where a code names one.
HINTS: Final = {
    "AccessDenied": "Allow this key to get, put, list and delete objects of the bucket.",
    "AuthorizationHeaderMalformed": "Check the region of the bucket: S3_REGION.",
    "InvalidAccessKeyId": "Check the access key id: S3_ACCESS_KEY_ID.",
    "NoSuchBucket": "Create the bucket, or check its name: S3_BUCKET.",
    "PermanentRedirect": "Check the region and the endpoint of the bucket.",
    "RequestTimeTooSkewed": "Set the clock of this machine.",
    "SignatureDoesNotMatch": "Check the secret access key: S3_SECRET_ACCESS_KEY.",
}

#: Faults in what we were given, found before or while connecting.
_OUR_SETTINGS: Final = (
    CredentialRetrievalError,
    InvalidRegionError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    ProfileNotFound,
    SSLError,
)


@contextlib.contextmanager
def translating(key: str = "") -> Iterator[None]:
    """Turn the client's errors into the storage's."""
    try:
        yield
    except ClientError as error:
        raise answered(error.response, key) from error
    except Boto3Error as error:
        # A transfer wraps what went wrong, and says it in words alone.
        raise _wrapped(error, key) from error
    except BotoCoreError as error:
        raise _not_answered(error) from error


def answered(response: Any, key: str) -> TalkiesError:
    """The error for an answer, or for one entry of an answer's list of errors."""
    code = str(response.get("Error", {}).get("Code", ""))
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    details = {"reason": code or str(status)}
    if code in FULL or status == HTTPStatus.INSUFFICIENT_STORAGE:
        return StorageFull(details=details)
    if code in MISSING:
        return BlobMissing(details={"key": key})
    if code in BUSY or status in BUSY_STATUSES or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return StorageUnavailable(f"The storage is out of order or busy ({code}).", details=details)
    return StorageRefused(
        f"The storage refuses us ({code}).", hint=HINTS.get(code, ""), details=details
    )


def _wrapped(error: Boto3Error, key: str) -> TalkiesError:
    cause = error.__cause__ or error.__context__
    if isinstance(cause, ClientError):
        return answered(cause.response, key)
    return StorageUnavailable("The storage broke off a transfer again and again.")


def _not_answered(error: BotoCoreError) -> TalkiesError:
    reason = type(error).__name__
    if isinstance(error, _OUR_SETTINGS):
        return StorageRefused(
            f"The settings of the storage cannot be used ({reason}).", details={"reason": reason}
        )
    return StorageUnavailable(
        f"The storage does not answer ({reason}).", details={"reason": reason}
    )
