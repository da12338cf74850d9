import fcntl
import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from talkies.errors import BlobMissing, CharacterInvalid, OutputFailure
from talkies.kit.files import sha256_of
from talkies.studio.characters.bundle import write_bundle
from talkies.studio.characters.shelf import Shelf


class Bundles:
    """Bundles by their sha256, as a storage has them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.fetched: list[str] = []

    def add(self, text: str, size: int = 1_000) -> str:
        source = self._folder / text
        (source / "frames").mkdir(parents=True)
        (source / "frames" / "a.png").write_bytes(text.encode() * (size // len(text)))
        path = self._folder / "new.zip"
        write_bundle(source, path, {})
        return str(path.rename(self._folder / sha256_of(path)).name)

    def fetch(self, sha256: str, path: Path) -> None:
        self.fetched.append(sha256)
        try:
            os.link(self._folder / sha256, path)
        except FileNotFoundError as error:
            raise BlobMissing from error


@pytest.fixture
def bundles(tmp_path: Path) -> Bundles:
    (tmp_path / "bundles").mkdir()
    return Bundles(tmp_path / "bundles")


def shelf_of(tmp_path: Path, bundles: Bundles, most: int = 1 << 30) -> Shelf:
    return Shelf(tmp_path / "shelf", bytes_most=most, fetch=bundles.fetch)


def lying(tmp_path: Path) -> set[str]:
    return {path.name for path in (tmp_path / "shelf").iterdir() if path.is_dir()}


def test_a_bundle_is_unpacked_once_and_stays(tmp_path: Path, bundles: Bundles) -> None:
    shelf, robin = shelf_of(tmp_path, bundles), bundles.add("robin")
    for _ in range(2):
        with shelf.lend(robin) as folder:
            assert (folder / "frames" / "a.png").read_bytes().startswith(b"robin")
            (folder / "frames.pack").write_bytes(b"made here")
    with shelf.lend(robin) as folder:
        assert (folder / "frames.pack").read_bytes() == b"made here"
    assert bundles.fetched == [robin]
    assert (tmp_path / "shelf").stat().st_mode & 0o777 == 0o700


def test_what_was_used_last_stays_where_there_is_no_room(tmp_path: Path, bundles: Bundles) -> None:
    names = [bundles.add(text, 10_000) for text in ("a", "b", "c")]
    shelf = shelf_of(tmp_path, bundles, most=25_000)
    for name in (names[0], names[1]):
        with shelf.lend(name):
            pass
    with shelf.lend(names[0]):
        pass
    with shelf.lend(names[2]):
        assert lying(tmp_path) == {names[0], names[2]}
    with shelf.lend(names[1]):
        assert lying(tmp_path) == {names[1], names[2]}


def test_what_is_used_stays_also_where_there_is_no_room(tmp_path: Path, bundles: Bundles) -> None:
    first, second = bundles.add("a", 10_000), bundles.add("b", 10_000)
    shelf = shelf_of(tmp_path, bundles, most=5_000)
    with shelf.lend(first) as folder, shelf.lend(second) as other:
        assert (folder / "frames" / "a.png").exists()
        assert (other / "frames" / "a.png").exists()
        assert not shelf.drop(first)
    assert shelf.drop(first)
    assert lying(tmp_path) == {second}


def test_packs_count(tmp_path: Path, bundles: Bundles) -> None:
    first, second = bundles.add("a"), bundles.add("b")
    shelf = shelf_of(tmp_path, bundles, most=50_000)
    with shelf.lend(first) as folder:
        (folder / "frames.pack").write_bytes(bytes(60_000))
    with shelf.lend(second):
        assert lying(tmp_path) == {second}


def test_a_bundle_that_cannot_be_had_leaves_nothing(tmp_path: Path, bundles: Bundles) -> None:
    shelf = shelf_of(tmp_path, bundles)
    with pytest.raises(BlobMissing), shelf.lend("0" * 64):
        pytest.fail("there is none")
    broken = bundles.add("robin")
    (tmp_path / "bundles" / broken).write_bytes(b"PK\x03\x04 cut off")
    with pytest.raises(CharacterInvalid), shelf.lend(broken):
        pytest.fail("it is none")
    assert lying(tmp_path) == set()


@pytest.mark.parametrize("name", ["", "..", "a/b", "A" * 64, "0" * 63])
def test_only_digests_are_names(tmp_path: Path, bundles: Bundles, name: str) -> None:
    with pytest.raises(ValueError, match="sha256"), shelf_of(tmp_path, bundles).lend(name):
        pytest.fail("it is no digest")


def test_many_threads_bring_it_once(tmp_path: Path, bundles: Bundles) -> None:
    shelf, robin = shelf_of(tmp_path, bundles), bundles.add("robin")
    found: list[bytes] = []

    def use() -> None:
        with shelf.lend(robin) as folder:
            found.append((folder / "frames" / "a.png").read_bytes()[:5])

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [b"robin"] * 8
    assert bundles.fetched == [robin]


#: Uses one of three bundles again and again, on a shelf that has room for one.
USER = """
import os, sys
from pathlib import Path
from talkies.studio.characters.shelf import Shelf
root, source, names = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]
shelf = Shelf(root, bytes_most=15_000, fetch=lambda name, path: os.link(source / name, path))
for turn in range(60):
    with shelf.lend(names[turn % len(names)]) as folder:
        assert len((folder / "frames" / "a.png").read_bytes()) == 10_000
"""


def test_many_processes_share_a_shelf_that_is_too_small(tmp_path: Path, bundles: Bundles) -> None:
    names = [bundles.add(text, 10_000) for text in ("a", "b", "c")]
    command = [sys.executable, "-c", textwrap.dedent(USER), tmp_path / "shelf"]
    users = [
        subprocess.Popen([*command, tmp_path / "bundles", *names[turn:], *names[:turn]])
        for turn in range(3)
    ]
    assert [user.wait(240) for user in users] == [0, 0, 0]
    assert not [path for path in (tmp_path / "shelf").iterdir() if path.name.startswith(".")]


def test_nobody_is_left_with_a_lock_that_is_no_more(tmp_path: Path, bundles: Bundles) -> None:
    shelf, robin = shelf_of(tmp_path, bundles), bundles.add("robin")
    with shelf.lend(robin):
        pass
    lock = os.open(tmp_path / "shelf" / f"{robin}.lock", os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX)
    found: list[bool] = []

    def use() -> None:
        with shelf.lend(robin) as folder:
            found.append(folder.is_dir())

    user = threading.Thread(target=use)
    user.start()
    # Somebody removes the bundle, and its lock with it, while another waits for that.
    (tmp_path / "shelf" / f"{robin}.lock").unlink()
    os.close(lock)
    user.join()
    assert found == [True]


def only(*names: str) -> Callable[[object], list[str]]:
    return lambda _: list(names)


def test_a_sweep_removes_what_is_known_no_more(tmp_path: Path, bundles: Bundles) -> None:
    first, second, third = (bundles.add(text) for text in ("a", "b", "c"))
    shelf = shelf_of(tmp_path, bundles)
    for name in (first, second, third):
        with shelf.lend(name):
            pass
    with shelf.lend(third):
        assert shelf.sweep(only(first)) == 1
    assert lying(tmp_path) == {first, third}
    assert not (tmp_path / "shelf" / f"{second}.lock").exists()


def test_a_sweep_removes_what_the_killed_left(tmp_path: Path, bundles: Bundles) -> None:
    shelf, robin = shelf_of(tmp_path, bundles), bundles.add("robin")
    for left in (f".{robin}", f".{'1' * 64}-abcd1234"):
        (tmp_path / "shelf" / left / "folder").mkdir(parents=True)
    (tmp_path / "shelf" / "notes.txt").write_text("somebody's own")
    lock = os.open(tmp_path / "shelf" / f"{robin}.lock", os.O_CREAT | os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX)
    assert shelf.sweep(only()) == 0
    # It may be on its way in just now.
    assert lying(tmp_path) == {f".{robin}"}
    os.close(lock)
    shelf.sweep(only())
    assert sorted(path.name for path in (tmp_path / "shelf").iterdir()) == ["notes.txt"]


def test_a_bundle_that_could_not_be_brought_leaves_nothing_after_a_sweep(
    tmp_path: Path, bundles: Bundles
) -> None:
    shelf, robin = shelf_of(tmp_path, bundles), bundles.add("robin")
    with pytest.raises(BlobMissing), shelf.lend("1" * 64):
        pytest.fail("there is no such bundle")
    with shelf.lend(robin):
        pass
    shelf.sweep(only(robin))
    left = sorted(path.name for path in (tmp_path / "shelf").iterdir())
    assert left == sorted([robin, f"{robin}.lock"])


def test_a_shelf_that_cannot_be_written_says_so(tmp_path: Path, bundles: Bundles) -> None:
    (tmp_path / "shelf").write_text("a file")
    with pytest.raises(OutputFailure), shelf_of(tmp_path, bundles).lend(bundles.add("robin")):
        pytest.fail("there is no shelf")
