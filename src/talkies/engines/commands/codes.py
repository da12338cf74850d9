"""The codes of failures that a description may name, and what becomes of a run that has one."""

from enum import Enum
from typing import Final

from talkies.errors import (
    AudioSilent,
    AudioTooShort,
    CorruptMedia,
    DiskFull,
    EngineBroken,
    EngineFailure,
    EngineNoOutput,
    EngineStalled,
    FaceNotFound,
    FaceUnusable,
    GpuOutOfMemory,
    GpuUnavailable,
    HostOutOfMemory,
    ImageTooSmall,
    MediaTooLarge,
    Misconfigured,
    TalkiesError,
    WeightsMissing,
    WeightsUnmappable,
)

#: Error classes by the code that stands for them.
CODES: Final[dict[str, type[TalkiesError]]] = {
    kind.code: kind
    for kind in (
        GpuOutOfMemory,
        HostOutOfMemory,
        GpuUnavailable,
        EngineBroken,
        EngineStalled,
        EngineNoOutput,
        EngineFailure,
        WeightsMissing,
        WeightsUnmappable,
        AudioTooShort,
        AudioSilent,
        FaceNotFound,
        FaceUnusable,
        ImageTooSmall,
        CorruptMedia,
        MediaTooLarge,
        DiskFull,
        Misconfigured,
    )
}


class Retry(Enum):
    """What is done after a failure, before it is the user's."""

    #: Nothing: it would fail again.
    NEVER = "never"
    #: The same order once more.
    ONCE = "once"
    #: The whole video with the next smaller preset.
    SMALLER_PRESET = "smaller preset"
    #: The whole video in shorter segments, once.
    SHORTER_SEGMENTS = "shorter segments"


def retry_after(error: TalkiesError) -> Retry:
    """What is done after this failure. Stalled runs took their time already."""
    if isinstance(error, GpuOutOfMemory):
        return Retry.SMALLER_PRESET
    if isinstance(error, HostOutOfMemory):
        return Retry.SHORTER_SEGMENTS
    if isinstance(error, EngineNoOutput):
        return Retry.ONCE
    return Retry.NEVER
