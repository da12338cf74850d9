"""Characters as a service: found by id or by name, and opened on this machine."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from character_play import asked, bundled, made
from service_stage import Stage, built
from small_character import small_character

from talkies.errors import Forbidden, InvalidOption, InvalidRequest, NotReady, UnknownCharacter
from talkies.rigs.tree.opening import open_character
from talkies.studio.access.principal import Principal, Scope
from talkies.studio.characters.building import build_options
from talkies.studio.characters.records import CharacterRef
from talkies.studio.characters.requests import CharacterSubmission, character_from
from talkies.studio.characters.steps import folder_name
from talkies.studio.submissions import Source, request_document

ALICE = Principal(key_id="key_a", name="a", scopes=frozenset({Scope.CHARACTERS}))
BOB = Principal(key_id="key_b", name="b", scopes=frozenset({Scope.CHARACTERS}))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("service")


@pytest.fixture(scope="module")
def stage(folder: Path) -> Stage:
    small_character(folder / "installed" / "wren")
    (folder / "installed" / "empty").mkdir()
    return built(folder)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Mapping[str, Any]]:
    return bundled(tmp_path_factory.mktemp("bundle"))


def test_ones_own_character_is_found_and_opened(
    stage: Stage, bundle: tuple[Path, Mapping[str, Any]]
) -> None:
    characters, one = stage.services.characters, made(stage, bundle, key_id="key_a")
    ref = characters.find(ALICE, one)
    assert ref == CharacterRef(id=one, name="Robin", sha256=characters.get(ALICE, one).sha256)
    with characters.open(ref) as folder:
        assert open_character(folder).rig.width == 96
    with pytest.raises(UnknownCharacter):
        characters.find(BOB, one)
    with pytest.raises(Forbidden):
        characters.find(Principal(key_id="key_a", name="a", scopes=frozenset()), one)
    with pytest.raises(NotReady):
        characters.find(ALICE, asked(stage, key_id="key_a"))


def test_an_installed_character_is_everybodys(stage: Stage, folder: Path) -> None:
    characters = stage.services.characters
    assert characters.installed_names(BOB) == ("wren",)
    ref = characters.find(BOB, "wren")
    assert ref == CharacterRef(id="wren", name="wren")
    with characters.open(ref) as place:
        assert place == folder / "installed" / "wren"
    with pytest.raises(UnknownCharacter), characters.open(CharacterRef(id="gone", name="gone")):
        pytest.fail("there is none")


@pytest.mark.parametrize("name", ["empty", "none", "../installed/wren", "..", ".", "", "w" * 300])
def test_no_name_leads_elsewhere(stage: Stage, name: str) -> None:
    assert stage.services.characters.installed(name) is None
    with pytest.raises(UnknownCharacter):
        stage.services.characters.find(ALICE, name)


def test_a_request_comes_back_out_of_its_job() -> None:
    asked_for = CharacterSubmission(
        name="Robin",
        drawing=Source(sha256="0" * 64),
        config={"poses": []},
        key_color="none",
        build={"depth": 2, "points": {"mouth": [1, 2]}},
    )
    assert character_from(request_document(asked_for)) == asked_for


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Robin", "Robin"), ("a/../b", "a-b"), ("  ", "character"), ("é" * 9, "character")],
)
def test_a_name_becomes_a_folders(name: str, expected: str) -> None:
    assert folder_name(name) == expected
    assert len(folder_name("a" * 300)) == 60


@pytest.mark.parametrize(
    "asked_for",
    [{"size": "1x"}, {"size": "10000x2"}, {"background": "red"}, {"depth": 9}],
)
def test_a_build_that_cannot_be_is_refused(asked_for: dict[str, Any]) -> None:
    with pytest.raises(InvalidOption):
        build_options(asked_for)


def test_a_build_is_as_it_is_asked_for() -> None:
    options = build_options({"size": "96 x 144", "depth": 2, "points": {"a": 1}}, workers=3)
    assert (options.size, options.depth, options.points) == ((96, 144), 2, '{"a": 1}')
    assert (options.workers, options.sequences) == (3, True)


def test_nothing_to_make_a_character_of_is_refused_before_anything_is_kept(stage: Stage) -> None:
    with pytest.raises(InvalidRequest):
        stage.services.characters.submit(ALICE, CharacterSubmission(name="a"))
    twice = CharacterSubmission(name="a", drawing=Source(url="https://example.com/a.png"))
    with pytest.raises(InvalidRequest):
        stage.services.characters.require_valid(ALICE, twice, {"archive"})
