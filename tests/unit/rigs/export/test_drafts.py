from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from played_timeline import clicks, clip, played
from small_character import small_character

from talkies.core.timeline.document import View
from talkies.errors import InvalidOption, OutputUnwritable
from talkies.media.sounds import load_sound
from talkies.media.splicing import UNIT_FRAMES
from talkies.rigs.character import DRAFTS, Character
from talkies.rigs.export.drafts import Unit, alternating, spliced
from talkies.rigs.export.exporting import export_timeline
from talkies.rigs.export.options import ExportOptions

DRAFT = ExportOptions(draft=True)


def pictures(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as file:
        return [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]


def test_a_hold_goes_on_with_its_unit_and_key_frames_in_a_row_differ() -> None:
    steps = spliced(["a", "b", "a", "a", "a", "c", *["d"] * 10])
    for before, step in pairwise(steps):
        if step.place:
            assert (step.unit, step.place) == (before.unit, before.place + 1)
        elif before.place == 0:
            assert step.unit.parity != before.unit.parity
        assert step.place < UNIT_FRAMES
    assert [step.unit.picture for step in steps] == ["a", "b", "a", "a", "a", "c", *["d"] * 10]
    assert sum(step.place == 0 for step in steps) == 7


def test_units_are_encoded_in_the_order_in_which_their_numbers_come() -> None:
    ordered = alternating({Unit("a", 0), Unit("b", 1), Unit("c", 1), Unit("d", 1)})
    assert [unit.parity for unit in ordered] == [0, 1, 0, 1, 0, 1]
    assert {Unit("a", 0), Unit("b", 1), Unit("c", 1), Unit("d", 1)} < set(ordered)
    assert alternating([Unit("a", 0)]) == (Unit("a", 0),)
    assert alternating([]) == ()


def test_a_draft_shows_what_an_export_does(small: Character, output: Path) -> None:
    timeline = played(60, captions=(clip("k", 5, 30, "Hello"),), blinks=(clip("b", 40, 43),))
    export_timeline(timeline, small, output, ExportOptions(captions="burned"), sound=clicks(2.4))
    expected = pictures(output)
    draft = output.with_name("draft.mp4")
    options = ExportOptions(captions="burned", draft=True)
    result = export_timeline(timeline, small, draft, options, sound=clicks(2.4))
    shown = pictures(draft)
    assert len(shown) == result.frames == 60
    assert max(np.abs(a.astype(int) - b).mean() for a, b in zip(expected, shown, strict=True)) < 3
    assert load_sound(draft).seconds == pytest.approx(2.4, abs=0.03)
    with av.open(str(draft)) as file:
        stream = file.streams.video[0]
        assert (stream.frames, stream.average_rate, stream.start_time) == (60, 25, 0)


def test_the_second_draft_encodes_nothing(small: Character, output: Path) -> None:
    told: list[tuple[int, int]] = []
    export_timeline(played(40), small, output, DRAFT)
    kept = (small.folder / DRAFTS).read_bytes()
    first = output.read_bytes()
    export_timeline(played(40), small, output, DRAFT, progress=lambda *step: told.append(step))
    assert told == [(number + 1, 40) for number in range(40)]
    assert (small.folder / DRAFTS).read_bytes() == kept
    assert output.read_bytes() == first


def test_a_draft_moves_its_camera(small: Character, output: Path) -> None:
    timeline = played(20, mouths=False, camera=(clip("c", 5, 20, View(zoom=2, y=0.4), 5),))
    export_timeline(timeline, small, output, DRAFT)
    shown = pictures(output)
    assert len({frame.tobytes() for frame in shown[5:11]}) == 6
    assert shown[4][2, 48].min() > 250


def test_kept_pictures_of_another_size_or_damaged_ones_are_made_anew(
    small: Character, output: Path
) -> None:
    export_timeline(played(20), small, output, DRAFT)
    export_timeline(played(20), small, output, ExportOptions(draft=True, resolution=48))
    assert pictures(output)[0].shape == (72, 48, 3)
    (small.folder / DRAFTS).write_bytes(b"nonsense")
    export_timeline(played(20), small, output, DRAFT)
    assert len(pictures(output)) == 20


def test_where_pictures_cannot_be_kept_there_is_no_draft(tmp_path: Path, output: Path) -> None:
    character = small_character(tmp_path / "fixed")
    (character.folder / DRAFTS).mkdir()
    with pytest.raises(OutputUnwritable, match=DRAFTS):
        export_timeline(played(10), character, output, DRAFT)
    assert list(output.parent.iterdir()) == []


def test_what_cannot_be_a_draft_is_refused(small: Character, output: Path) -> None:
    with pytest.raises(InvalidOption, match="no drafts in webm"):
        export_timeline(played(5), small, output.with_suffix(".webm"), DRAFT)
    export_timeline(played(5), small, output)
    options = ExportOptions(draft=True, background=output)
    with pytest.raises(InvalidOption, match="a video behind"):
        export_timeline(played(5), small, output.with_name("draft.mp4"), options)
