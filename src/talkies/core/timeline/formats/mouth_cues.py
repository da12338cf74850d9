"""Mouth shapes by Rhubarb's letters: what Rhubarb's files and Moho's switch data say.

A to F are needed, G, H and X are not; Preston Blair's names stand for the same drawings.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby, repeat
from types import MappingProxyType
from typing import Final

from talkies.core.timeline.document import Clip, Timeline, TrackName
from talkies.core.timeline.refusal import file_invalid
from talkies.core.timing import TimeRange, convert
from talkies.core.visemes import PRESTON_BLAIR, Viseme

#: Ticks per second of Rhubarb's files.
CENTISECONDS: Final = 100
#: Ticks of a day; larger numbers are a mistake.
LENGTH_MAX: Final = 24 * 3_600 * CENTISECONDS

#: The mouth at rest.
REST: Final = "X"

#: What each letter is read as. H, the raised tongue of /l/, is no viseme of its own, so that it is
#: written as B again; every other letter comes back as it was.
VISEMES: Final[Mapping[str, Viseme]] = MappingProxyType({
    "A": Viseme.PP, "B": Viseme.SS, "C": Viseme.E, "D": Viseme.AA, "E": Viseme.OH,
    "F": Viseme.OU, "G": Viseme.FF, "H": Viseme.NN, REST: Viseme.SIL,
})  # fmt: skip

#: Preston Blair's names, as Moho and Papagayo have them.
NAMES: Final[Mapping[str, str]] = MappingProxyType({
    "A": "MBP", "B": "etc", "C": "E", "D": "AI", "E": "O", "F": "U", "G": "FV", "H": "L",
    REST: "rest",
})  # fmt: skip

#: Frames in which a mouth that was read gets to its shape, where its clip is long enough.
_TRANSITION: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class MouthCue:
    """One mouth shape, for a range of hundredths of a second."""

    span: TimeRange
    #: One of `VISEMES`.
    shape: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MouthCues:
    """The mouth of one recording: cues that follow each other without a gap."""

    sound_file: str = ""
    #: Hundredths of a second.
    length: int
    cues: tuple[MouthCue, ...]


def checked(cues: Iterable[MouthCue], places: Iterable[str]) -> tuple[MouthCue, ...]:
    """Cues in order, without overlap, none unknown; gaps between them are rests.

    `places` says where each is, as `mouthCues[3]`; there may be more of them.

    Raises:
        TimelineInvalid: they are not; `details["where"]` is the place of the first that is wrong.
    """
    filled: list[MouthCue] = []
    position = 0
    for cue, place in zip(cues, places, strict=False):
        if cue.shape not in VISEMES:
            raise file_invalid(place, f"is of shape {cue.shape[:20]!r}, not A to H or X")
        if cue.span.start < position:
            raise file_invalid(place, "begins before the one ahead of it ends")
        if cue.span.end > LENGTH_MAX:
            raise file_invalid(place, "is over a day")
        if cue.span.start > position:
            filled.append(MouthCue(span=TimeRange(position, cue.span.start), shape=REST))
        filled.append(cue)
        position = cue.span.end
    return tuple(filled)


def cues_of(timeline: Timeline, *, sound_file: str = "") -> MouthCues:
    """The mouth of a timeline: its track of visemes, with rests where there is none.

    Strengths, transitions and all other tracks are lost, and times go to the nearest hundredth.
    """
    length = convert(timeline.frames, timeline.fps, CENTISECONDS)
    shapes = [
        MouthCue(span=_centiseconds(clip.span, timeline.fps), shape=_letter(clip))
        for clip in timeline.track(TrackName.VISEMES)
    ]
    seen = (cue for cue in shapes if cue.span.length)
    covered = checked(seen, repeat(f"tracks.{TrackName.VISEMES.value}"))
    position = covered[-1].span.end if covered else 0
    tail = [MouthCue(span=TimeRange(position, length), shape=REST)] * (position < length)
    return MouthCues(sound_file=sound_file, length=length, cues=_joined([*covered, *tail]))


def _letter(clip: Clip) -> str:
    return PRESTON_BLAIR[Viseme(str(clip.value))]


def _centiseconds(span: TimeRange, fps: Fraction) -> TimeRange:
    return TimeRange(*(convert(frame, fps, CENTISECONDS) for frame in (span.start, span.end)))


def _joined(cues: Iterable[MouthCue]) -> tuple[MouthCue, ...]:
    """Cues without equal neighbours."""
    runs = (list(run) for _, run in groupby(cues, key=lambda cue: cue.shape))
    return tuple(
        MouthCue(span=TimeRange(run[0].span.start, run[-1].span.end), shape=run[0].shape)
        for run in runs
    )


def clips_of(cues: MouthCues, fps: Fraction) -> tuple[Clip, ...]:
    """The clips of a track of visemes. A cue that no frame is left for is dropped."""
    clips = []
    for number, cue in enumerate(cues.cues):
        span = TimeRange(
            *(convert(tick, CENTISECONDS, fps) for tick in (cue.span.start, cue.span.end))
        )
        if span.length and cue.shape != REST:
            transition = min(_TRANSITION, span.length - 1)
            name = f"{TrackName.VISEMES.value}-{number + 1}"
            value = VISEMES[cue.shape].value
            clips.append(Clip(id=name, span=span, value=value, transition=transition))
    return tuple(clips)
