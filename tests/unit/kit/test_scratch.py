import os
import stat
import time
from pathlib import Path

import pytest

from talkies.errors import OutputUnwritable
from talkies.kit.scratch import Scratch


@pytest.fixture
def scratch(tmp_path: Path) -> Scratch:
    return Scratch(tmp_path / "data" / "scratch")


def age(folder: Path, seconds: float) -> None:
    for path in [*folder.rglob("*"), folder]:
        os.utime(path, (time.time() - seconds,) * 2, follow_symlinks=False)


def test_a_folder_is_private_and_stays_the_same(scratch: Scratch) -> None:
    folder = scratch.folder("job_1")
    (folder / "frames").mkdir()
    assert scratch.folder("job_1") == folder
    assert (folder / "frames").is_dir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(folder.parent.stat().st_mode) == 0o700


def test_an_open_root_is_closed_to_others(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir(mode=0o755)
    Scratch(tmp_path / "open").folder("job_1")
    assert stat.S_IMODE((tmp_path / "open").stat().st_mode) == 0o700


def test_a_folder_goes_with_all_in_it_and_may_go_twice(scratch: Scratch) -> None:
    folder = scratch.folder("job_1")
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "a" / "b" / "c").write_bytes(b"x")
    scratch.remove("job_1")
    scratch.remove("job_1")
    assert not folder.exists()


@pytest.mark.parametrize("name", ["", "..", "a/b", "/tmp", "a.b", "a\0", "x" * 101])
def test_only_ids_name_folders(scratch: Scratch, name: str) -> None:
    with pytest.raises(ValueError, match="no id"):
        scratch.folder(name)
    with pytest.raises(ValueError, match="no id"):
        scratch.remove(name)


def test_a_root_that_cannot_be_is_unwritable(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputUnwritable):
        Scratch(tmp_path / "file").folder("job_1")


def test_only_old_folders_of_the_dead_are_swept(scratch: Scratch) -> None:
    for name in ("job_dead", "job_alive", "job_young", "job_writing"):
        (scratch.folder(name) / "sub").mkdir()
        (scratch.folder(name) / "sub" / "file").write_bytes(b"x")
    for name in ("job_dead", "job_alive", "job_writing"):
        age(scratch.folder(name), 1000)
    (scratch.folder("job_writing") / "sub" / "file").write_bytes(b"more")
    root = scratch.folder("job_dead").parent
    assert scratch.sweep({"job_alive"}, older_than=500) == 1
    assert sorted(path.name for path in root.iterdir()) == [
        "job_alive",
        "job_writing",
        "job_young",
    ]


def test_a_sweep_follows_no_links_and_takes_no_strange_names(
    scratch: Scratch, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_bytes(b"x")
    folder = scratch.folder("job_1")
    (folder / "link").symlink_to(outside)
    (folder.parent / "job_2").symlink_to(outside)
    (folder.parent / "lost+found").mkdir()
    (folder.parent / "file").write_bytes(b"")
    age(folder.parent, 1000)
    assert scratch.sweep(set(), older_than=500) == 1
    assert (outside / "precious").exists()
    assert sorted(path.name for path in folder.parent.iterdir()) == ["file", "job_2", "lost+found"]


def test_a_sweep_of_nothing_is_none(scratch: Scratch) -> None:
    assert scratch.sweep(set(), older_than=0) == 0
