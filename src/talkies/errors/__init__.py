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
│   ├── AudioTooShort           for the engine
│   ├── FaceNotFound
│   ├── FaceIndexInvalid
│   ├── FaceUnusable            found, but a render would ruin it; `details["reason"]` says why
│   ├── TranscriptMismatch
│   ├── UnknownCharacter
│   ├── CharacterInvalid        its frames or words; `details["reason"]` says why
│   ├── ArchiveUnsafe           paths that lead out of it, links, far too much in it
│   ├── TimelineInvalid         `details["where"]` names the place
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
│   ├── EditedSince             changed by somebody else after it was read
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
│   ├── FontMissing
│   ├── EngineNotInstalled
│   ├── EngineBroken            its environment: a package, a version
│   ├── GpuUnavailable
│   ├── WeightsMissing          or damaged
│   └── WeightsUnmappable       on a volume that cannot map files
├── LicenceForbids              the engine's licence, and `COMMERCIAL_ONLY`
├── DownloadFailed              of weights
├── NoPodAvailable
├── ProviderFailed              a service that was to help, as a model that paints
├── OutputFailure
│   ├── OutputUnwritable
│   ├── OutputExists
│   └── DiskFull
├── EngineFailure               a part of ours or of an engine failed
│   ├── ChildCrashed
│   ├── ChildTimedOut
│   ├── WorkerLost              the processes that worked on a job died, one after another
│   ├── GpuOutOfMemory
│   ├── HostOutOfMemory         or killed by somebody else
│   ├── EngineStalled
│   ├── EngineNoOutput          it ended well, without a video
│   └── PodFailure              a remote machine's
├── BatchIncomplete             some videos of a manifest failed
└── Canceled

Callers match on the class or on `code`, never on the message. Every code is explained in
`docs/reference/errors.md`.
"""

from talkies.errors.base import (
    Detail,
    TalkiesError,
)
from talkies.errors.characters import (
    ArchiveUnsafe,
    CharacterInvalid,
    EditedSince,
    ProviderFailed,
    TimelineInvalid,
    UnknownCharacter,
)
from talkies.errors.engines import (
    DownloadFailed,
    EngineBroken,
    EngineNoOutput,
    EngineNotInstalled,
    EngineStalled,
    GpuOutOfMemory,
    GpuUnavailable,
    HostOutOfMemory,
    LicenceForbids,
    NoPodAvailable,
    PodFailure,
    WeightsMissing,
    WeightsUnmappable,
)
from talkies.errors.inputs import (
    AnimatedImage,
    AudioEmpty,
    AudioSilent,
    AudioTooShort,
    CorruptMedia,
    FaceIndexInvalid,
    FaceNotFound,
    FaceUnusable,
    FetchFailed,
    FileMissing,
    ImageTooSmall,
    InvalidInput,
    InvalidManifest,
    InvalidOption,
    InvalidRequest,
    MalformedBody,
    MediaTooLarge,
    RangeUnsatisfiable,
    SameFile,
    TranscriptMismatch,
    UnknownEngine,
    UnknownLanguage,
    UnknownVoice,
    UnsafeAddress,
    UnsupportedMedia,
)
from talkies.errors.service import (
    BlobMissing,
    Conflict,
    Forbidden,
    Gone,
    IdempotencyInProgress,
    IdempotencyMismatch,
    LinkExpired,
    MethodNotAllowed,
    Misconfigured,
    NotFound,
    NotReady,
    QueueFull,
    RateLimited,
    StorageFailure,
    StorageFull,
    StorageRefused,
    StorageUnavailable,
    TooMany,
    Unauthenticated,
    Unavailable,
)
from talkies.errors.work import (
    BatchIncomplete,
    Canceled,
    ChildCrashed,
    ChildTimedOut,
    DeadlineExceeded,
    DiskFull,
    EngineFailure,
    FontMissing,
    MissingDependency,
    OutputExists,
    OutputFailure,
    OutputUnwritable,
    WorkerLost,
)

__all__ = [
    "AnimatedImage",
    "ArchiveUnsafe",
    "AudioEmpty",
    "AudioSilent",
    "AudioTooShort",
    "BatchIncomplete",
    "BlobMissing",
    "Canceled",
    "CharacterInvalid",
    "ChildCrashed",
    "ChildTimedOut",
    "Conflict",
    "CorruptMedia",
    "DeadlineExceeded",
    "Detail",
    "DiskFull",
    "DownloadFailed",
    "EditedSince",
    "EngineBroken",
    "EngineFailure",
    "EngineNoOutput",
    "EngineNotInstalled",
    "EngineStalled",
    "FaceIndexInvalid",
    "FaceNotFound",
    "FaceUnusable",
    "FetchFailed",
    "FileMissing",
    "FontMissing",
    "Forbidden",
    "Gone",
    "GpuOutOfMemory",
    "GpuUnavailable",
    "HostOutOfMemory",
    "IdempotencyInProgress",
    "IdempotencyMismatch",
    "ImageTooSmall",
    "InvalidInput",
    "InvalidManifest",
    "InvalidOption",
    "InvalidRequest",
    "LicenceForbids",
    "LinkExpired",
    "MalformedBody",
    "MediaTooLarge",
    "MethodNotAllowed",
    "Misconfigured",
    "MissingDependency",
    "NoPodAvailable",
    "NotFound",
    "NotReady",
    "OutputExists",
    "OutputFailure",
    "OutputUnwritable",
    "PodFailure",
    "ProviderFailed",
    "QueueFull",
    "RangeUnsatisfiable",
    "RateLimited",
    "SameFile",
    "StorageFailure",
    "StorageFull",
    "StorageRefused",
    "StorageUnavailable",
    "TalkiesError",
    "TimelineInvalid",
    "TooMany",
    "TranscriptMismatch",
    "Unauthenticated",
    "Unavailable",
    "UnknownCharacter",
    "UnknownEngine",
    "UnknownLanguage",
    "UnknownVoice",
    "UnsafeAddress",
    "UnsupportedMedia",
    "WeightsMissing",
    "WeightsUnmappable",
    "WorkerLost",
]
