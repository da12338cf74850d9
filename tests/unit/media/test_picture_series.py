from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from talkies.errors import OutputUnwritable
from talkies.media.picture_series import PictureSeries, is_series
from talkies.media.yuv import to_planes


def grey(level: int, alpha: int | None = None) -> object:
    cover = None if alpha is None else np.full((24, 16), alpha, np.uint8)
    return to_planes(np.full((24, 16, 3), level, np.uint8), cover)


def write(path: Path, levels: list[int], alpha: int | None = None) -> PictureSeries:
    with PictureSeries(path, transparent=alpha is not None) as series:
        for level in levels:
            series.write(grey(level, alpha))  # type: ignore[arg-type]
    return series


def test_frames_are_pngs_in_order(tmp_path: Path) -> None:
    series = write(tmp_path / "f", [0, 50, 100, 150, 200, 250, 10, 20, 30])
    assert series.frames == 9
    names = sorted(path.name for path in (tmp_path / "f").iterdir())
    assert names == [f"{number:06}.png" for number in range(9)]
    for number, level in ((1, 50), (5, 250)):
        with Image.open(tmp_path / "f" / names[number]) as image:
            assert image.mode == "RGB"
            assert abs(np.asarray(image).astype(int) - level).max() <= 1
    assert series.bytes == sum(path.stat().st_size for path in (tmp_path / "f").iterdir())


def test_alpha_is_kept_as_it_is(tmp_path: Path) -> None:
    write(tmp_path / "f", [90], alpha=77)
    with Image.open(tmp_path / "f/000000.png") as image:
        assert np.asarray(image)[..., 3].tolist() == [[77] * 16] * 24


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    write(tmp_path / "f", [1, 2])
    with pytest.raises(ValueError, match="alpha"), PictureSeries(tmp_path / "f") as series:
        series.write(grey(3, 4))  # type: ignore[arg-type]
    assert len(list((tmp_path / "f").iterdir())) == 2
    with pytest.raises(ValueError, match="at least one"), PictureSeries(tmp_path / "f"):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


def test_other_folders_and_files_are_not_replaced(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "letter.txt").write_text("dear")
    for path in (mine, mine / "letter.txt", tmp_path / "none/f"):
        with pytest.raises(OutputUnwritable), PictureSeries(path):
            pass
    assert not is_series(mine)
    assert (mine / "letter.txt").read_text() == "dear"


def test_numbered_pictures_that_are_somebodys_own_are_not_replaced(tmp_path: Path) -> None:
    for name in ("1.png", "050.png"):
        mine = tmp_path / f"of-{name}"
        mine.mkdir()
        (mine / name).write_bytes(b"mine")
        with pytest.raises(OutputUnwritable, match="other things"), PictureSeries(mine):
            pass
        assert (mine / name).read_bytes() == b"mine"


def test_a_link_stays_one_and_the_folder_to_which_it_leads_is_replaced(tmp_path: Path) -> None:
    write(tmp_path / "far", [1, 2, 3])
    (tmp_path / "f").symlink_to("far")
    write(tmp_path / "f", [4])
    assert (tmp_path / "f").is_symlink()
    assert [path.name for path in (tmp_path / "far").iterdir()] == ["000000.png"]


def test_a_place_that_is_taken_meanwhile_is_told_of_as_a_failed_output(tmp_path: Path) -> None:
    series = PictureSeries(tmp_path / "f").__enter__()
    series.write(grey(1))  # type: ignore[arg-type]
    (tmp_path / "f").write_text("a file of another program")
    with pytest.raises(OutputUnwritable, match="cannot be written"):
        series.__exit__(None, None, None)
    assert [path.name for path in tmp_path.iterdir()] == ["f"]
