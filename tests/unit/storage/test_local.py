import errno
import os
import resource
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PosixPath

import pytest

from talkies.errors import BlobMissing, StorageFull, StorageRefused, StorageUnavailable
from talkies.storage.links import LinkSigner
from talkies.storage.local import LocalStorage, _make_folder, _translated

SIGNER = LinkSigner(b"k" * 32)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "data" / "files"


@pytest.fixture
def storage(root: Path) -> LocalStorage:
    return LocalStorage(root, SIGNER)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "source").write_bytes(b"content")
    return tmp_path / "source"


def test_the_root_is_for_this_user_alone(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir(mode=0o755)
    for name in ("open", "new"):
        LocalStorage(tmp_path / name, SIGNER)
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o700


def test_nothing_but_the_blob_is_in_the_folder(
    storage: LocalStorage, root: Path, source: Path
) -> None:
    storage.put("videos/a.mp4", source, content_type="video/mp4")
    assert [path.name for path in (root / "videos").iterdir()] == ["a.mp4"]
    storage.put("videos/a.mp4", source, content_type="text/plain")
    assert len(list((root / "videos").iterdir())) == 2
    storage.delete(["videos/a.mp4", "videos/a.mp4/below"])
    assert list(root.iterdir()) == []


def test_a_stored_blob_does_not_change_with_its_source(storage: LocalStorage, source: Path) -> None:
    storage.put("a", source, content_type="text/plain")
    source.write_bytes(b"changed")
    assert b"".join(storage.read("a")) == b"content"


def test_what_others_put_into_the_root_is_no_blob(
    storage: LocalStorage, root: Path, tmp_path: Path, source: Path
) -> None:
    (root / "link").symlink_to(source)
    (root / "folder").symlink_to(tmp_path)
    (root / "lost+found").mkdir()
    (root / "not ours.txt").write_bytes(b"x")
    assert list(storage.list("")) == []
    with pytest.raises(BlobMissing):
        storage.read("link")


def test_a_key_cannot_be_the_folder_of_another(storage: LocalStorage, source: Path) -> None:
    storage.put("a/b", source, content_type="text/plain")
    for key in ("a/b/c", "a/b/c/d", "a"):
        with pytest.raises(StorageRefused, match="folder of another"):
            storage.put(key, source, content_type="text/plain")
    for key in ("a", "a/b/c"):
        with pytest.raises(BlobMissing):
            storage.info(key)


def test_a_missing_source_is_the_callers_mistake(storage: LocalStorage, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        storage.put("a", tmp_path / "nothing", content_type="text/plain")


def test_writing_and_pruning_side_by_side_loses_nothing(
    storage: LocalStorage, source: Path
) -> None:
    def toggle(name: str) -> None:
        for _ in range(60):
            storage.put(f"busy/deep/{name}", source, content_type="text/plain")
            storage.delete([f"busy/deep/{name}"])

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(toggle, "abc"))
    assert list(storage.list("")) == []


class Raced(PosixPath):
    """A folder that `mkdir` finds there, and another thread removes and makes again."""

    def mkdir(self, mode: int = 0o777, parents: bool = False, exist_ok: bool = False) -> None:
        raise FileExistsError(errno.EEXIST, "File exists", str(self))


def test_a_folder_that_goes_while_it_is_made_is_no_overlapping_key(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        _make_folder(Raced(tmp_path), "a/b")
    with pytest.raises(FileNotFoundError):
        _make_folder(Raced(tmp_path / "gone"), "a/b")
    (tmp_path / "file").touch()
    with pytest.raises(StorageRefused, match="folder of another"):
        _make_folder(Raced(tmp_path / "file"), "file/b")


class Pruned(LocalStorage):
    """One whose folders another thread removes at the worst moment, always."""

    def _note_type(self, path: Path, content_type: str) -> None:
        path.parent.rmdir()


def test_a_folder_that_goes_again_and_again_is_given_up(root: Path, source: Path) -> None:
    with pytest.raises(StorageUnavailable, match="again and again"):
        Pruned(root, SIGNER).put("a/b", source, content_type="text/plain")


def test_what_a_kill_left_is_tidied_when_it_is_old(
    storage: LocalStorage, root: Path, source: Path
) -> None:
    storage.put("videos/a.mp4", source, content_type="text/plain")
    left = root / "videos" / ".a-0123abcd.partial.mp4"
    left.write_bytes(b"half")
    note = root / "videos" / ".never.mp4.type"
    note.write_text("video/mp4")
    moment = int(time.time() * 1000)
    assert storage.tidy(moment - 60_000) == 0
    assert storage.tidy(moment + 60_000) == 2
    assert not left.exists()
    assert not note.exists()
    assert storage.info("videos/a.mp4").content_type == "text/plain"


def test_a_full_disk_is_a_full_storage(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from talkies.storage.local import LocalStorage\n"
        "from talkies.storage.links import LinkSigner\n"
        "from talkies.errors import StorageFull\n"
        "storage = LocalStorage(Path(sys.argv[1]) / 'root', LinkSigner(b'k' * 32))\n"
        "try: storage.put('a/b', Path(sys.argv[1]) / 'big', content_type='video/mp4')\n"
        "except StorageFull as error: print('full', error.retryable)"
    )
    (tmp_path / "big").write_bytes(bytes(1 << 16))

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    done = subprocess.run(
        [sys.executable, "-B", "-c", code, str(tmp_path)],
        preexec_fn=limit,
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "full True\n", done.stderr
    left = [path for path in (tmp_path / "root").rglob("*") if path.is_file()]
    assert all(path.name.endswith(".type") for path in left)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (errno.ENOENT, BlobMissing),
        (errno.ENOTDIR, BlobMissing),
        (errno.ENOSPC, StorageFull),
        (errno.EDQUOT, StorageFull),
        (errno.EACCES, StorageRefused),
        (errno.EROFS, StorageRefused),
        (errno.EIO, StorageUnavailable),
    ],
)
def test_what_the_system_says_has_a_meaning(number: int, expected: type) -> None:
    error = OSError(number, os.strerror(number))
    assert type(_translated(error, "a")) is expected


def test_a_root_that_cannot_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for path in (tmp_path / "file" / "root", tmp_path / "file"):
        with pytest.raises(StorageRefused, match="cannot be used"):
            LocalStorage(path, SIGNER)
