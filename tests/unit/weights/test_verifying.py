"""Weights are read whole, and every way of being other than they came is said."""

import hashlib
from pathlib import Path

import pytest

from talkies.errors import WeightsMissing
from talkies.weights.manifest import Manifest, PulledSource, WeightFile, write_manifest
from talkies.weights.names import MANIFEST
from talkies.weights.sources import WeightSource
from talkies.weights.verifying import Flaw, verify

MODEL = WeightSource(repository="maker/model", include=("*",))
OTHER = WeightSource(url="https://example.com/other.pth", to="other.pth")
CONTENTS = {"a.bin": b"alpha" * 1000, "sub/b.bin": b"beta", "empty.txt": b""}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    manifest = Manifest().with_source(
        PulledSource(fingerprint=MODEL.fingerprint, name=MODEL.name, files=tuple(CONTENTS))
    )
    for path, content in CONTENTS.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(content)
        manifest = manifest.with_file(
            WeightFile(
                path=path,
                bytes=len(content),
                sha256=hashlib.sha256(content).hexdigest(),
                origin="https://hub.example",
            )
        )
    write_manifest(tmp_path, manifest)
    return tmp_path


def test_weights_as_they_came_have_no_flaw(folder: Path) -> None:
    heard: list[tuple[str, int, int]] = []
    assert verify(folder, [MODEL], hear=lambda *news: heard.append(news)) == ()
    total = sum(map(len, CONTENTS.values()))
    assert heard == [("a.bin", 5000, total), ("sub/b.bin", total, total)]


def test_every_way_to_be_damaged_is_named(folder: Path) -> None:
    (folder / "a.bin").write_bytes(b"alphA" * 1000)
    (folder / "sub/b.bin").write_bytes(b"bet")
    (folder / "empty.txt").unlink()
    assert verify(folder, [MODEL, OTHER]) == (
        Flaw(path="https://example.com/other.pth", reason="it was never pulled"),
        Flaw(path="a.bin", reason="its content is another"),
        Flaw(path="sub/b.bin", reason="it has 3 bytes in place of 4"),
        Flaw(path="empty.txt", reason="it is missing"),
    )


def test_a_file_that_never_came_to_its_end_is_named(folder: Path) -> None:
    known = PulledSource(fingerprint=MODEL.fingerprint, name=MODEL.name, files=("late.bin",))
    write_manifest(folder, Manifest().with_source(known))
    assert verify(folder, [MODEL]) == (Flaw(path="late.bin", reason="it was never completed"),)


def test_a_file_that_cannot_be_read_says_why(folder: Path) -> None:
    """The memory of a process is a regular file that nobody can read at its start."""
    (folder / "empty.txt").unlink()
    (folder / "empty.txt").symlink_to("/proc/self/mem")
    (flaw,) = verify(folder, [MODEL])
    assert flaw == Flaw(path="empty.txt", reason="it cannot be read: Input/output error")


def test_without_a_manifest_nothing_was_pulled(tmp_path: Path) -> None:
    assert verify(tmp_path, [MODEL]) == (Flaw(path="maker/model", reason="it was never pulled"),)


def test_a_broken_manifest_is_a_typed_error(folder: Path) -> None:
    (folder / MANIFEST).write_text("{")
    with pytest.raises(WeightsMissing):
        verify(folder, [MODEL])
