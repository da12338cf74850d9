"""What a timeline may say: limits, and the first place where one says something else."""

import math
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from talkies.core.rig.model import RigConfig
from talkies.core.timeline.document import Clip, Timeline, TrackName, View
from talkies.core.timeline.refusal import timeline_invalid
from talkies.core.timing import SOUND_RATE, SPEECH_RATE, frame_count
from talkies.core.visemes import Viseme

FPS_MIN: Final = Fraction(1)
FPS_MAX: Final = Fraction(240)
#: A day at `FPS_MAX`; larger numbers are a mistake.
FRAMES_MAX: Final = 24 * 3_600 * 240
#: The largest whole number that a JavaScript editor keeps exactly.
SEED_MAX: Final = 2**53 - 1
#: Characters of ids and names, and of captions, notes and addresses.
NAME_LENGTH: Final = 100
TEXT_LENGTH: Final = 2_000
#: Beyond, a camera shows pixels.
ZOOM_MAX: Final = 8.0

_SHA256: Final = re.compile("[0-9a-f]{64}")
_VISEMES: Final = frozenset(viseme.value for viseme in Viseme)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that a timeline may not say."""

    #: As `tracks.visemes[3].start`.
    where: str
    #: The rest of a sentence that begins with the place.
    what: str


def validate(
    timeline: Timeline, config: RigConfig | None = None, *, checked: Timeline | None = None
) -> None:
    """Hold a timeline against the rules, and against the words of a character where given.

    `checked` is one that obeys them, of which this one was made: clips of it are not looked at
    again, which is most of the work of an edit.

    Raises:
        TimelineInvalid: for the first `Problem`; `details["where"]` names its place.
    """
    for problem in problems(timeline, config, checked=checked):
        raise timeline_invalid(problem.where, problem.what)


def problems(
    timeline: Timeline, config: RigConfig | None = None, *, checked: Timeline | None = None
) -> Iterator[Problem]:
    """Everything that is wrong, in the order of the document."""
    yield from _of_head(timeline)
    yield from _of_lengths(timeline)
    words = _words(config)
    seen: set[str] = set()
    for name, clips in timeline.tracks.items():
        known = _known(timeline, name, checked)
        track, end = f"tracks.{name.value}", 0
        for number, clip in enumerate(clips):
            span, id_ = clip.span, clip.id
            if id(clip) not in known:
                where = f"{track}[{number}]"
                yield from clip_problems(clip, where, name, timeline.frames, words.get(name))
            if 0 <= span.start < end:
                where = f"{track}[{number}].start"
                yield Problem(where, "is before the end of the clip ahead of it")
            if id_ in seen:
                yield Problem(f"{track}[{number}].id", f"{id_!r} is the id of another clip")
            seen.add(id_)
            end = span.end


def _known(timeline: Timeline, name: TrackName, checked: Timeline | None) -> frozenset[int]:
    """The clips of a track, as objects, that have been looked at already."""
    if checked is None or checked.frames > timeline.frames:
        return frozenset()
    return frozenset(map(id, checked.track(name)))


def _of_head(timeline: Timeline) -> Iterator[Problem]:
    yield from _of_name("id", timeline.id)
    yield from _of_name("character", timeline.character)
    if not FPS_MIN <= timeline.fps <= FPS_MAX:
        yield Problem("fps", f"is not from {FPS_MIN} to {FPS_MAX}")
    if not 1 <= timeline.frames <= FRAMES_MAX:
        yield Problem("frames", f"is not from 1 to {FRAMES_MAX}")
    if not 0 <= timeline.seed <= SEED_MAX:
        yield Problem("seed", f"is not from 0 to {SEED_MAX}")


def _of_name(where: str, name: str) -> Iterator[Problem]:
    if not 1 <= len(name) <= NAME_LENGTH:
        yield Problem(where, f"has not 1 to {NAME_LENGTH} characters")


def _of_lengths(timeline: Timeline) -> Iterator[Problem]:
    """Sound is never cut; speech, which is on a coarser grid, may end a frame later."""
    sound, speech = timeline.sound, timeline.speech
    if timeline.fps <= 0:
        return
    if sound is not None:
        if not 1 <= len(sound.source) <= TEXT_LENGTH:
            yield Problem("sound.source", f"has not 1 to {TEXT_LENGTH} characters")
        if sound.sha256 is not None and not _SHA256.fullmatch(sound.sha256):
            yield Problem("sound.sha256", "is not 64 hexadecimal digits")
        if sound.length < 0:
            yield Problem("sound.length", "is negative")
        elif frame_count(sound.length, SOUND_RATE, timeline.fps) > timeline.frames:
            yield Problem("sound.length", "ends after the timeline")
    if speech is not None and (
        frame_count(speech.length, SPEECH_RATE, timeline.fps) > timeline.frames + 1
    ):
        yield Problem("speech.length", "ends after the timeline")


def clip_problems(
    clip: Clip, where: str, track: TrackName, frames: int, words: Collection[str] | None = None
) -> Iterator[Problem]:
    """What is wrong with one clip of a track, whatever lies around it.

    `words` are the values that the track may have; None where they are not known.
    """
    if clip.span.start < 0:
        yield Problem(f"{where}.start", "is negative")
    if clip.span.length == 0:
        yield Problem(f"{where}.end", "is its start")
    elif clip.span.end > frames:
        yield Problem(f"{where}.end", f"is after the timeline's end ({frames})")
    known = _VISEMES if track is TrackName.VISEMES else words
    yield from _of_value(clip, f"{where}.value", track, known)
    yield from _of_rest(clip, where)


def _of_rest(clip: Clip, where: str) -> Iterator[Problem]:
    yield from _of_name(f"{where}.id", clip.id)
    if not 0 <= clip.strength <= 1:
        yield Problem(f"{where}.strength", "is not from 0 to 1")
    if not 0 <= clip.transition <= FRAMES_MAX:
        yield Problem(f"{where}.transition", f"is not from 0 to {FRAMES_MAX}")
    if len(clip.note) > TEXT_LENGTH:
        yield Problem(f"{where}.note", f"has over {TEXT_LENGTH} characters")


_Words = Collection[str] | None


def _words(config: RigConfig | None) -> Mapping[TrackName, Collection[str]]:
    if config is None:
        return {}
    return {TrackName.EXPRESSIONS: config.expressions.keys(), TrackName.POSES: config.poses}


def _of_value(clip: Clip, where: str, name: TrackName, words: _Words) -> Iterator[Problem]:
    if (name is TrackName.CAMERA) is not isinstance(clip.value, View):
        expected = "a view" if name is TrackName.CAMERA else "a text"
        yield Problem(where, f"is not {expected}")
    elif isinstance(clip.value, View):
        yield from _of_view(clip.value, where)
    else:
        yield from _CHECKS.get(name, _of_word)(clip.value, where, words)


def _of_view(view: View, where: str) -> Iterator[Problem]:
    # Compared so that not-a-number is refused too.
    if not 1 <= view.zoom <= ZOOM_MAX:
        yield Problem(f"{where}.zoom", f"is not from 1 to {ZOOM_MAX:g}")
    for name, share in (("x", view.x), ("y", view.y)):
        if not (math.isfinite(share) and 0 <= share <= 1):
            yield Problem(f"{where}.{name}", "is not from 0 to 1")


def _of_word(value: str, where: str, words: _Words) -> Iterator[Problem]:
    if words is None:
        yield from _of_name(where, value)
    elif value not in words:
        yield Problem(where, f"{value[:NAME_LENGTH]!r} is unknown; known are {_listed(words)}")


def _listed(words: Collection[str]) -> str:
    return ", ".join(sorted(words))


def _of_blink(value: str, where: str, _words: _Words) -> Iterator[Problem]:
    if value:
        yield Problem(where, "is not empty")


def _of_caption(value: str, where: str, _words: _Words) -> Iterator[Problem]:
    if not value.strip():
        yield Problem(where, "says nothing")
    elif len(value) > TEXT_LENGTH:
        yield Problem(where, f"has over {TEXT_LENGTH} characters")


_Check = Callable[[str, str, _Words], Iterator[Problem]]

_CHECKS: Final[Mapping[TrackName, _Check]] = {
    TrackName.BLINKS: _of_blink,
    TrackName.CAPTIONS: _of_caption,
}
