"""Expressions that somebody else paints, and the drawings morphed between them."""

import threading
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from building_stage import ROBIN, SIZE, few, quick

from talkies.core.rig.model import NEUTRAL, State
from talkies.core.rig.standard import BUILT
from talkies.errors import Conflict, ProviderFailed
from talkies.media.pictures import load_own_picture
from talkies.rigs.building.building import build_character
from talkies.rigs.building.files import encoded, write
from talkies.rigs.building.morphing import Morpher
from talkies.rigs.building.options import Background
from talkies.rigs.building.painting import PaintingRefused, words_for
from talkies.rigs.building.plan import Mix

WORDS = few("speaking_ah", "concerned", poses=("center",))


class Decorator:
    """A painter that paints a coloured square over the mouth, at twice the size, and counts."""

    def __init__(self, *, refuses: str = "", opaque: bool = False) -> None:
        self.asked: list[str] = []
        self._refuses, self._opaque = refuses, opaque
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        return "decorator"

    def paint(self, drawing: bytes, words: str, size: tuple[int, int]) -> bytes:
        with self._lock:
            self.asked.append(words)
        if self._refuses and self._refuses in words:
            raise PaintingRefused("it is not allowed.")
        assert size == SIZE
        read = cv2.imdecode(np.frombuffer(drawing, np.uint8), cv2.IMREAD_UNCHANGED)
        assert read is not None
        large = cv2.resize(read, (2 * SIZE[0], 2 * SIZE[1]), interpolation=cv2.INTER_CUBIC)
        large[225:263, 138:188] = (0, 0, 255, 255)
        if self._opaque:
            large = np.where(large[..., 3:] > 0, large, 255)[..., :3]
        _, data = cv2.imencode(".png", large)
        return data.tobytes()


def test_a_painter_paints_all_but_the_state_of_rest(tmp_path: Path) -> None:
    painter = Decorator()
    character = build_character(ROBIN, tmp_path / "robin", quick(config=WORDS), painter=painter)
    assert len(painter.asked) == 2
    painted = load_own_picture(character.path(character.rig.endpoints[State("speaking_ah")]))
    rest = load_own_picture(character.path(character.rig.endpoints[State(NEUTRAL)]))
    assert painted.pixels[122, 81, 0] > 240
    assert painted.pixels[122, 81, 1] < 20
    assert rest.pixels[122, 81, 1] > 60
    way = next(s for s in character.rig.sequences if s.id == "neutral_to_speaking_ah__center")
    greens = [load_own_picture(character.path(s.drawing)).pixels[122, 81, 1] for s in way.stops]
    assert sorted(greens, reverse=True) == greens


def test_what_is_painted_is_not_asked_for_again(tmp_path: Path) -> None:
    build_character(ROBIN, tmp_path / "robin", quick(config=WORDS), painter=Decorator())
    again = Decorator()
    build_character(ROBIN, tmp_path / "robin", quick(config=WORDS), painter=again)
    assert again.asked == []
    with pytest.raises(Conflict, match="painter"):
        build_character(ROBIN, tmp_path / "robin", quick(config=WORDS))


def test_what_is_refused_is_drawn_and_told(tmp_path: Path) -> None:
    heard: list[str] = []
    painter = Decorator(refuses="corners of the mouth")
    character = build_character(
        ROBIN, tmp_path / "robin", quick(config=WORDS), warn=heard.append, painter=painter
    )
    assert any("concerned center was drawn, not painted" in sentence for sentence in heard)
    picture = load_own_picture(character.path("endpoints/concerned__center.png"))
    assert picture.pixels[122, 81, 1] > 20


def test_a_painter_that_is_gone_stops_the_build_and_it_goes_on_later(tmp_path: Path) -> None:
    class Gone(Decorator):
        def paint(self, drawing: bytes, words: str, size: tuple[int, int]) -> bytes:
            if len(self.asked) == 1:
                raise ProviderFailed("It is gone.")
            return super().paint(drawing, words, size)

    options = quick(config=WORDS, workers=1)
    with pytest.raises(ProviderFailed):
        build_character(ROBIN, tmp_path / "robin", options, painter=Gone())
    later = Decorator()
    build_character(ROBIN, tmp_path / "robin", options, painter=later)
    assert len(later.asked) == 1


def test_a_painting_that_is_no_picture_is_drawn_and_told_of(tmp_path: Path) -> None:
    class Broken(Decorator):
        def paint(self, drawing: bytes, words: str, size: tuple[int, int]) -> bytes:
            return super().paint(drawing, words, size)[:200]

    heard: list[str] = []
    build_character(
        ROBIN, tmp_path / "robin", quick(config=WORDS), warn=heard.append, painter=Broken()
    )
    assert sum("drawn, not painted: what came cannot be read" in told for told in heard) >= 2


def test_an_opaque_painting_is_cut_out_and_laid_before_green(tmp_path: Path) -> None:
    options = replace(quick(config=WORDS), background=Background.GREEN, sequences=False)
    painter = Decorator(opaque=True)
    character = build_character(ROBIN, tmp_path / "robin", options, painter=painter)
    picture = load_own_picture(character.path("endpoints/speaking_ah__center.png"))
    assert picture.alpha is None
    assert tuple(picture.pixels[2, 2]) == options.key_color
    assert picture.pixels[122, 81, 0] > 200


def test_a_painter_is_told_of_every_part_of_the_face() -> None:
    words = words_for(State("surprised_ah", "tilt_left_small"), BUILT)
    assert "mouth wide open" in words
    assert "eyes wide open" in words
    assert "eyebrows raised" in words
    assert "towards the left edge" in words
    assert "oh" in words_for(State("oh_round"), BUILT)
    assert "neutral face" in words_for(State(NEUTRAL), BUILT)


@pytest.mark.parametrize("channels", [3, 4])
def test_a_thing_that_moved_is_halfway_at_half_the_way(tmp_path: Path, channels: int) -> None:
    random = np.random.default_rng(3)
    texture = cv2.GaussianBlur(random.random((40, 40, 3)).astype(np.float32), (0, 0), 2)
    texture = cv2.normalize(texture, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)  # type: ignore[call-overload]
    (tmp_path / "endpoints").mkdir()
    for name, x in (("a", 40), ("b", 52)):
        picture = np.zeros((120, 160, channels), np.uint8)
        picture[40:80, x : x + 40, :3] = texture
        picture[40:80, x : x + 40, 3:] = 255
        write(encoded(picture), [tmp_path / f"endpoints/{name}__center.png"])
    half = Morpher(tmp_path).draw(Mix(State("a"), State("b"), 1, 2))
    away = np.abs(half[44:76, 50:82, :3].astype(int) - texture[4:36, 4:36]).mean()
    stayed = np.abs(half[44:76, 50:82, :3].astype(int) - texture[4:36, 8:40]).mean()
    assert half.shape[2] == channels
    assert away < 12
    assert away < stayed / 2
    if channels == 4:
        assert half[half[..., 3] == 0].max() == 0
