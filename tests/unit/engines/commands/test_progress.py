from itertools import pairwise

import pytest

from talkies.engines.commands.description import ProgressKind, ProgressPhase
from talkies.engines.commands.progress import Meter
from talkies.engines.commands.values import Values

BAR = r"(?P<done>\d+)/(?P<total>\d+) \["


def begins(name: str, share: float = 1.0) -> ProgressPhase:
    return ProgressPhase(name=name, kind=ProgressKind.BEGINS, pattern=name, share=share)


def bar(
    name: str, pattern: str = BAR, share: float = 1.0, total: str = "", when: str = ""
) -> ProgressPhase:
    return ProgressPhase(
        name=name, kind=ProgressKind.BAR, pattern=pattern, share=share, total=total, when=when
    )


def drawn(done: int, total: int, label: str = "") -> str:
    return f"{label}{100 * done // total:3d}%|###   | {done}/{total} [00:10<00:20, 1.2s/it]"


def heard(meter: Meter, *lines: str) -> list[float]:
    return [round(meter.hear(line), 4) for line in lines]


def test_a_bar_is_the_part_that_is_done() -> None:
    meter = Meter([bar("frames")], {"chunks": 1})
    assert heard(meter, "hello", drawn(0, 4), drawn(1, 4), drawn(4, 4)) == [0.0, 0.0, 0.25, 1.0]


def test_shares_of_the_phases_that_apply_make_one_whole() -> None:
    phases = [
        begins("Load", 10),
        bar("render", r"Render:.*?" + BAR, 45),
        bar("enhance", r"Enhance:.*?" + BAR, 45, when="enhancer"),
    ]
    with_it = Meter(phases, {"chunks": 1, "enhancer": "gfpgan"})
    assert heard(with_it, "Load", drawn(1, 2, "Render:"), drawn(1, 3, "Enhance:")) == [
        0.0,
        0.325,
        0.7,
    ]
    without = Meter(phases, {"chunks": 1, "enhancer": ""})
    assert heard(without, drawn(1, 2, "Render:"), drawn(1, 3, "Enhance:")) == [0.5909, 0.5909]


def test_what_comes_before_a_phase_that_began_is_done_and_never_comes_back() -> None:
    meter = Meter(
        [bar("a", "a:" + r".*?" + BAR), begins("middle"), bar("c", "c:.*?" + BAR)], {"chunks": 1}
    )
    assert heard(meter, drawn(1, 2, "c:"), drawn(1, 2, "a:"), "middle") == [0.8333] * 3


def test_the_same_bar_before_and_after_a_phase_is_two() -> None:
    """Wav2Lip finds faces in the first step of its own bar: both bars look alike."""
    meter = Meter([bar("faces"), begins("Model loaded", 0.0), bar("lips")], {"chunks": 1})
    lines = (drawn(0, 3), drawn(1, 2), drawn(2, 2), "Model loaded", drawn(1, 3), drawn(3, 3))
    assert heard(meter, *lines) == [0.0, 0.25, 0.5, 0.5, 0.6667, 1.0]


def chunked(values: Values) -> Meter:
    phase = ProgressPhase(
        name="steps", kind=ProgressKind.CHUNKED_BAR, pattern=BAR, share=9, total="{steps}"
    )
    return Meter([phase, bar("saving", r"Saving video:.*?" + BAR, 1)], values)


def test_bars_of_chunks_are_counted_by_their_total() -> None:
    """InfiniteTalk draws one bar without a name for each chunk, and others between them."""
    meter = chunked({"chunks": 2, "steps": 4})
    lines = (
        *(drawn(0, 4), drawn(2, 4), drawn(4, 4), drawn(4, 4)),
        *(drawn(7, 10), drawn(0, 4), drawn(1, 4), drawn(4, 4)),
        drawn(1, 2, "Saving video:"),
    )
    assert heard(meter, *lines) == [0, 0.225, 0.45, 0.45, 0.45, 0.45, 0.5625, 0.9, 0.95]


def test_more_chunks_than_expected_are_not_more_than_all() -> None:
    meter = chunked({"chunks": 1, "steps": 2})
    lines = [drawn(done, 2) for _ in range(3) for done in range(3)]
    found = heard(meter, *lines)
    assert found[-1] == 0.9
    assert all(one <= other for one, other in pairwise(found))


def test_a_total_that_is_no_number_of_steps_says_nothing() -> None:
    meter = Meter([bar("frames")], {"chunks": 1})
    assert heard(meter, "  0%|   | 0/0 [00:00<?, ?it/s]", "0it [00:00, ?it/s]") == [0.0, 0.0]


def test_no_phase_is_no_progress() -> None:
    assert Meter([], {"chunks": 1}).hear(drawn(1, 2)) == 0.0


@pytest.mark.parametrize("done", [5, 9])
def test_a_bar_over_its_end_is_at_its_end(done: int) -> None:
    assert Meter([bar("frames")], {"chunks": 1}).hear(drawn(done, 4)) == 1.0
