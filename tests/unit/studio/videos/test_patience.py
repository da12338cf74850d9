from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from engines_to_choose import Lifelike
from quick_engine import QuickEngine
from studio_made_up import PORTRAIT
from workshop_stage import Room, job

from talkies.engines.terms import RenderTerms
from talkies.errors import ChildTimedOut, EngineFailure, EngineStalled
from talkies.studio.maker_process import Patience
from talkies.studio.submissions import Source, request_document
from talkies.studio.videos.job import video_kind
from talkies.studio.videos.patience import (
    MARGIN,
    given_up,
    patience_with,
    speed_of,
    stays_in_memory,
)
from talkies.studio.videos.submission import OutputOptions, VideoSubmission

LIFELIKE = Lifelike().capabilities
QUICK = QuickEngine().capabilities


def test_a_render_may_take_a_multiple_of_what_its_engine_and_preset_take() -> None:
    terms = RenderTerms(least_seconds=600, patience=3)
    draft = patience_with(LIFELIKE, {}, 10, terms)
    assert draft.wall_seconds == 3 * (60 + 40 * 10) + MARGIN
    best = patience_with(LIFELIKE, {"preset": "best"}, 10, terms)
    assert best.wall_seconds == 3 * (60 + 400 * 10) + MARGIN
    assert best.silence_seconds == 60 + LIFELIKE.silence_seconds


def test_a_short_render_gets_the_least() -> None:
    assert patience_with(QUICK, {}, 10, RenderTerms()).wall_seconds == 600
    hasty = RenderTerms(least_seconds=5)
    assert patience_with(QUICK, {}, 10, hasty).wall_seconds == pytest.approx(12.0)


def test_a_preset_that_nobody_timed_takes_what_the_engine_does() -> None:
    untimed = replace(LIFELIKE, presets=(replace(LIFELIKE.presets[0], speeds=()),))
    assert speed_of(untimed, {}) == speed_of(replace(LIFELIKE, presets=()), {}) == 4 * 20


def test_engines_with_models_to_load_stay_in_memory() -> None:
    assert stays_in_memory(LIFELIKE)
    assert stays_in_memory(replace(LIFELIKE, load_seconds=0))
    assert not stays_in_memory(QUICK)


@pytest.mark.parametrize(
    ("limit", "kind", "said"),
    [("silence", EngineStalled, "nothing new for 30 s"), ("time", EngineFailure, "than the 60 s")],
)
def test_a_render_that_was_ended_fails_with_its_log(
    limit: str, kind: type[EngineFailure], said: str
) -> None:
    patience = Patience(wall_seconds=60, silence_seconds=30)
    log = "\n".join(f"line {number}" for number in range(100))
    error = given_up(QUICK, patience, ChildTimedOut(details={"limit": limit, "stderr": log}))
    assert type(error) is kind
    assert said in error.message
    assert error.retryable == (limit == "silence")
    lines: Any = error.details["log"]
    assert (len(lines), lines[-1]) == (60, "line 99")


def test_a_job_whose_render_hangs_fails_and_is_not_tried_again(stage: Room) -> None:
    sha = stage.inputs.keep(PORTRAIT)
    asked = VideoSubmission(
        portrait=Source(sha256=sha),
        text="Bob.",
        engine="quick",
        score=False,
        output=OutputOptions(resolution="480p", fps=10),
        options={"do": "hang"},
    )
    view = stage.context(job(request_document(asked), id="vid_hangs"))
    kind = video_kind(stage.workshop, RenderTerms(least_seconds=2.0, patience=0.1))
    steps = {step.name: step for phase in kind.phases for step in phase.steps}
    for name in ("fetch", "speak", "animate"):
        view.results[name] = steps[name].run(view)
    with pytest.raises(EngineFailure, match="longer than the 2 s") as caught:
        steps["render"].run(view)
    assert not caught.value.retryable
    assert not (Path(view.folder) / "video.mp4").exists()
