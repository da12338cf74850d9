"""The list of weights: written whole, read with suspicion, and cheap to ask."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from talkies.errors import WeightsMissing
from talkies.weights.manifest import (
    Manifest,
    PulledSource,
    WeightFile,
    is_whole,
    missing,
    read_manifest,
    write_manifest,
)
from talkies.weights.names import MANIFEST
from talkies.weights.sources import WeightSource, sources_of, variants_of

EMPTY_SHA = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
BASE = WeightSource(repository="maker/model", include=("*.json",), to="base")
FAST = WeightSource(repository="maker/model", include=("fp8/*",), variants=("fp8",))


def file_of(path: str, size: int = 3, **more: object) -> WeightFile:
    facts = {"sha256": EMPTY_SHA, "origin": "https://hub.example/x"} | more
    return WeightFile(path=path, bytes=size, **facts)


def written(folder: Path, *, size: int = 3) -> Manifest:
    """A folder with one complete source of one file."""
    source = PulledSource(
        fingerprint=BASE.fingerprint,
        name="maker/model",
        revision="main",
        commit="c0ffee",
        files=("base/config.json",),
    )
    manifest = Manifest().with_source(source).with_file(file_of("base/config.json", size))
    (folder / "base").mkdir()
    (folder / "base/config.json").write_bytes(b"abc")
    write_manifest(folder, manifest)
    return manifest


def test_a_manifest_is_read_as_it_was_written(tmp_path: Path) -> None:
    manifest = written(tmp_path)
    assert read_manifest(tmp_path) == manifest
    assert manifest.commit(FAST) == "c0ffee"


def test_no_folder_and_no_manifest_know_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path, tmp_path / "nowhere", tmp_path / "file"):
        assert read_manifest(folder) == Manifest()


def test_what_is_complete_lacks_nothing(tmp_path: Path) -> None:
    written(tmp_path)
    assert missing(tmp_path, [BASE]) == ()


def test_a_source_that_was_never_asked_lacks_by_its_name(tmp_path: Path) -> None:
    written(tmp_path)
    assert missing(tmp_path, [BASE, FAST], "fp8") == ("maker/model",)
    assert missing(tmp_path, [BASE, FAST], "int8") == ()


def test_a_file_of_another_size_is_missing(tmp_path: Path) -> None:
    written(tmp_path, size=4)
    assert missing(tmp_path, [BASE]) == ("base/config.json",)


def test_a_file_that_went_or_is_a_folder_is_missing(tmp_path: Path) -> None:
    written(tmp_path)
    (tmp_path / "base/config.json").unlink()
    assert missing(tmp_path, [BASE]) == ("base/config.json",)
    (tmp_path / "base/config.json").mkdir()
    assert missing(tmp_path, [BASE]) == ("base/config.json",)


def test_a_file_that_was_never_completed_is_missing(tmp_path: Path) -> None:
    manifest = written(tmp_path)
    others = {path: it for path, it in manifest.files.items() if path != "base/config.json"}
    write_manifest(tmp_path, replace(manifest, files=others))
    assert missing(tmp_path, [BASE]) == ("base/config.json",)


def test_a_link_to_the_file_elsewhere_is_as_good(tmp_path: Path) -> None:
    written(tmp_path)
    (tmp_path / "base/config.json").rename(tmp_path / "elsewhere")
    (tmp_path / "base/config.json").symlink_to(tmp_path / "elsewhere")
    assert missing(tmp_path, [BASE]) == ()


def test_another_pattern_is_another_source_of_the_same_commit(tmp_path: Path) -> None:
    manifest = written(tmp_path)
    wider = WeightSource(repository="maker/model", include=("*",), to="base")
    assert manifest.source(wider) is None
    assert manifest.commit(wider) == "c0ffee"
    assert manifest.commit(WeightSource(repository="maker/model", revision="refs/pr/1")) == ""


def test_a_source_asked_again_replaces_what_was_known(tmp_path: Path) -> None:
    manifest = written(tmp_path)
    renewed = PulledSource(fingerprint=BASE.fingerprint, name="maker/model", files=("b",))
    assert manifest.with_source(renewed).sources == (renewed,)


def test_a_path_that_the_system_does_not_take_is_no_file(tmp_path: Path) -> None:
    assert not is_whole(tmp_path / ("x" * 300), file_of("base/config.json"))


def damaged(folder: Path, change: object) -> None:
    document = json.loads((folder / MANIFEST).read_text())
    assert callable(change)
    change(document)
    (folder / MANIFEST).write_text(json.dumps(document))


LIES = {
    "another form": lambda d: d.update(format=99),
    "no files": lambda d: d.pop("files"),
    "a file above the folder": lambda d: d["files"][0].update(path="../../etc/passwd"),
    "an absolute file": lambda d: d["files"][0].update(path="/etc/passwd"),
    "a source with such a file": lambda d: d["sources"][0].update(files=["a/../../b"]),
    "a negative size": lambda d: d["files"][0].update(bytes=-1),
    "a size that is true": lambda d: d["files"][0].update(bytes=True),
    "a size in words": lambda d: d["files"][0].update(bytes="3"),
    "no hash": lambda d: d["files"][0].update(sha256="abc"),
    "a hash that is a number": lambda d: d["files"][0].update(sha256=5),
    "an unknown field": lambda d: d["files"][0].update(colour="red"),
    "sources of numbers": lambda d: d.update(sources=[1]),
    "a commit that is a list": lambda d: d["sources"][0].update(commit=[]),
    "files that are a number": lambda d: d["sources"][0].update(files=3),
}


@pytest.mark.parametrize("change", LIES.values(), ids=LIES)
def test_a_lying_manifest_is_refused_whole(tmp_path: Path, change: object) -> None:
    written(tmp_path)
    damaged(tmp_path, change)
    with pytest.raises(WeightsMissing, match="cannot be used") as refused:
        read_manifest(tmp_path)
    assert "weights pull" in refused.value.hint
    assert refused.value.details == {"path": str(tmp_path / MANIFEST)}
    assert missing(tmp_path, [BASE]) == (MANIFEST,)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b" " * ((8 << 20) + 1)]
)
def test_a_broken_manifest_is_a_typed_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / MANIFEST).write_bytes(content)
    with pytest.raises(WeightsMissing):
        read_manifest(tmp_path)


def test_a_manifest_that_is_a_folder_is_a_typed_error(tmp_path: Path) -> None:
    (tmp_path / MANIFEST).mkdir()
    with pytest.raises(WeightsMissing, match="directory"):
        read_manifest(tmp_path)


def test_a_fingerprint_is_about_files_and_places_only() -> None:
    same = WeightSource(
        repository="maker/model", include=("*.json",), to="base", gigabytes=3, variants=("x",)
    )
    assert same.fingerprint == BASE.fingerprint
    moved = WeightSource(repository="maker/model", include=("*.json",), to="elsewhere")
    assert moved.fingerprint != BASE.fingerprint


def test_variants_choose_their_sources() -> None:
    other = WeightSource(url="https://example.com/a", variants=("int8", "fp8"))
    assert sources_of([BASE, FAST, other], "int8") == (BASE, other)
    assert sources_of([BASE, FAST, other]) == (BASE,)
    assert variants_of([BASE, FAST, other]) == ("fp8", "int8")
    assert (BASE.name, other.name) == ("maker/model", "https://example.com/a")
