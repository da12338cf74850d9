"""The error tree: every failure a user can meet, with a stable code and a next step.

TalkiesError
├── InvalidInput                what was given cannot be used
│   ├── FileMissing
│   ├── UnsupportedMedia        a type that is not on the list
│   ├── CorruptMedia            the right type, but broken or cut off
│   ├── MediaTooLarge           over a limit on bytes, pixels or seconds
│   ├── ImageTooSmall
│   ├── AnimatedImage
│   ├── AudioEmpty
│   ├── AudioSilent
│   ├── FaceNotFound
│   ├── FaceIndexInvalid
│   ├── FaceUnusable            found, but a render would ruin it; `details["reason"]` says why
│   ├── TranscriptMismatch
│   ├── UnknownVoice
│   ├── UnknownLanguage
│   ├── UnknownEngine
│   ├── InvalidOption
│   ├── InvalidManifest
│   ├── InvalidRequest          a field of an API request; `details["fields"]` names them
│   ├── MalformedBody           a body that is not what its Content-Type says
│   ├── RangeUnsatisfiable      bytes that the file does not have
│   ├── UnsafeAddress           a URL that this server does not fetch from or send to
│   ├── FetchFailed             a URL that did not give a file
│   └── SameFile
├── Unauthenticated             no key, or one that is not known
├── Forbidden                   a key that may not do this
├── MethodNotAllowed
├── NotFound                    nothing of that id (for this key)
│   └── BlobMissing
├── Conflict                    the present state does not allow it
│   ├── NotReady                the result is not there yet
│   ├── IdempotencyInProgress   the same request is being answered
│   └── IdempotencyMismatch     the token was used for another request
├── Gone                        it was there, and retention removed it
│   └── LinkExpired             a signed link after its time
├── TooMany                     wait and ask again
│   ├── RateLimited
│   └── QueueFull               too many unfinished jobs of this key or user
├── Unavailable                 this server cannot do it now
│   └── StorageUnavailable
├── StorageFailure
│   ├── StorageRefused          our credentials or settings are not accepted
│   └── StorageFull
├── Misconfigured               settings that contradict each other or are missing
├── DeadlineExceeded            the job was not finished in the time it was given
├── MissingDependency           an extra that is not installed
│   └── FontMissing
├── OutputFailure
│   ├── OutputUnwritable
│   ├── OutputExists
│   └── DiskFull
├── EngineFailure               a part of ours or of an engine failed
│   ├── ChildCrashed
│   ├── ChildTimedOut
│   └── WorkerLost              the processes that worked on a job died, one after another
├── BatchIncomplete             some videos of a manifest failed
└── Canceled

Callers match on the class or on `code`, never on the message. Every code is explained in
`docs/reference/errors.md`.
"""

from collections.abc import Mapping
from typing import ClassVar, TypeAlias

Detail: TypeAlias = str | int | float | bool | list[str] | list[float] | list[dict[str, str]] | None


class TalkiesError(Exception):
    """Something went wrong."""

    code: ClassVar[str] = "INTERNAL"
    #: HTTP status of the answer that carries this error.
    status: ClassVar[int] = 500
    #: Exit status of a command that ends with this error.
    exit_status: ClassVar[int] = 1
    #: Whether the same request may succeed later, unchanged.
    retryable: ClassVar[bool] = False
    #: The next step, where an instance gives none of its own.
    default_hint: ClassVar[str] = ""

    def __init__(
        self,
        message: str = "",
        *,
        hint: str = "",
        details: Mapping[str, Detail] | None = None,
    ) -> None:
        self.message = message or (self.__class__.__doc__ or "").splitlines()[0]
        self.hint = hint or self.default_hint
        self.details: dict[str, Detail] = dict(details or {})
        super().__init__(self.message)


class InvalidInput(TalkiesError):
    """The input cannot be used."""

    code = "INVALID_INPUT"
    status = 422
    exit_status = 3


class FileMissing(InvalidInput):
    """The file does not exist or cannot be read."""

    code = "FILE_MISSING"
    status = 404
    default_hint = "Check the path and its permissions."


class UnsupportedMedia(InvalidInput):
    """The file is of a type that is not supported."""

    code = "UNSUPPORTED_MEDIA"
    status = 415


class CorruptMedia(InvalidInput):
    """The file is damaged or cut off."""

    code = "CORRUPT_MEDIA"
    default_hint = "Export or download the file again."


class MediaTooLarge(InvalidInput):
    """The file is over a limit."""

    code = "MEDIA_TOO_LARGE"
    status = 413
    default_hint = "Make it smaller or shorter."


class ImageTooSmall(InvalidInput):
    """The picture is too small to animate."""

    code = "IMAGE_TOO_SMALL"
    default_hint = "Use a larger picture: 500 pixels and more look good."


class AnimatedImage(InvalidInput):
    """The picture has more than one frame."""

    code = "ANIMATED_IMAGE"
    default_hint = "Save one frame as PNG or JPEG and use that."


class AudioEmpty(InvalidInput):
    """The recording has no sound samples."""

    code = "AUDIO_EMPTY"
    default_hint = "Record or export it again."


class AudioSilent(InvalidInput):
    """The recording is silent."""

    code = "AUDIO_SILENT"
    default_hint = "Check that the right track was exported and that it is not muted."


class FaceNotFound(InvalidInput):
    """No face was found in the picture."""

    code = "FACE_NOT_FOUND"
    default_hint = "Use a picture that shows one face from the front, well lit."


class FaceIndexInvalid(InvalidInput):
    """The picture has no face with that number."""

    code = "FACE_INDEX_INVALID"


class FaceUnusable(InvalidInput):
    """The face was found, but a video of it would look wrong."""

    code = "FACE_UNUSABLE"
    default_hint = "Use a sharp picture that shows the face from the front with nothing before it."


class TranscriptMismatch(InvalidInput):
    """The transcript does not say what the recording says."""

    code = "TRANSCRIPT_MISMATCH"
    default_hint = "Check the transcript and its language, or leave it out."


class UnknownVoice(InvalidInput):
    """There is no voice of that name."""

    code = "UNKNOWN_VOICE"
    default_hint = "`talkies voices` lists the voices."


class UnknownLanguage(InvalidInput):
    """There is no language of that name."""

    code = "UNKNOWN_LANGUAGE"
    default_hint = "`talkies voices` lists the languages."


class UnknownEngine(InvalidInput):
    """There is no engine of that name."""

    code = "UNKNOWN_ENGINE"
    default_hint = "`talkies engines` lists the engines."


class InvalidOption(InvalidInput):
    """An option has a value that cannot be used."""

    code = "INVALID_OPTION"
    exit_status = 2


class InvalidManifest(InvalidInput):
    """The manifest cannot be read."""

    code = "INVALID_MANIFEST"


class InvalidRequest(InvalidInput):
    """The request has fields that cannot be used."""

    code = "INVALID_REQUEST"


class MalformedBody(InvalidInput):
    """The body is not what its Content-Type says."""

    code = "MALFORMED_BODY"
    status = 400
    default_hint = "Check how the body is written; /docs shows an example."


class RangeUnsatisfiable(InvalidInput):
    """The file does not have the bytes that were asked for."""

    code = "RANGE_UNSATISFIABLE"
    status = 416
    default_hint = "Ask for bytes within the length that `Content-Range` names."


class UnsafeAddress(InvalidInput):
    """The address is one that this server does not contact."""

    code = "UNSAFE_ADDRESS"
    default_hint = "Use a public https:// address, or upload the file."


class FetchFailed(InvalidInput):
    """The address did not give a file."""

    code = "FETCH_FAILED"
    retryable = True
    default_hint = "Check that the link works without signing in, or upload the file."


class SameFile(InvalidInput):
    """The output would overwrite an input."""

    code = "SAME_FILE"
    default_hint = "Choose another output path."


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


class DeadlineExceeded(TalkiesError):
    """The job was not finished before its deadline."""

    code = "DEADLINE_EXCEEDED"
    status = 504
    exit_status = 6
    default_hint = "Give it more time with `deadline_seconds`, or make a shorter video."


class MissingDependency(TalkiesError):
    """A part that is not installed is needed."""

    code = "MISSING_DEPENDENCY"
    status = 501
    exit_status = 4


class FontMissing(MissingDependency):
    """No installed font can write this script."""

    code = "FONT_MISSING"


class OutputFailure(TalkiesError):
    """The result could not be written."""

    code = "OUTPUT_FAILURE"
    exit_status = 5


class OutputUnwritable(OutputFailure):
    """The output path cannot be written."""

    code = "OUTPUT_UNWRITABLE"
    default_hint = "Choose a folder that exists and that you may write to."


class OutputExists(OutputFailure):
    """The output exists already."""

    code = "OUTPUT_EXISTS"
    status = 409
    default_hint = "Add --overwrite (-y) to replace it, or choose another output path."


class DiskFull(OutputFailure):
    """The disk is full."""

    code = "DISK_FULL"
    status = 507
    retryable = True
    default_hint = "Free some space, or use another disk: for the output, or (TMPDIR) for the work."


class EngineFailure(TalkiesError):
    """The work failed inside."""

    code = "ENGINE_FAILURE"
    exit_status = 6
    default_hint = "Try again. If it stays, run `talkies doctor` and report what it says."


class ChildCrashed(EngineFailure):
    """A child process ended without an answer."""

    code = "CHILD_CRASHED"
    retryable = True


class ChildTimedOut(EngineFailure):
    """A child process took longer than it may."""

    code = "CHILD_TIMED_OUT"
    retryable = True


class WorkerLost(EngineFailure):
    """Every process that worked on the job died."""

    code = "WORKER_LOST"
    default_hint = "Look into the log of the workers, mend what kills them, and retry the job."


class BatchIncomplete(TalkiesError):
    """Some videos of a manifest failed."""

    code = "BATCH_INCOMPLETE"
    exit_status = 7
    retryable = True
    default_hint = "Mend what the failed rows name and run the same command: finished ones stay."


class Canceled(TalkiesError):
    """The work was canceled."""

    code = "CANCELED"
    status = 409
    exit_status = 130
