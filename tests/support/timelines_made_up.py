"""Timelines for tests: by hand, or drawn at random within the rules."""

from fractions import Fraction
from itertools import pairwise

from hypothesis import strategies as st

from talkies.core.alignment import Alignment, AlignmentSource, Phoneme
from talkies.core.rig.model import RigConfig
from talkies.core.rig.standard import BUILT
from talkies.core.timeline.document import Clip, Origin, Timeline, TimelineSound, TrackName, View
from talkies.core.timeline.editing import Edit
from talkies.core.timeline.edits import (
    AddClip,
    MoveClip,
    RemoveClip,
    RippleDelete,
    RippleInsert,
    SetCharacter,
    SetClip,
    SetLength,
    SplitClip,
    TrimClip,
)
from talkies.core.timing import SOUND_RATE, SPEECH_RATE, TimeRange, frame_count
from talkies.core.visemes import Viseme

RATES = tuple(Fraction(rate) for rate in ("8", "12", "24", "25", "30000/1001", "60"))

_printable = st.characters(exclude_categories=["Cs"])
_names = st.text(_printable, min_size=1, max_size=8)
_captions = st.text(_printable, min_size=1, max_size=20).filter(lambda text: bool(text.strip()))
_shares = st.floats(min_value=0, max_value=1)
_views = st.builds(View, zoom=st.floats(min_value=1, max_value=8), x=_shares, y=_shares)


def clip(
    name: str,
    start: int,
    end: int,
    value: str | View = "",
    *,
    transition: int = 0,
    strength: float = 1.0,
    origin: Origin = Origin.GENERATED,
) -> Clip:
    return Clip(
        id=name,
        span=TimeRange(start, end),
        value=value,
        transition=transition,
        strength=strength,
        origin=origin,
    )


def timeline(frames: int = 100, fps: int = 25, **tracks: tuple[Clip, ...]) -> Timeline:
    """A timeline without sound; tracks by their names."""
    return Timeline(
        id="line",
        character="robin",
        fps=Fraction(fps),
        frames=frames,
        tracks={TrackName(name): clips for name, clips in tracks.items()},
    )


def values(track: TrackName, config: RigConfig = BUILT) -> st.SearchStrategy[str | View]:
    """Any value of a track that a character knows."""
    return {
        TrackName.VISEMES: st.sampled_from([viseme.value for viseme in Viseme]),
        TrackName.EXPRESSIONS: st.sampled_from(sorted(config.expressions)),
        TrackName.POSES: st.sampled_from(config.poses),
        TrackName.BLINKS: st.just(""),
        TrackName.CAMERA: _views,
        TrackName.CAPTIONS: _captions,
    }[track]


@st.composite
def clips(
    draw: st.DrawFn, track: TrackName, frames: int, config: RigConfig = BUILT
) -> tuple[Clip, ...]:
    """Clips of a track in order and without overlap; their ids begin with the track's name."""
    edges = sorted(draw(st.sets(st.integers(min_value=0, max_value=frames), max_size=12)))
    spans = [span for span in pairwise(edges) if draw(st.booleans())]
    return tuple(
        Clip(
            id=f"{track.value}-{number}",
            span=TimeRange(start, end),
            value=draw(values(track, config)),
            strength=draw(_shares),
            transition=draw(st.integers(min_value=0, max_value=20)),
            origin=draw(st.sampled_from(Origin)),
            note=draw(st.just("") | _names),
        )
        for number, (start, end) in enumerate(spans)
    )


@st.composite
def timelines(draw: st.DrawFn, config: RigConfig = BUILT, longest: int = 120) -> Timeline:
    """Any timeline that the rules allow."""
    fps = draw(st.sampled_from(RATES))
    frames = draw(st.integers(min_value=1, max_value=longest))
    length = draw(st.integers(min_value=0, max_value=int(frames * SOUND_RATE / fps)))
    named = st.sampled_from(TrackName)
    return Timeline(
        id=draw(_names),
        character=draw(_names),
        fps=fps,
        frames=frames,
        sound=draw(
            st.none()
            | st.builds(
                TimelineSound,
                source=_names,
                sha256=st.none() | st.just("0123456789abcdef" * 4),
                length=st.just(length),
            )
        ),
        speech=draw(st.none() | _speech(length * SPEECH_RATE // SOUND_RATE)),
        tracks={name: draw(clips(name, frames, config)) for name in draw(st.sets(named))},
        seed=draw(st.integers(min_value=0, max_value=2**53 - 1)),
    )


@st.composite
def _speech(draw: st.DrawFn, length: int) -> Alignment:
    middle = draw(st.integers(min_value=0, max_value=length))
    return Alignment(
        length=length,
        phonemes=(
            Phoneme(symbol=draw(st.sampled_from(["", "a", "m"])), span=TimeRange(0, middle)),
            Phoneme(symbol="i", span=TimeRange(middle, length), confidence=draw(_shares)),
        ),
        source=draw(st.sampled_from(AlignmentSource)),
        warnings=tuple(draw(st.lists(_names, max_size=1))),
    )


def least_frames(timeline: Timeline) -> int:
    """The fewest frames that the sound leaves a timeline."""
    sound = timeline.sound
    return 1 if sound is None else max(1, frame_count(sound.length, SOUND_RATE, timeline.fps))


@st.composite
def edits(draw: st.DrawFn, timeline: Timeline, config: RigConfig = BUILT) -> Edit:
    """An edit of this timeline, which may be impossible there."""
    frame = st.integers(min_value=-1, max_value=timeline.frames + 1)
    names = [clip.id for found in timeline.tracks.values() for clip in found] or ["nobody"]
    track, name = draw(st.sampled_from(TrackName)), draw(st.sampled_from(names))
    start, end = sorted((draw(frame), draw(frame)))
    made = st.builds(
        Clip, id=st.just("") | _names, span=st.just(TimeRange(start, end)),
        value=values(track, config), transition=st.integers(0, 9), strength=_shares,
    )  # fmt: skip
    found: st.SearchStrategy[Edit] = st.one_of(
        st.builds(AddClip, track=st.just(track), clip=made),
        st.just(RemoveClip(id=name)),
        st.just(MoveClip(id=name, start=start)),
        st.just(TrimClip(id=name, start=start, end=end)),
        st.builds(SplitClip, id=st.just(name), frame=st.just(start), new_id=st.just("") | _names),
        st.builds(
            SetClip, id=st.just(name), value=st.none() | values(track, config),
            strength=st.none() | _shares, transition=st.none() | st.integers(0, 9),
            note=st.none() | _names, origin=st.sampled_from(Origin),
        ),
        st.just(RippleDelete(track=track, start=start, end=end)),
        st.just(RippleInsert(track=track, frame=start, frames=end)),
        st.just(SetLength(frames=end)),
        st.builds(SetCharacter, character=_names),
    )  # fmt: skip
    return draw(found)
