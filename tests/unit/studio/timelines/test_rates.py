from fractions import Fraction
from pathlib import Path

import pytest
from played_timeline import played
from small_character import small_character

from talkies.errors import InvalidOption
from talkies.studio.timelines.export_options import options_of, require_exportable
from talkies.studio.timelines.options import timeline_request
from talkies.studio.timelines.rates import frame_rate
from talkies.studio.timelines.requests import ExportSubmission, TimelineSubmission, require_speech


@pytest.mark.parametrize(("given", "rate"), [("1", 1), (240, 240), ("fast", None), ("120/1", 120)])
def test_timelines_take_the_rates_that_their_documents_may_have(
    given: str | float, rate: int | None
) -> None:
    if rate is None:
        with pytest.raises(InvalidOption, match="fps"):
            frame_rate(given)
    else:
        assert frame_rate(given) == rate


@pytest.mark.parametrize("given", ["0.9", "241"])
def test_other_rates_are_refused_with_the_limits(given: str) -> None:
    with pytest.raises(InvalidOption) as refused:
        frame_rate(given)
    assert "1 to 240" in refused.value.hint


def test_everybody_who_makes_or_exports_one_takes_them(tmp_path: Path) -> None:
    character = small_character(tmp_path / "small")
    request = timeline_request(
        character, None, tmp_path / "a.timeline.json", {"text": "Hello.", "fps": "120"}
    )
    assert request.fps == 120
    require_speech(TimelineSubmission(character="robin", text="Hello.", fps=4))
    asked = ExportSubmission(fps="30000/1001")
    require_exportable(asked, played(10))
    assert options_of(asked, tmp_path / "none").fps == Fraction(30_000, 1_001)
    require_exportable(ExportSubmission(fps=100), played(10))
