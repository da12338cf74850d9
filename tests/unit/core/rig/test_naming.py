from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rig_made_up import NINE, rig_of

from talkies.core.rig import naming
from talkies.core.rig.model import REST, BasePath, State
from talkies.core.rig.standard import BUILT, STANDARD


def test_nine_drawings_have_the_seeds_numbers() -> None:
    assert tuple(naming.percent_of(number / 8) for number in range(9)) == NINE


@pytest.mark.parametrize("halvings", [1, 2, 3, 4])
def test_a_number_tells_where_it_stands_on_a_way_that_was_halved(halvings: int) -> None:
    for number in range(2**halvings + 1):
        t = number / 2**halvings
        assert naming.t_of(naming.percent_of(t)) == t


@given(st.integers(0, 100))
def test_every_number_is_that_of_where_it_stands(percent: int) -> None:
    assert naming.percent_of(naming.t_of(percent)) == percent


@pytest.mark.parametrize("t", [-0.01, 1.01, float("nan")])
def test_nothing_stands_outside_the_way(t: float) -> None:
    with pytest.raises(ValueError, match="not between 0 and 1"):
        naming.percent_of(t)


def test_every_name_that_is_written_is_read() -> None:
    rig = rig_of(BUILT, NINE)
    for state, drawing in rig.endpoints.items():
        assert naming.parse_endpoint(drawing.rpartition("/")[2], BUILT) == state
    for sequence in rig.sequences:
        assert naming.parse_sequence(sequence.id, BUILT) == (sequence.start, sequence.end)
        for stop in sequence.stops:
            assert naming.parse_stop(stop.drawing.rpartition("/")[2]) == stop.percent


@pytest.mark.parametrize(
    ("folder", "ends"),
    [
        ("neutral_to_blink__center", "neutral__center blink_closed__center"),
        (
            "speaking_ah_to_surprised__nod_up_small",
            "speaking_ah__nod_up_small surprised_ah__nod_up_small",
        ),
        ("oh_round_to_concerned__center", "oh_round__center concerned__center"),
        ("neutral_center_to_neutral_nod_up_small", "neutral__center neutral__nod_up_small"),
        ("happy_big_center_to_happy_big_nod_up_small", "happy_big__center happy_big__nod_up_small"),
    ],
)
def test_a_folder_tells_between_which_states_it_leads(folder: str, ends: str) -> None:
    start, end = (State(*name.split("__")) for name in ends.split())

    assert naming.parse_sequence(folder, STANDARD) == (start, end)


@pytest.mark.parametrize(
    "folder",
    ["", "endpoints", "neutral_to_blink", "neutral_to_angry__center", "neutral_to_blink__sideways",
     "neutral_center_to_neutral_sideways", "__center", "_to___center", "neutral_to_neutral_center"],
)  # fmt: skip
def test_a_folder_of_other_words_is_not_read(folder: str) -> None:
    assert naming.parse_sequence(folder, STANDARD) is None


def test_names_may_have_the_marks_of_names_in_them() -> None:
    odd = replace(
        STANDARD,
        expressions={
            **STANDARD.expressions,
            "back_to_work": STANDARD.expressions["neutral"],
            "a__b": STANDARD.expressions["neutral"],
        },
        base_paths=(BasePath(id="neutral_to_back", start="neutral", end="back_to_work"),),
    )

    assert naming.ends_of("neutral_to_back_to_work", odd) == ("neutral", "back_to_work")
    assert naming.ends_of("back_to_work_to_neutral", odd) == ("back_to_work", "neutral")
    assert naming.parse_endpoint("a__b__center.png", odd) == State("a__b")


@pytest.mark.parametrize(
    "file",
    ["neutral_center.png", "neutral__center", "neutral__center.jpg", "angry__center.png",
     "neutral__sideways.png", "__center.png", ""],
)  # fmt: skip
def test_a_file_that_is_no_endpoint_is_not_read(file: str) -> None:
    assert naming.parse_endpoint(file, STANDARD) is None


@pytest.mark.parametrize(
    "file",
    ["25.png", "0025.png", "101.png", "025.PNG", "manifest.json", "a25.png", "٠٢٥.png", "-01.png"],
)
def test_a_file_that_is_no_stop_is_not_read(file: str) -> None:
    assert naming.parse_stop(file) is None


def test_the_poses_of_a_manifest_are_read() -> None:
    assert naming.parse_poses("center_to_nod_up_small", STANDARD) == ("center", "nod_up_small")
    assert naming.parse_poses("center_to_sideways", STANDARD) is None
    assert naming.parse_poses("center", STANDARD) is None


def test_names_are_the_seeds() -> None:
    assert naming.endpoint_path(REST) == "endpoints/neutral__center.png"
    assert naming.pose_sequence_id("nod_up_small") == "neutral_center_to_neutral_nod_up_small"
    assert naming.stop_path(naming.sequence_id("neutral_to_blink", "center"), 0) == (
        "sequences/neutral_to_blink__center/000.png"
    )
