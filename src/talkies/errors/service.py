"""What a service answers in place of a result: to whom, in what state, and how busy it is."""

from talkies.errors.base import TalkiesError


class Unauthenticated(TalkiesError):
    """A key is needed."""

    code = "UNAUTHENTICATED"
    status = 401
    exit_status = 2
    default_hint = "Send a key: `Authorization: Bearer tk_…` or `X-API-Key: tk_…`."


class Forbidden(TalkiesError):
    """This key may not do that."""

    code = "FORBIDDEN"
    status = 403
    exit_status = 2


class NotFound(TalkiesError):
    """There is nothing of that name."""

    code = "NOT_FOUND"
    status = 404
    exit_status = 3
    default_hint = "Check the id, and that this key made it."


class MethodNotAllowed(TalkiesError):
    """This route has no such method."""

    code = "METHOD_NOT_ALLOWED"
    status = 405
    exit_status = 2
    default_hint = "`Allow` names the methods; /docs lists the routes."


class BlobMissing(NotFound):
    """The file is not in the storage."""

    code = "BLOB_MISSING"
    default_hint = "It was removed, or never uploaded: upload it again."


class Conflict(TalkiesError):
    """The present state does not allow that."""

    code = "CONFLICT"
    status = 409
    exit_status = 3


class NotReady(Conflict):
    """The result is not there yet."""

    code = "NOT_READY"
    retryable = True
    default_hint = "Ask again when the job has succeeded."


class IdempotencyInProgress(Conflict):
    """The first request with this Idempotency-Key is still being answered."""

    code = "IDEMPOTENCY_IN_PROGRESS"
    retryable = True
    default_hint = "Ask again in a second."


class IdempotencyMismatch(Conflict):
    """This Idempotency-Key was used for another request."""

    code = "IDEMPOTENCY_MISMATCH"
    status = 422
    default_hint = "Use a new Idempotency-Key for a new request."


class Gone(TalkiesError):
    """It was removed."""

    code = "GONE"
    status = 410
    exit_status = 3
    default_hint = "Retention removed the files; make the video again."


class LinkExpired(Gone):
    """This link has expired."""

    code = "LINK_EXPIRED"
    default_hint = "Ask for the job or asset again: each answer has fresh links."


class TooMany(TalkiesError):
    """Too much at once."""

    code = "TOO_MANY"
    status = 429
    retryable = True


class RateLimited(TooMany):
    """Too many requests in a short time."""

    code = "RATE_LIMITED"
    default_hint = "Wait as long as `Retry-After` says."


class QueueFull(TooMany):
    """Too many unfinished jobs."""

    code = "QUEUE_FULL"
    default_hint = "Wait until some of them are finished, or cancel some."


class Unavailable(TalkiesError):
    """This server cannot do that at the moment."""

    code = "UNAVAILABLE"
    status = 503
    retryable = True
    default_hint = "Ask again later."


class StorageUnavailable(Unavailable):
    """The storage cannot be reached."""

    code = "STORAGE_UNAVAILABLE"


class StorageFailure(TalkiesError):
    """The storage did not do what it was asked."""

    code = "STORAGE_FAILURE"
    exit_status = 5


class StorageRefused(StorageFailure):
    """The storage does not accept our credentials or settings."""

    code = "STORAGE_REFUSED"
    default_hint = "Check the storage settings with `talkies doctor`."


class StorageFull(StorageFailure):
    """The storage is full."""

    code = "STORAGE_FULL"
    status = 507
    retryable = True
    default_hint = "Delete old videos, or set RETENTION_HOURS, or give the storage more room."


class Misconfigured(TalkiesError):
    """The settings do not fit together."""

    code = "MISCONFIGURED"
    exit_status = 2
