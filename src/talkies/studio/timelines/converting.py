"""A file that says when a mouth moves, of whatever program it is, made a timeline."""

import os
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from talkies.core.direction.direct import direct
from talkies.core.rig.model import RigConfig
from talkies.core.rig.standard import STANDARD
from talkies.core.timeline.document import Timeline, TimelineSound
from talkies.core.timeline.formats.reading import SPEECH_ONLY, Into, Readable, read_timeline
from talkies.core.timeline.resample import resample
from talkies.core.timeline.validate import NAME_LENGTH, validate
from talkies.core.timing import SOUND_RATE, frame_count
from talkies.errors import FileMissing, MediaTooLarge
from talkies.media.samples import SoundSource
from talkies.studio.timelines.create import measured
from talkies.studio.timelines.saving import FPS

#: Bytes of the largest file: a day of speech, phoneme by phoneme.
LONGEST_FILE = 256_000_000

#: Who plays a file that names nobody.
NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a timeline shall be, besides what its file says; None leaves that."""

    character: str | None = None
    #: The words of the character.
    config: RigConfig = STANDARD
    fps: Fraction | None = None
    seed: int = 0
    #: What is heard, and where the timeline finds it.
    sound: tuple[SoundSource, TimelineSound] | None = None


def converted(path: Path, wanted: Wanted) -> tuple[Timeline, Readable]:
    """The timeline of a file, and what the file was.

    A file that only says what is spoken is directed by the built-in rules. A sound that is longer
    than the file makes the timeline longer.

    Raises:
        FileMissing, MediaTooLarge: the file.
        TimelineInvalid: it is of no kind that can be read, or says something impossible.
    """
    into = Into(
        id=path.name.partition(".")[0][:NAME_LENGTH] or "timeline",
        character=wanted.character or NOBODY,
        fps=wanted.fps or FPS,
    )
    timeline, kind = read_timeline(read_file(path), into)
    timeline = resample(timeline, wanted.fps or timeline.fps)
    if wanted.character is not None:
        timeline = replace(timeline, character=wanted.character)
    if wanted.sound is not None:
        timeline = _sounding(timeline, wanted.sound[1])
    if kind in SPEECH_ONLY:
        timeline = _directed(timeline, wanted)
    validate(timeline)
    return timeline, kind


def read_file(path: Path, *, most_bytes: int = LONGEST_FILE) -> bytes:
    """The bytes of a file that a timeline may be in. Raises `FileMissing`, `MediaTooLarge`."""
    try:
        with path.open("rb") as file:
            large = os.fstat(file.fileno()).st_size > most_bytes
            data = b"" if large else file.read(most_bytes + 1)
    except (OSError, ValueError) as error:  # a name with a NUL is a ValueError
        reason = getattr(error, "strerror", None) or str(error)
        raise FileMissing(
            f"{path} cannot be read: {reason}.", details={"path": str(path)}
        ) from None
    if large or len(data) > most_bytes:
        raise MediaTooLarge(f"{path} has over {most_bytes:,} bytes.", hint="Split it into parts.")
    return data


def _sounding(timeline: Timeline, sound: TimelineSound) -> Timeline:
    needed = frame_count(sound.length, SOUND_RATE, timeline.fps)
    return replace(timeline, sound=sound, frames=max(timeline.frames, needed))


def _directed(timeline: Timeline, wanted: Wanted) -> Timeline:
    """A timeline with speech alone, and all that a character does to it."""
    if timeline.speech is None:
        return timeline
    heard = None if wanted.sound is None else wanted.sound[0]
    tracks = direct(
        timeline.speech,
        fps=timeline.fps,
        frames=timeline.frames,
        config=wanted.config,
        seed=wanted.seed,
        prosody=None if heard is None else measured(heard, timeline.fps, timeline.frames),
    )
    return replace(timeline, tracks=tracks, seed=wanted.seed)
