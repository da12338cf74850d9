import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from seed_tree import write_tree
from small_character import small_character

from talkies.errors import Conflict, NotFound
from talkies.media.pictures import load_own_picture
from talkies.rigs.tree.opening import open_character
from talkies.studio.face_rig.regeneration import (
    Anchors,
    CannotRegenerate,
    SeedRegeneration,
)

SEQUENCE = "neutral_to_speaking_ah__center"
NEXT = Anchors()


class Places:
    """Characters below a folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def installed(self, name: str) -> Path | None:
        folder = self._root / name
        return folder if folder.is_dir() else None


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_character(tmp_path_factory.mktemp("drawn") / "robin").folder


@pytest.fixture
def regeneration(drawn: Path, tmp_path: Path) -> SeedRegeneration:
    shutil.copytree(drawn, tmp_path / "robin")
    return SeedRegeneration(Places(tmp_path), "robin")


def drawing(tmp_path: Path, file: str) -> Path:
    return tmp_path / "robin/frames/sequences" / SEQUENCE / file


def mouth(path: Path) -> int:
    """How many pixels are as dark and red as the mouth."""
    picture = load_own_picture(path)
    red, green = picture.pixels[..., 0].astype(int), picture.pixels[..., 1]
    return int(((red > 120) & (green < 80)).sum())


def test_a_drawing_is_made_anew_between_its_neighbours(
    regeneration: SeedRegeneration, tmp_path: Path
) -> None:
    path = drawing(tmp_path, "050.png")
    before = load_own_picture(path)
    path.write_bytes(drawing(tmp_path, "000.png").read_bytes())
    made = regeneration.regenerate(SEQUENCE, 0.5, NEXT)
    after = load_own_picture(path)

    assert (made.t, made.file) == (0.5, "050.png")
    assert after.pixels.shape == before.pixels.shape
    around = [mouth(drawing(tmp_path, file)) for file in ("025.png", "075.png")]
    assert around[0] < mouth(path) < around[1]
    difference = np.abs(after.pixels.astype(int) - before.pixels).mean()
    assert difference < 6


def test_a_drawing_that_was_missing_is_added_and_told_of(
    regeneration: SeedRegeneration, tmp_path: Path
) -> None:
    said = drawing(tmp_path, "manifest.json")
    said.write_text(
        json.dumps(
            {
                "path_id": SEQUENCE,
                "expr_start": "neutral",
                "expr_end": "speaking_ah",
                "pose": "center",
                "frames": [{"t": 0.0, "file": "000.png"}],
            }
        )
    )
    made = regeneration.regenerate(f"sequences/{SEQUENCE}", 0.125, NEXT)
    rig = open_character(tmp_path / "robin").rig
    sequence = next(sequence for sequence in rig.sequences if sequence.id == SEQUENCE)

    assert made.file == "012.png"
    assert [stop.percent for stop in sequence.stops] == [0, 12, 25, 50, 75, 100]
    frames = json.loads(said.read_text())["frames"]
    assert [frame["t"] for frame in frames] == [0.0, 0.125, 0.25, 0.5, 0.75, 1.0]


def test_anchors_say_which_drawings_are_to_be_trusted(
    regeneration: SeedRegeneration, tmp_path: Path
) -> None:
    for file in ("025.png", "075.png"):
        drawing(tmp_path, file).write_bytes(drawing(tmp_path, "100.png").read_bytes())
    regeneration.regenerate(SEQUENCE, 0.25, Anchors(start=0.02, end=0.55))

    assert mouth(drawing(tmp_path, "025.png")) < mouth(drawing(tmp_path, "100.png"))


@pytest.mark.parametrize("t", [0, 1, -0.5, 2, 0.001, 0.999, float("nan")])
def test_the_ends_of_a_sequence_stay(regeneration: SeedRegeneration, t: float) -> None:
    with pytest.raises(CannotRegenerate) as refused:
        regeneration.regenerate(SEQUENCE, t, NEXT)

    assert refused.value.status == 400


@pytest.mark.parametrize(
    "anchors", [Anchors(start=0.75), Anchors(end=0.1), Anchors(start=1, end=0)]
)
def test_a_drawing_has_to_be_between_its_anchors(
    regeneration: SeedRegeneration, anchors: Anchors
) -> None:
    with pytest.raises(CannotRegenerate):
        regeneration.regenerate(SEQUENCE, 0.5, anchors)


def test_a_sequence_that_is_not_there_or_has_nothing_on_one_side_is_not_found(
    regeneration: SeedRegeneration, tmp_path: Path
) -> None:
    for name in ("nobody", "../robin", ""):
        with pytest.raises(NotFound):
            regeneration.regenerate(name, 0.5, NEXT)
    drawing(tmp_path, "100.png").unlink()
    drawing(tmp_path, "075.png").unlink()
    with pytest.raises(NotFound):
        regeneration.regenerate(SEQUENCE, 0.5, NEXT)


@pytest.mark.parametrize("named", ["chr_01k9zzy0c0m5ysfcvd4cb4k4w1", None])
def test_what_is_not_on_this_disk_is_not_changed(tmp_path: Path, named: str | None) -> None:
    with pytest.raises(Conflict):
        SeedRegeneration(Places(tmp_path), named).regenerate(SEQUENCE, 0.5, NEXT)


def test_a_webp_is_not_written_over_by_a_png_beside_it(tmp_path: Path) -> None:
    write_tree(tmp_path / "robin", suffix="webp")
    regeneration = SeedRegeneration(Places(tmp_path), "robin")

    with pytest.raises(Conflict, match="no PNG"):
        regeneration.regenerate(SEQUENCE, 0.5, NEXT)
