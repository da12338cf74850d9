"""What a folder is being built from, and what another build may do there."""

import json
from pathlib import Path

import pytest
from building_stage import ROBIN, quick

from talkies.errors import Conflict, OutputUnwritable
from talkies.rigs.building.building import build_character
from talkies.rigs.building.job import JOB, alone, begin, describe, is_whole


def job(tmp_path: Path, **changes: object) -> dict[str, object]:
    drawing = tmp_path / "a.png"
    drawing.write_bytes(b"a drawing")
    return describe(drawing, quick(), {}) | changes


def start(folder: Path, wanted: dict[str, object], *, overwrite: bool) -> None:
    with alone(folder):
        begin(folder, wanted, overwrite=overwrite)


def test_the_same_job_goes_on_and_removes_what_was_half_written(tmp_path: Path) -> None:
    folder = tmp_path / "robin"
    start(folder, job(tmp_path), overwrite=False)
    half = folder / "frames/endpoints/.neutral-0123abcd.partial.png"
    half.parent.mkdir(parents=True)
    half.write_bytes(b"x")
    whole = half.with_name("neutral__center.png")
    whole.write_bytes(b"y")
    start(folder, job(tmp_path), overwrite=False)
    assert not half.exists()
    assert whole.exists()


def test_a_drawing_may_be_called_otherwise(tmp_path: Path) -> None:
    start(tmp_path / "robin", job(tmp_path), overwrite=False)
    renamed = job(tmp_path)
    assert isinstance(renamed["drawing"], dict)
    start(tmp_path / "robin", renamed | {"drawing": renamed["drawing"] | {"name": "b"}},
          overwrite=False)  # fmt: skip


def test_another_job_is_a_conflict_that_says_what_differs(tmp_path: Path) -> None:
    start(tmp_path / "robin", job(tmp_path), overwrite=False)
    with pytest.raises(Conflict, match="depth, face differ") as refused:
        start(tmp_path / "robin", job(tmp_path, depth=3, face=2), overwrite=False)
    assert "--overwrite" in refused.value.hint
    with pytest.raises(Conflict, match="depth differs"):
        start(tmp_path / "robin", job(tmp_path, depth=3), overwrite=False)
    with pytest.raises(Conflict, match="by another version of Talkies"):
        start(tmp_path / "robin", job(tmp_path, edition=0), overwrite=False)


def test_overwriting_removes_the_character_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "robin"
    start(folder, job(tmp_path), overwrite=False)
    (folder / "frames").mkdir()
    (folder / "frames/old.png").write_bytes(b"x")
    (folder / "character.json").write_text("{}")
    (folder / "notes.txt").write_text("mine")
    start(folder, job(tmp_path, depth=3), overwrite=True)
    assert {path.name for path in folder.iterdir()} == {JOB, "notes.txt"}
    assert json.loads((folder / JOB).read_text())["depth"] == 3


def test_a_character_of_elsewhere_is_not_built_over(tmp_path: Path) -> None:
    folder = tmp_path / "imported"
    (folder / "frames").mkdir(parents=True)
    with pytest.raises(Conflict, match="not built here"):
        start(folder, job(tmp_path), overwrite=False)


def test_a_job_file_that_cannot_be_read_is_another_job(tmp_path: Path) -> None:
    folder = tmp_path / "robin"
    folder.mkdir()
    for text in ("{", "[]"):
        (folder / JOB).write_text(text)
        with pytest.raises(Conflict):
            start(folder, job(tmp_path), overwrite=False)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputUnwritable):
        start(tmp_path / "file/robin", job(tmp_path), overwrite=False)


def test_another_build_touches_nothing_while_one_runs(tmp_path: Path) -> None:
    folder = tmp_path / "robin"
    start(folder, job(tmp_path), overwrite=False)
    half = folder / "frames/endpoints/.neutral-0123abcd.partial.png"
    half.parent.mkdir(parents=True)
    half.write_bytes(b"x")
    with alone(folder), pytest.raises(Conflict, match="another process"):
        build_character(ROBIN, folder, quick(overwrite=True))
    assert half.exists()


def test_only_one_builds_in_a_folder(tmp_path: Path) -> None:
    with alone(tmp_path), pytest.raises(Conflict, match="another process"), alone(tmp_path):
        pass
    with alone(tmp_path):
        pass


@pytest.mark.parametrize(
    ("data", "whole"),
    [
        (b"", False),
        (b"\x89PNG\r\n\x1a\n", False),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), False),
        (b"\x89PNG\r\n\x1a\n" + bytes(40) + b"\x00\x00\x00\x00IEND\xaeB`\x82", True),
        (b"GIF89a" + bytes(40) + b"\x00\x00\x00\x00IEND\xaeB`\x82", False),
    ],
)
def test_a_drawing_is_whole_from_its_first_byte_to_its_last(
    tmp_path: Path, data: bytes, *, whole: bool
) -> None:
    (tmp_path / "a.png").write_bytes(data)
    assert is_whole(tmp_path / "a.png") is whole
    assert not is_whole(tmp_path / "b.png")
