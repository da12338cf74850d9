"""No name that somebody else chose leads out of the folder of the weights."""

from pathlib import Path

import pytest

from talkies.errors import DownloadFailed
from talkies.weights.names import is_safe, joined, writable_path

HOSTILE = [
    "",
    "/etc/passwd",
    "../up",
    "a/../../up",
    "a/./b",
    "a//b",
    "a/",
    "a\\..\\b",
    "nul\0",
    "line\nend",
    "bell\x07",
    "bidi\u202etxt",
    "half\ud800",
    "x" * 256,
    "/".join(["x" * 200] * 20),
    "talkies-weights.json",
    ".talkies-partial/a",
    ".talkies-weights.lock",
]


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_hostile_names_are_refused(name: str) -> None:
    assert not is_safe(name)


@pytest.mark.parametrize(
    "name", ["config.json", "google/umt5-xxl/spiece.model", "模型.bin", "a b.txt", "..a", "sub/.b"]
)
def test_names_as_repositories_have_them_are_kept(name: str) -> None:
    assert is_safe(name)


def test_a_name_is_put_below_its_folder() -> None:
    assert joined("", "a/b") == "a/b"
    assert joined("base/", "a/b") == "base/a/b"
    assert joined("file.pth", "") == "file.pth"


@pytest.mark.parametrize(
    ("to", "name"), [("base", "../../x"), ("/abs", "x"), ("..", "x"), ("", "")]
)
def test_a_place_outside_is_a_typed_error(to: str, name: str) -> None:
    with pytest.raises(DownloadFailed, match="leads out"):
        joined(to, name)


def test_folders_on_the_way_are_made(tmp_path: Path) -> None:
    assert writable_path(tmp_path, "a/b/c") == tmp_path / "a/b/c"
    assert (tmp_path / "a/b").is_dir()


def test_nothing_is_written_through_a_link_that_leads_out(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "folder"
    outside.mkdir()
    folder.mkdir()
    (folder / "base").symlink_to(outside)
    with pytest.raises(DownloadFailed, match="link"):
        writable_path(folder, "base/config.json")
    (folder / "inner").mkdir()
    (folder / "alias").symlink_to(folder / "inner")
    assert writable_path(folder, "alias/x") == folder / "alias/x"
