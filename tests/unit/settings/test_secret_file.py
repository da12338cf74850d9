import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from talkies.errors import Misconfigured
from talkies.settings import load, signing_secret


def test_a_given_secret_is_taken_and_nothing_is_written(tmp_path: Path) -> None:
    settings = load({"data_dir": tmp_path}, environ={"SECRET_KEY": "s" * 32}, env_file=None)
    assert signing_secret(settings) == b"s" * 32
    assert list(tmp_path.iterdir()) == []


def test_a_secret_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    settings = load({"data_dir": tmp_path / "new"}, environ={}, env_file=None)
    first = signing_secret(settings)
    assert len(first) >= 32
    assert signing_secret(settings) == first
    file = tmp_path / "new/secret.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["secret.key"]


def test_processes_that_start_at_once_get_the_same(tmp_path: Path) -> None:
    settings = load({"data_dir": tmp_path}, environ={}, env_file=None)
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: signing_secret(settings), range(32)))
    assert len(set(made)) == 1


def test_a_damaged_secret_is_told_and_kept(tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_bytes(b"half")
    settings = load({"data_dir": tmp_path}, environ={}, env_file=None)
    with pytest.raises(Misconfigured, match="damaged"):
        signing_secret(settings)
    assert (tmp_path / "secret.key").read_bytes() == b"half"


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    settings = load({"data_dir": tmp_path / "file"}, environ={}, env_file=None)
    with pytest.raises(Misconfigured, match="cannot be read or written"):
        signing_secret(settings)
