"""Packs: every drawing decoded once, read in a moment, made anew where a drawing changed."""

import os
import shutil
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from seed_tree import GREEN, face, write_tree

from talkies.core.rig.model import State
from talkies.core.rig.playback import Cel
from talkies.errors import Canceled, CharacterInvalid, CorruptMedia, FileMissing, OutputUnwritable
from talkies.media.drawing_decoders import DrawingDecoders
from talkies.media.yuv import to_planes_quickly, to_rgb
from talkies.rigs.character import PACK, Character
from talkies.rigs.pack import store
from talkies.rigs.pack.building import one_builder
from talkies.rigs.pack.opening import PackMaker, build_pack, open_pack
from talkies.rigs.pack.order import Order, wanted
from talkies.rigs.pack.pack import Pack
from talkies.rigs.tree.opening import open_character

REST = "endpoints/neutral__center.png"
BLINK = "endpoints/blink_closed__center.png"
MOUTH = "endpoints/speaking_ah__center.png"


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tree(
        tmp_path_factory.mktemp("trees") / "robin", poses=["center", "tilt_left_small"]
    )


@pytest.fixture
def character(tree: Path, tmp_path: Path) -> Character:
    """A green-screen character of its own, which a test may spoil."""
    folder = tmp_path / "robin"
    shutil.copytree(tree, folder)
    return replace(open_character(folder), key_color=GREEN)


@pytest.fixture(scope="module")
def packed(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pack of that character."""
    place = tmp_path_factory.mktemp("packs") / PACK
    build_pack(replace(open_character(tree), key_color=GREEN), place=place)
    return place


@pytest.fixture
def with_pack(character: Character, tree: Path, packed: Path) -> Character:
    """The same with a pack, made of the same files at the same times."""
    shutil.copyfile(packed, character.folder / PACK)
    for path in tree.rglob("*.png"):
        shutil.copystat(path, character.folder / path.relative_to(tree))
    return character


class Counted:
    """Hears of progress."""

    def __init__(self) -> None:
        self.counts: list[tuple[int, int]] = []

    def __call__(self, done: int, total: int) -> None:
        self.counts.append((done, total))

    @property
    def decoded(self) -> int:
        return self.counts[-1][1] if self.counts else 0


def opened(character: Character) -> tuple[Pack, int]:
    """Its pack, and how many drawings were decoded for it."""
    counted = Counted()
    pack = open_pack(character, advance=counted, workers=1)
    return pack, counted.decoded


def test_opaque_drawings_are_read_as_they_were_drawn(tree: Path, tmp_path: Path) -> None:
    character = open_character(tree)
    with open_pack(character, drawings=[REST], place=tmp_path / PACK, workers=1) as pack:
        pixels = np.asarray(Image.open(character.path(REST)))
        expected, found = to_planes_quickly(pixels), pack.read(REST)
        assert (pack.width, pack.height, pack.transparent) == (96, 144, False)
        assert found.alpha is None
        for name in ("y", "u", "v"):
            assert np.array_equal(getattr(found, name), getattr(expected, name))


def test_drawings_on_nothing_keep_their_alpha(tmp_path: Path) -> None:
    character = open_character(write_tree(tmp_path / "robin", ground=None, percents=[50]))
    pack = open_pack(character, workers=1)
    pixels = np.asarray(Image.open(character.path(REST)))
    alpha = pack.read(REST).alpha
    assert alpha is not None
    assert np.array_equal(alpha, pixels[..., 3])
    assert pack.transparent


def test_an_opaque_drawing_among_transparent_ones_gets_full_alpha(tmp_path: Path) -> None:
    character = open_character(write_tree(tmp_path / "robin", ground=None, percents=[50]))
    face(0.3, ground=(9, 9, 9)).save(character.path(REST))
    alpha = open_pack(character, workers=1).read(REST).alpha
    assert alpha is not None
    assert alpha.min() == 255


def test_green_is_keyed_out_once(with_pack: Character) -> None:
    pack, decoded = opened(with_pack)
    planes = pack.read(REST)
    assert decoded == 0
    assert planes.alpha is not None
    assert planes.alpha[0, 0] == 0
    assert planes.alpha[100, 48] == 255
    assert 0.3 < planes.alpha.mean() / 255 < 0.6


def greenness(pixels: np.ndarray) -> np.ndarray:
    """How much more green than anything else each pixel is."""
    return (pixels[..., 1] - np.maximum(pixels[..., 0], pixels[..., 2])).clip(0)


def test_no_green_is_left_on_any_background(with_pack: Character) -> None:
    pack, _ = opened(with_pack)
    clean = open_character(
        write_tree(with_pack.folder.parent / "clean", ground=None, percents=[50])
    )
    truth = np.asarray(Image.open(clean.path(REST))).astype(float)
    planes = pack.read(REST)
    assert planes.alpha is not None
    colours, alpha = to_rgb(planes).astype(float), planes.alpha[..., None] / 255
    for ground in ((255, 255, 255), (0, 0, 0), (255, 0, 0)):
        shown = colours * alpha + np.array(ground) * (1 - alpha)
        wanted = truth[..., :3] * truth[..., 3:] / 255 + np.array(ground) * (
            1 - truth[..., 3:] / 255
        )
        assert (greenness(shown) - greenness(wanted)).max() < 12
        assert np.abs(shown - wanted).mean() < 2


def test_arrays_cannot_be_written_to_and_copies_can(with_pack: Character) -> None:
    planes = opened(with_pack)[0].read(REST)
    with pytest.raises(ValueError, match="read-only"):
        planes.y[0, 0] = 1
    planes.copy().y[0, 0] = 1


def test_equal_drawings_are_stored_once(with_pack: Character) -> None:
    pack, _ = opened(with_pack)
    end = "sequences/neutral_to_blink__center/100.png"
    assert pack.digest(end) == pack.digest(BLINK)
    assert pack.digest(REST) != pack.digest(BLINK)
    assert len(pack.drawings) > len({pack.digest(drawing) for drawing in pack.drawings})
    size = (with_pack.folder / PACK).stat().st_size
    # Other bytes, the same picture.
    Image.open(with_pack.path(end)).save(with_pack.path(end), compress_level=1)
    again, decoded = opened(with_pack)
    assert decoded == 1
    assert again.digest(end) == pack.digest(BLINK)
    assert (with_pack.folder / PACK).stat().st_size - size < 40_000


def test_an_unknown_drawing_is_told_of(with_pack: Character) -> None:
    pack, _ = opened(with_pack)
    for ask in (pack.read, pack.digest):
        with pytest.raises(FileMissing, match=r"endpoints/nobody\.png"):
            ask("endpoints/nobody.png")


def test_only_what_changed_is_decoded_again(with_pack: Character) -> None:
    pack, _ = opened(with_pack)
    before = pack.digest(REST)
    face(0.9).save(with_pack.path(REST))
    fresh, decoded = opened(with_pack)
    assert decoded == 1
    assert fresh.digest(REST) != before
    # Who has it open sees what was.
    assert pack.digest(REST) == before
    pack.read(REST)
    assert opened(with_pack)[1] == 0


def test_a_file_that_was_only_touched_is_not_decoded_again(with_pack: Character) -> None:
    for path in with_pack.folder.rglob("*.png"):
        os.utime(path, (1, 1))
    before = (with_pack.folder / PACK).read_bytes()
    assert opened(with_pack)[1] == 0
    after = (with_pack.folder / PACK).read_bytes()
    # That they are the same is written down, and then there is nothing more to write.
    assert len(after) > len(before)
    assert opened(with_pack)[1] == 0
    assert (with_pack.folder / PACK).read_bytes() == after


def test_a_new_drawing_is_added_and_a_removed_one_goes(with_pack: Character) -> None:
    folder = with_pack.folder / "frames" / "sequences" / "neutral_to_blink__center"
    face(0.7, 0.4).save(folder / "060.png")
    (folder / "025.png").unlink()
    character = replace(open_character(with_pack.folder), key_color=GREEN)
    pack, decoded = opened(character)
    assert decoded == 1
    assert "sequences/neutral_to_blink__center/060.png" in pack.drawings
    assert "sequences/neutral_to_blink__center/025.png" not in pack.drawings


def test_another_key_colour_makes_it_anew(with_pack: Character) -> None:
    pack, decoded = opened(replace(with_pack, key_color=None))
    assert decoded > 10
    assert not pack.transparent


@pytest.mark.parametrize("spoil", ["head", "index", "empty", "cut", "text", "version", "shape"])
def test_a_damaged_pack_is_made_anew(with_pack: Character, spoil: str) -> None:
    path = with_pack.folder / PACK
    data = bytearray(path.read_bytes())
    if spoil == "head":
        data[20] ^= 1
    elif spoil == "index":
        data[-5] ^= 1
    elif spoil == "version":
        data[11] += 1
    elif spoil == "shape":
        store.create(path, {"recipe": {"width": 96}})
        data = bytearray(path.read_bytes())
    path.write_bytes(
        {"empty": b"", "cut": data[:-9], "text": b"hello" * 99}.get(spoil, bytes(data))
    )
    pack, decoded = opened(with_pack)
    assert decoded > 10
    pack.read(REST)
    assert opened(with_pack)[1] == 0


def test_damaged_planes_are_told_of_and_the_next_pack_is_made_anew(with_pack: Character) -> None:
    path = with_pack.folder / PACK
    data = bytearray(path.read_bytes())
    data[store.HEAD_BYTES + 40 : -60_000] = bytes(len(data) - store.HEAD_BYTES - 60_040)
    path.write_bytes(data)
    pack, decoded = opened(with_pack)
    assert decoded == 0
    with pytest.raises(CorruptMedia) as caught:
        list(map(pack.read, sorted(pack.drawings)))
    assert "again" in caught.value.hint
    healed, decoded = opened(with_pack)
    assert decoded > 10
    assert len(list(map(healed.read, sorted(healed.drawings)))) > 10


def test_what_was_decoded_before_a_stop_is_kept(character: Character) -> None:
    def stop(done: int, _total: int) -> None:
        if done == 5:
            raise Canceled

    with pytest.raises(Canceled):
        open_pack(character, advance=stop, workers=1)
    size = (character.folder / PACK).stat().st_size
    assert size > store.HEAD_BYTES
    _, decoded = opened(character)
    everything = len({path.read_bytes() for path in character.folder.rglob("*.png")})
    assert decoded <= everything - 4


def test_only_some_drawings_can_be_packed(character: Character) -> None:
    counted = Counted()
    pack = open_pack(character, drawings=[MOUTH], advance=counted, workers=1)
    assert MOUTH in pack.drawings
    # Those that tell of lids come along.
    assert {REST, BLINK} <= pack.drawings
    assert {state.pose for state in pack.overlays} == {"center", "tilt_left_small"}
    assert counted.decoded < 10


def test_broken_drawings_are_named(character: Character) -> None:
    path = character.path("sequences/neutral_to_blink__center/050.png")
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(CharacterInvalid, match=r"neutral_to_blink__center/050\.png") as caught:
        open_pack(character, workers=1)
    assert caught.value.details["drawings"] == ["sequences/neutral_to_blink__center/050.png"]
    broken = build_pack(character, workers=1)
    assert list(broken) == ["sequences/neutral_to_blink__center/050.png"]


def test_a_missing_drawing_is_told_of(character: Character) -> None:
    character.path(REST).unlink()
    with pytest.raises(FileMissing, match="neutral__center"):
        open_pack(character, workers=1)


def test_a_place_that_takes_nothing_is_told_of(character: Character, tmp_path: Path) -> None:
    with pytest.raises(OutputUnwritable):
        open_pack(character, place=tmp_path / "none" / PACK, workers=1)
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputUnwritable):
        open_pack(character, place=tmp_path / "folder", workers=1)


def test_where_nothing_can_be_kept_a_pack_lasts_as_long_as_its_maker(character: Character) -> None:
    taken = character.folder / PACK
    taken.mkdir()
    counted = Counted()
    with PackMaker(character, workers=1) as maker:
        maker.open(drawings=[REST]).close()
        pack = maker.open(drawings=[REST], advance=counted)
        assert maker.passing
        assert counted.counts == []
    assert pack.read(REST).y.shape == (144, 96)
    assert list(taken.iterdir()) == []
    assert not list(character.folder.glob("*.partial*"))


def test_threads_read_one_pack_at_once(with_pack: Character) -> None:
    pack, _ = opened(with_pack)
    drawings = sorted(pack.drawings)
    alone = {drawing: pack.read(drawing).y.tobytes() for drawing in drawings}
    wrong: list[str] = []

    def work() -> None:
        wrong.extend(
            drawing for drawing in drawings if pack.read(drawing).y.tobytes() != alone[drawing]
        )

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_one_builds_and_the_other_waits_for_it(character: Character) -> None:
    decoded: list[int] = []

    def work() -> None:
        decoded.append(opened(character)[1])

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(decoded)[:2] == [0, 0] or sorted(decoded).count(max(decoded)) == 1
    open_pack(character, workers=1)


def test_who_waits_can_be_stopped(character: Character) -> None:
    def stop(_done: int, _total: int) -> None:
        raise Canceled

    with (
        one_builder(character.folder / "frames", lambda: None),
        pytest.raises(Canceled),
    ):
        open_pack(character, advance=stop, workers=1)


def test_lids_of_closed_eyes_are_laid_over_a_speaking_mouth(with_pack: Character) -> None:
    pack, _ = opened(with_pack)
    box = pack.overlay_box(BLINK)
    assert box is not None
    assert (box.x0 % 2, box.y0 % 2, box.x1 % 2, box.y1 % 2) == (0, 0, 0, 0)
    assert 40 <= box.y0 < 58 < box.y1 <= 76
    shown = pack.read_cel(Cel(MOUTH, lids=BLINK))
    mouth, closed = pack.read(MOUTH), pack.read(BLINK)
    # The eyes are those of the one, the mouth that of the other.
    assert np.array_equal(shown.y[57:60, 30:36], closed.y[57:60, 30:36])
    outside = np.ones_like(shown.y, bool)
    outside[box.slices] = False
    assert np.array_equal(shown.y[outside], mouth.y[outside])
    assert not np.array_equal(shown.y, mouth.y)
    assert np.array_equal(pack.read_cel(Cel(MOUTH)).y, mouth.y)


def test_lids_on_their_way_fit_as_well(with_pack: Character) -> None:
    pack, _ = opened(with_pack)
    half = "sequences/neutral_to_blink__center/050.png"
    shown, mouth = pack.read_cel(Cel(MOUTH, lids=half)), pack.read(MOUTH)
    assert not np.array_equal(shown.y, mouth.y)


def test_a_pack_with_much_waste_is_written_anew(with_pack: Character) -> None:
    from talkies.rigs.pack import building

    path = with_pack.folder / PACK
    order = Order(
        character=with_pack,
        drawings=wanted(with_pack, None),
        place=path,
        decoders=DrawingDecoders(1),
    )
    before = {name: opened(with_pack)[0].digest(name) for name in opened(with_pack)[0].drawings}
    with store.appending(path) as appender:
        appender.append(bytes(200_000))
        index = building.load(path, order.recipe)
        assert index is not None
        appender.commit(index.to_json())
    bloated = path.stat().st_size
    building.rewrite(order, index)
    assert path.stat().st_size < bloated - 150_000
    pack, decoded = opened(with_pack)
    assert decoded == 0
    assert {name: pack.digest(name) for name in pack.drawings} == before
    for name in pack.drawings:
        pack.read(name)
    assert {state.pose for state in pack.overlays} == {"center", "tilt_left_small"}


def test_a_pack_that_went_away_meanwhile_is_told_of(character: Character, tmp_path: Path) -> None:
    place = tmp_path / PACK

    def swap(done: int, total: int) -> None:
        if done == total:
            character.path(REST).rename(tmp_path / "aside")

    with pytest.raises(FileMissing):
        open_pack(character, place=place, advance=swap, workers=1)


def test_a_full_disk_keeps_what_was_there(with_pack: Character, tmp_path: Path) -> None:
    """A limit on the size of files stands for a disk that is full."""
    script = (
        "import resource, signal, sys\n"
        "from dataclasses import replace\n"
        "from pathlib import Path\n"
        "from talkies.errors import DiskFull\n"
        "from talkies.rigs.pack.opening import open_pack\n"
        "from talkies.rigs.tree.opening import open_character\n"
        "folder = Path(sys.argv[1])\n"
        "character = replace(open_character(folder), key_color=(0, 255, 0))\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "size = (folder / 'frames.pack').stat().st_size\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (size + 10, size + 10))\n"
        "try:\n"
        "    open_pack(character, workers=1)\n"
        "except DiskFull as error:\n"
        "    print(error.message)\n"
    )
    before = (with_pack.folder / PACK).read_bytes()
    face(0.91).save(with_pack.path(REST))
    done = subprocess.run(
        [sys.executable, "-c", script, str(with_pack.folder)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "frames.pack could not be written" in done.stdout
    assert (with_pack.folder / PACK).read_bytes() == before


def test_no_lids_where_the_whole_drawing_changes(character: Character) -> None:
    noise = np.random.default_rng(1).integers(0, 60, (144, 96, 3), np.uint8)
    pixels = np.asarray(Image.open(character.path(BLINK))).astype(int) + noise
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(character.path(BLINK))
    pack, _ = opened(character)
    assert pack.overlay_box(BLINK) is None
    assert State("blink_closed", "tilt_left_small") in pack.overlays
    # Lids of a pose that has none leave a drawing as it is.
    shown = pack.read_cel(Cel(MOUTH, lids=BLINK))
    assert np.array_equal(shown.y, pack.read(MOUTH).y)


def test_no_lids_where_they_would_touch_the_mouth(character: Character) -> None:
    """Closed eyes of another face, whose mouth is open too."""
    shutil.copyfile(character.path(MOUTH), character.path(BLINK))
    assert opened(character)[0].overlay_box(BLINK) is None


def test_no_lids_where_eyes_do_not_close(character: Character) -> None:
    shutil.copyfile(character.path(REST), character.path(BLINK))
    assert opened(character)[0].overlay_box(BLINK) is None
    character.path("endpoints/blink_closed__tilt_left_small.png").unlink()
    for path in character.folder.rglob("neutral_to_blink__tilt_left_small/*.png"):
        path.unlink()
    fresh = replace(open_character(character.folder), key_color=GREEN)
    assert not opened(fresh)[0].overlays
