import os
from pathlib import Path

import pytest

from talkies.errors import FileMissing, InvalidOption, OutputExists, OutputUnwritable, SameFile
from talkies.studio.outputs import require_inputs, require_outputs


@pytest.fixture
def face(tmp_path: Path) -> Path:
    path = tmp_path / "face.png"
    path.write_bytes(b"face")
    return path


def test_good_paths_pass(tmp_path: Path, face: Path) -> None:
    require_inputs([face])
    require_outputs([tmp_path / "talk.mp4"], [face], overwrite=False)


def test_a_missing_input_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileMissing, match="none"):
        require_inputs([tmp_path / "none.png"])


def test_a_folder_is_no_input(tmp_path: Path) -> None:
    with pytest.raises(FileMissing, match="folder"):
        require_inputs([tmp_path])


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_an_input_that_may_not_be_read_is_refused(face: Path) -> None:
    face.chmod(0)
    with pytest.raises(FileMissing, match="may not be read"):
        require_inputs([face])


def test_an_output_is_not_replaced_unasked(tmp_path: Path, face: Path) -> None:
    output = tmp_path / "talk.mp4"
    output.write_bytes(b"precious")
    with pytest.raises(OutputExists) as caught:
        require_outputs([output], [face], overwrite=False)
    assert "--overwrite" in caught.value.hint
    require_outputs([output], [face], overwrite=True)


@pytest.mark.parametrize("link", ["itself", "symbolic", "hard"])
def test_an_output_is_no_input_by_any_name(tmp_path: Path, face: Path, link: str) -> None:
    output = tmp_path / "talk.mp4"
    if link == "itself":
        output = tmp_path / "." / "face.png"
    elif link == "symbolic":
        output.symlink_to(face)
    else:
        output.hardlink_to(face)
    with pytest.raises(SameFile):
        require_outputs([output], [face], overwrite=True)


def test_a_missing_folder_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(OutputUnwritable) as caught:
        require_outputs([tmp_path / "no" / "talk.mp4"], [], overwrite=False)
    assert "mkdir" in caught.value.hint
    assert not (tmp_path / "no").exists()


def test_a_folder_is_no_output(tmp_path: Path) -> None:
    with pytest.raises(OutputUnwritable, match="folder"):
        require_outputs([tmp_path], [], overwrite=True)


def test_a_file_is_no_folder(face: Path) -> None:
    with pytest.raises(OutputUnwritable):
        require_outputs([face / "talk.mp4"], [], overwrite=True)


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_closed_folder_is_refused(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    with pytest.raises(OutputUnwritable, match="may not be written"):
        require_outputs([closed / "talk.mp4"], [], overwrite=False)


def test_a_name_that_is_too_long_is_told(tmp_path: Path) -> None:
    path = tmp_path / f"{'x' * 300}.mp4"
    with pytest.raises(FileMissing, match="too long"):
        require_inputs([path])
    with pytest.raises(OutputUnwritable, match="too long"):
        require_outputs([path], [], overwrite=False)


def test_two_results_do_not_share_a_path(tmp_path: Path) -> None:
    twice = [tmp_path / "a.json", tmp_path / "." / "a.json"]
    with pytest.raises(InvalidOption, match="Two results"):
        require_outputs(twice, [], overwrite=True)
