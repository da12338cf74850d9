from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from talkies.core.alignment import Alignment
from talkies.core.direction.feelings import FaceChange
from talkies.core.rig.model import RigConfig
from talkies.core.timeline.formats.seed import RELAX, SeedKeyframe
from talkies.core.timing import SPEECH_RATE
from talkies.studio.face_rig.emotions import FACES, heard, plan

TEXT = "I love this! But what terrible news."


def heard_as(*times: tuple[int, str]) -> tuple[SeedKeyframe, ...]:
    return tuple(SeedKeyframe(time=time, phoneme=phoneme) for time, phoneme in times)


SAID = heard_as(
    *((100, "I (AY)"), (300, RELAX), (500, "love (AH)"), (900, RELAX)),
    *((1100, "this (IH)"), (1400, RELAX), (3000, "But (AH)"), (3200, RELAX)),
    *((3300, "what (AH)"), (3500, RELAX), (3600, "terrible (EH)"), (4000, RELAX)),
    *((4100, "news (UW)"), (4500, RELAX)),
)


class Model:
    """Plans what it is told, and remembers what it was asked."""

    def __init__(self, changes: Sequence[FaceChange] | None) -> None:
        self.changes = changes
        self.asked: list[Any] = []

    def __call__(
        self, alignment: Alignment, config: RigConfig, warn: Callable[[str], None]
    ) -> Sequence[FaceChange] | None:
        self.asked = [alignment, config]
        if self.changes is None:
            warn("it failed")
        return self.changes


def seconds(words: Any) -> list[tuple[float, float]]:
    return [(w.span.start / SPEECH_RATE, w.span.end / SPEECH_RATE) for w in words]


def test_words_are_where_they_were_heard_with_the_marks_of_the_transcript() -> None:
    words = heard(TEXT, SAID, 5000).words

    assert [word.text for word in words] == TEXT.split()
    assert seconds(words)[:3] == [(0.1, 0.43), (0.5, 1.03), (1.1, 1.53)]


def test_another_number_of_words_is_spread_over_what_was_heard() -> None:
    words = heard("One two three four", heard_as((1000, "a"), (2000, "b")), 3000).words

    assert seconds(words) == [(1.0, 1.5), (1.5, 2.0), (2.0, 2.5), (2.5, 3.0)]


def test_without_anything_heard_words_are_spread_over_the_whole() -> None:
    assert seconds(heard("One two", (), 3000).words) == [(0.0, 1.5), (1.5, 3.0)]


def test_the_rules_find_what_words_and_marks_say_and_return_to_neutral() -> None:
    faces = plan(TEXT, SAID, 5000, warn=print)

    assert [face.expression for face in faces] == ["happy_soft", "neutral", "concerned"]
    assert "love" in faces[0].reason
    assert faces[1].time > 1530


def test_a_model_is_asked_first_for_the_faces_that_the_seed_had() -> None:
    model = Model([FaceChange(time=1.0, expression="surprised_ah", note="look!")])
    faces = plan(TEXT, SAID, 5000, model=model, warn=print)

    assert [(face.time, face.expression, face.reason) for face in faces] == [
        (1000, "surprised_ah", "look!")
    ]
    alignment, config = model.asked
    assert len(alignment.words) == 7
    assert tuple(config.expressions) == FACES


def test_what_a_model_says_too_often_or_of_faces_that_there_are_not_is_left_out() -> None:
    times = (
        (0.0, "happy_soft"),
        (0.3, "concerned"),
        (1.0, "winking"),
        (1.2, "happy_soft"),
        (9.0, "neutral"),
    )
    model = Model([FaceChange(time=time, expression=name) for time, name in times])

    assert [(f.time, f.expression) for f in plan(TEXT, SAID, 5000, model=model, warn=print)] == [
        (0, "happy_soft")
    ]


def test_where_a_model_fails_the_rules_plan_and_somebody_hears_why() -> None:
    told: list[str] = []
    faces = plan(TEXT, SAID, 5000, model=Model(None), warn=told.append)

    assert faces == plan(TEXT, SAID, 5000, warn=print)
    assert told == ["it failed"]


def test_nothing_said_shows_nothing() -> None:
    assert plan("", (), 0, warn=print) == ()
    assert plan("", (), 5000, warn=print) == ()


@given(
    transcript=st.lists(
        st.sampled_from(["love", "hate!", "what?", "day.", "sad", "wow!", "…"]), max_size=12
    ).map(" ".join),
    times=st.lists(st.tuples(st.integers(0, 20_000), st.booleans()), max_size=12),
    length=st.integers(0, 10_000),
)
def test_faces_of_any_speech_are_half_a_second_apart_and_within_it(
    transcript: str, times: list[tuple[int, bool]], length: int
) -> None:
    keyframes = heard_as(*((time, RELAX if relax else "a") for time, relax in sorted(times)))
    faces = plan(transcript, keyframes, length, warn=print)

    assert all(face.expression in FACES for face in faces)
    assert all(0 <= face.time < length for face in faces)
    assert all(after.time - before.time >= 499 for before, after in pairwise(faces))
    assert all(before.expression != after.expression for before, after in pairwise(faces))
