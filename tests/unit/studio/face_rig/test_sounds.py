from collections.abc import Iterator
from pathlib import Path

import pytest
from seed_stage import sound
from service_stage import Stage, built

from talkies.errors import InvalidRequest, NotFound, UnsupportedMedia
from talkies.studio.access.principal import Principal, Scope
from talkies.studio.face_rig.frames import HOUSE
from talkies.studio.face_rig.sounds import SeedSounds

#: Milliseconds.
NOW = 1_732_233_600_000


class Hands:
    """A clock that stands."""

    def __call__(self) -> int:
        return NOW


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return built(tmp_path_factory.mktemp("stage"))


@pytest.fixture
def sounds(stage: Stage) -> Iterator[SeedSounds]:
    kept = SeedSounds(stage.services.assets, Hands())
    yield kept
    for asset in stage.services.assets.list(HOUSE, limit=100):
        stage.services.assets.delete(HOUSE, asset.id)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "a.wav"
    path.write_bytes(sound(0.1))
    return path


def somebody(key: str) -> Principal:
    return Principal(key_id=key, name=key, scopes=frozenset({Scope.ADMIN}))


def test_a_sound_is_found_by_the_name_that_it_was_given(
    sounds: SeedSounds, recording: Path
) -> None:
    name = sounds.keep(HOUSE, recording, filename="My Speech.WAV")

    assert name == f"upload_{NOW}.wav"
    assert sounds.find(HOUSE, name).bytes == recording.stat().st_size
    assert sounds.find_address(HOUSE, f"/audio/{name}").filename == name
    assert sounds.find_address(HOUSE, f"http://localhost:8000/audio/{name}?x=1#t").filename == name


def test_two_in_one_millisecond_do_not_write_over_each_other(
    sounds: SeedSounds, recording: Path, tmp_path: Path
) -> None:
    other = tmp_path / "b.wav"
    other.write_bytes(sound(0.2))
    first, second = (sounds.keep(HOUSE, path, filename="a.wav") for path in (recording, other))

    assert (first, second) == (f"upload_{NOW}.wav", f"upload_{NOW + 1}.wav")
    assert sounds.find(HOUSE, first).sha256 != sounds.find(HOUSE, second).sha256


def test_a_sound_is_its_owners(sounds: SeedSounds, recording: Path, stage: Stage) -> None:
    name = sounds.keep(somebody("key_a"), recording, filename="a.mp3")

    assert sounds.find(somebody("key_a"), name).filename == f"upload_{NOW}.mp3"
    for other in (HOUSE, somebody("key_b")):
        with pytest.raises(NotFound):
            sounds.find(other, name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "..",
        "../talkies.db",
        "upload_1.wav",
        "upload_1732233600000",
        "upload_1732233600000.wav/../x",
        "tts_99999999999999999.wav",
        "upload_٣.wav",
        "ast_01k9zzy0c0m5ysfcvd4cb4k4w1",
    ],
)
def test_other_names_lead_nowhere(sounds: SeedSounds, name: str) -> None:
    """The seed had nothing but its router between a name and any file of the disk."""
    with pytest.raises(NotFound):
        sounds.find(HOUSE, name)
    with pytest.raises(NotFound):
        sounds.find_address(HOUSE, f"/audio/{name}")


@pytest.mark.parametrize("ending", ["", ".", ".html<", ".with spaces", ".toolongtobeone"])
def test_an_ending_that_is_none_becomes_wav(
    sounds: SeedSounds, recording: Path, ending: str
) -> None:
    assert sounds.keep(HOUSE, recording, filename=f"a{ending}") == f"upload_{NOW}.wav"


def test_what_is_no_sound_is_refused(sounds: SeedSounds, tmp_path: Path) -> None:
    empty, page = tmp_path / "empty.wav", tmp_path / "page.wav"
    empty.touch()
    page.write_text("<script>")

    with pytest.raises(InvalidRequest, match="empty"):
        sounds.keep(HOUSE, empty, filename="empty.wav")
    with pytest.raises(UnsupportedMedia):
        sounds.keep(HOUSE, page, filename="page.wav")
    picture = Path(__file__).parents[3] / "fixtures/portrait.png"
    with pytest.raises(UnsupportedMedia, match="no sound"):
        sounds.keep(HOUSE, picture, filename="a.wav")


def test_a_name_that_is_none_of_ours_names_nothing(sounds: SeedSounds, recording: Path) -> None:
    with pytest.raises(ValueError, match="no name of a sound"):
        sounds.keep_as(HOUSE, recording, "speech.wav")
