"""What is shown of a character: from memory, from its bundle, by a key or by a pass."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from character_play import NEUTRAL, SEQUENCE, asked, bundled, made
from service_stage import Stage, built

from talkies.errors import Forbidden, LinkExpired, NotFound, NotReady
from talkies.rigs.character import FRAMES
from talkies.studio.access.principal import Principal, Scope
from talkies.studio.characters.drawing_memory import HELD_ARCHIVES, Drawings, installed_file
from talkies.studio.characters.passes import PERIOD, FramePasses

ADMIN = Principal(key_id=None, name="admin", scopes=frozenset({Scope.ADMIN}))
SOMEBODY = Principal(key_id="key_1", name="a", scopes=frozenset({Scope.CHARACTERS}))


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return built(tmp_path_factory.mktemp("service"))


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Mapping[str, Any]]:
    return bundled(tmp_path_factory.mktemp("bundle"))


@pytest.fixture(scope="module")
def robin(stage: Stage, bundle: tuple[Path, Mapping[str, Any]]) -> str:
    return made(stage, bundle, key_id="key_1")


def sha_of(stage: Stage, character_id: str) -> str:
    return stage.services.gallery.admitted(ADMIN, character_id).sha256


def drawings_of(stage: Stage, held_bytes: int = 1 << 20) -> Drawings:
    place = stage.services.gallery._book.place
    return Drawings(stage.services.storage, place, held_bytes=held_bytes)


def test_what_was_shown_is_held_until_others_need_the_room(stage: Stage, robin: str) -> None:
    sha256 = sha_of(stage, robin)
    size = len(drawings_of(stage).frame(sha256, *NEUTRAL.split("/")).content)
    drawings = drawings_of(stage, held_bytes=int(size * 3.5))
    stops = [f"{percent:03}.png" for percent in (0, 25, 50)]
    for stop in stops:
        drawings.frame(sha256, SEQUENCE, stop)
    first = drawings.frame(sha256, SEQUENCE, stops[0])
    assert drawings.held(sha256, SEQUENCE, stops[0]) is first
    drawings.frame(sha256, SEQUENCE, "100.png")
    held = [stop for stop in stops if drawings.held(sha256, SEQUENCE, stop)]
    assert stops[0] in held
    assert stops[1] not in held


def test_what_is_larger_than_all_the_room_is_shown_and_not_held(stage: Stage, robin: str) -> None:
    drawings = drawings_of(stage, held_bytes=10)
    sha256 = sha_of(stage, robin)
    assert drawings.frame(sha256, *NEUTRAL.split("/")).content
    assert drawings.held(sha256, *NEUTRAL.split("/")) is None


def test_few_directories_are_held(stage: Stage, robin: str) -> None:
    drawings = drawings_of(stage)
    key, size = stage.services.gallery._book.place(sha_of(stage, robin)) or ("", 0)
    many = Drawings(stage.services.storage, lambda _: (key, size))
    for number in range(HELD_ARCHIVES + 3):
        many.contents(f"{number:064}")
    assert len(many._archives) == HELD_ARCHIVES
    assert drawings.contents(sha_of(stage, robin))["schema"] == "talkies.bundle/1"


def test_a_bundle_that_is_gone_is_not_there(stage: Stage) -> None:
    with pytest.raises(NotFound):
        drawings_of(stage).frame("0" * 64, *NEUTRAL.split("/"))


def test_a_character_without_a_contact_sheet_says_so(
    stage: Stage, tmp_path: Path, bundle: tuple[Path, Mapping[str, Any]]
) -> None:
    from talkies.studio.characters.bundle import write_bundle

    (tmp_path / "robin").mkdir()
    (tmp_path / "robin" / "a.txt").write_text("a")
    write_bundle(tmp_path / "robin", tmp_path / "b.zip", bundle[1])
    plain = made(stage, (tmp_path / "b.zip", bundle[1]))
    record = stage.services.characters.get(ADMIN, plain)
    with pytest.raises(NotFound):
        stage.services.gallery.contact_sheet(record)
    with pytest.raises(NotFound):
        stage.services.gallery.drawings.frame(sha_of(stage, plain), *NEUTRAL.split("/"))


def test_only_who_may_is_admitted(stage: Stage, robin: str) -> None:
    gallery = stage.services.gallery
    assert gallery.admitted(SOMEBODY, robin).sha256 == sha_of(stage, robin)
    others = Principal(key_id="key_2", name="b", scopes=SOMEBODY.scopes)
    with pytest.raises(NotFound):
        gallery.admitted(others, robin)
    with pytest.raises(NotFound):
        gallery.admitted(ADMIN, "chr_none")
    with pytest.raises(Forbidden):
        gallery.admitted(Principal(key_id="key_1", name="a", scopes=frozenset()), robin)
    with pytest.raises(NotReady):
        gallery.admitted(ADMIN, asked(stage))


def test_passes_are_the_same_for_a_while_and_run_out(stage: Stage, robin: str) -> None:
    moment = [PERIOD * 10]
    passes = FramePasses(b"p" * 32, lambda: moment[0])
    given, expires = passes.issue(robin)
    moment[0] += PERIOD - 1
    assert passes.issue(robin) == (given, expires)
    assert passes.check(robin, given) == expires == PERIOD * 12
    moment[0] = expires
    with pytest.raises(LinkExpired):
        passes.check(robin, given)
    moment[0] -= 1
    for bad in ("", "x", given[:-1], f"{expires + 1}{given[len(str(expires)) :]}"):
        with pytest.raises(Forbidden):
            passes.check(robin, bad)
    with pytest.raises(Forbidden):
        passes.check("chr_other", given)
    with pytest.raises(Forbidden):
        FramePasses(b"q" * 32, lambda: moment[0]).check(robin, given)


def test_a_pass_outlives_no_character(stage: Stage, bundle: tuple[Path, Mapping[str, Any]]) -> None:
    gallery = stage.services.gallery
    gone = made(stage, bundle)
    given, expires = gallery.passes.issue(gone)
    shown, until = gallery.admitted_by_pass(gone, given)
    assert (shown.sha256, until) == (sha_of(stage, gone), expires)
    stage.services.deletion.delete_job(ADMIN, gone)
    with pytest.raises(NotFound):
        gallery.admitted_by_pass(gone, given)


def test_files_of_an_installed_character_are_read_as_they_are(tmp_path: Path) -> None:
    place = tmp_path / FRAMES / "endpoints"
    place.mkdir(parents=True)
    (place / "a.webp").write_bytes(b"drawing")
    found = installed_file(tmp_path, f"{FRAMES}/endpoints/a.webp")
    assert (found.content, found.content_type) == (b"drawing", "image/webp")
    for name in (f"{FRAMES}/endpoints/b.png", FRAMES):
        with pytest.raises(NotFound):
            installed_file(tmp_path, name)


@pytest.mark.parametrize("name", ["none.png", f"{'x' * 300}/000.png", "a.png/000.png", "folder"])
def test_a_name_that_no_installed_file_has_is_not_found(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.png").write_bytes(b"x")
    (tmp_path / "folder").mkdir()
    with pytest.raises(NotFound):
        installed_file(tmp_path, name)
