from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from character_play import asked, bundled, made
from service_stage import Stage, built
from small_character import small_character

from talkies.errors import NotFound, NotReady
from talkies.studio.face_rig.frames import BELIEVED_SECONDS, CharacterFrames, Remembered

SEQUENCE = "neutral_to_speaking_ah__center"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return built(tmp_path_factory.mktemp("service"))


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Mapping[str, Any]]:
    return bundled(tmp_path_factory.mktemp("bundle"))


def frames_of(stage: Stage, named: str) -> CharacterFrames:
    services = stage.services
    return CharacterFrames(services.characters, services.gallery, named, clock=lambda: 0.0)


def test_a_character_that_the_service_keeps_is_shown_by_its_id(
    stage: Stage, bundle: tuple[Path, Mapping[str, Any]]
) -> None:
    frames = frames_of(stage, made(stage, bundle))
    tree = bundle[0].parent / "robin/frames"

    assert frames.sequences() == tuple(sorted(bundle[1]["manifests"]))
    assert frames.manifest(SEQUENCE) == bundle[1]["manifests"][SEQUENCE]
    drawing = frames.frame(f"sequences/{SEQUENCE}", "050.png")
    assert drawing.content == (tree / "sequences" / SEQUENCE / "050.png").read_bytes()
    with pytest.raises(NotFound):
        frames.frame(SEQUENCE, "051.png")


def test_one_that_is_not_made_yet_is_waited_for(stage: Stage) -> None:
    frames = frames_of(stage, asked(stage))

    for ask in (frames.sequences, lambda: frames.frame(SEQUENCE, "050.png")):
        with pytest.raises(NotReady):
            ask()


@pytest.mark.parametrize("named", ["nobody", "chr_01k9zzy0c0m5ysfcvd4cb4k4w1", "../robin", ""])
def test_one_that_is_not_there_is_not_found(stage: Stage, named: str) -> None:
    frames = frames_of(stage, named)

    for ask in (frames.sequences, lambda: frames.frame(SEQUENCE, "050.png")):
        with pytest.raises(NotFound):
            ask()


def test_an_installed_one_is_looked_at_again_after_a_while(tmp_path: Path) -> None:
    stage = built(tmp_path)
    character = small_character(tmp_path / "installed/robin")
    now = [0.0]
    services = stage.services
    frames = CharacterFrames(services.characters, services.gallery, "robin", clock=lambda: now[0])
    folder = character.folder / "frames/sequences" / SEQUENCE

    assert len(frames.manifest(SEQUENCE)["frames"]) == 5
    (folder / "025.png").unlink()
    with pytest.raises(NotFound):
        frames.frame(SEQUENCE, "025.png")
    now[0] = BELIEVED_SECONDS
    assert len(frames.manifest(SEQUENCE)["frames"]) == 4
    (folder / "050.png").unlink()
    frames.forget()
    assert len(frames.manifest(SEQUENCE)["frames"]) == 3


def test_a_look_that_fails_is_tried_again() -> None:
    looks = iter([NotFound("not yet"), {"manifests": {}}])

    def look() -> dict[str, Any]:
        found = next(looks)
        if isinstance(found, Exception):
            raise found
        return found

    known = Remembered(look, clock=lambda: 0.0)
    with pytest.raises(NotFound):
        known.contents()
    assert known.contents() == known.contents() == {"manifests": {}}
