"""The words of characters, read out of stored bundles and installed folders."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from small_character import small_character
from workshop_stage import local

from talkies.core.rig.config_json import config_to_json
from talkies.core.rig.standard import BUILT, STANDARD
from talkies.errors import CharacterInvalid, UnknownCharacter
from talkies.rigs.character import CONFIG
from talkies.studio.characters.bundle import write_bundle
from talkies.studio.characters.known_words import HELD, KnownWords
from talkies.studio.characters.records import CharacterRef

FEW = replace(BUILT, poses=("center",))


def _bundle(folder: Path, words: str | None) -> Path:
    folder.mkdir()
    if words is not None:
        (folder / CONFIG).write_text(words)
    path = folder.with_suffix(".zip")
    write_bundle(folder, path, {"schema": "talkies.bundle/1"})
    return path


class Shelves:
    """A storage with bundles in it, and how often one was looked for."""

    def __init__(self, root: Path) -> None:
        self.storage = local(root)
        self.known: dict[str, tuple[str, int]] = {}
        self.asked = 0

    def add(self, path: Path) -> CharacterRef:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        self.storage.put(f"inputs/{digest}", path, content_type="application/zip")
        self.known[digest] = (f"inputs/{digest}", path.stat().st_size)
        return CharacterRef(id="chr_1", name="robin", sha256=digest)

    def place(self, sha256: str) -> tuple[str, int] | None:
        self.asked += 1
        return self.known.get(sha256)


@pytest.fixture
def shelves(tmp_path: Path) -> Shelves:
    return Shelves(tmp_path)


@pytest.fixture
def words(shelves: Shelves, tmp_path: Path) -> KnownWords:
    def installed(name: str) -> Path | None:
        folder = tmp_path / "installed" / name
        return folder if folder.is_dir() else None

    return KnownWords(shelves.storage, shelves.place, installed)


def test_a_bundle_says_its_own_and_is_read_once(
    shelves: Shelves, words: KnownWords, tmp_path: Path
) -> None:
    ref = shelves.add(_bundle(tmp_path / "few", config_to_json(FEW)))
    assert words.of(ref) == FEW
    assert words.of(ref) == FEW
    assert shelves.asked == 1


def test_a_bundle_that_says_none_has_the_seed_s(
    shelves: Shelves, words: KnownWords, tmp_path: Path
) -> None:
    assert words.of(shelves.add(_bundle(tmp_path / "mute", None))) == STANDARD


def test_only_so_many_are_held(shelves: Shelves, words: KnownWords, tmp_path: Path) -> None:
    refs = []
    for number in range(HELD + 1):
        named = replace(BUILT, poses=("center", f"pose_{number}"))
        refs.append(shelves.add(_bundle(tmp_path / str(number), config_to_json(named))))
        words.of(refs[-1])
    before = shelves.asked
    words.of(refs[-1])
    assert shelves.asked == before
    words.of(refs[0])
    assert shelves.asked == before + 1


def test_an_installed_one_is_read_as_it_is_now(words: KnownWords, tmp_path: Path) -> None:
    folder = small_character(tmp_path / "installed" / "robin").folder
    ref = CharacterRef(id="robin", name="robin")
    assert words.of(ref) == BUILT
    (folder / CONFIG).write_text(config_to_json(FEW))
    assert words.of(ref) == FEW
    (folder / CONFIG).unlink()
    assert words.of(ref) == STANDARD
    (folder / CONFIG).write_text("{")
    with pytest.raises(CharacterInvalid):
        words.of(ref)


def test_one_that_is_gone_is_unknown(words: KnownWords) -> None:
    for sha256 in (None, "0" * 64):
        with pytest.raises(UnknownCharacter):
            words.of(CharacterRef(id="robin", name="robin", sha256=sha256))
