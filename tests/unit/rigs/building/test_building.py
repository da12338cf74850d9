"""A character is built from one drawing."""

import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from building_stage import ROBIN, SIZE, few, quick

from talkies.core.rig.manifest import manifest_from_json
from talkies.core.rig.model import NEUTRAL, State
from talkies.errors import Canceled, CharacterInvalid, Conflict, FileMissing, OutputUnwritable
from talkies.media.pictures import load_own_picture
from talkies.rigs.building.building import build_character
from talkies.rigs.building.drawing import on_canvas, seen
from talkies.rigs.building.files import encoded, write
from talkies.rigs.building.job import is_whole
from talkies.rigs.building.options import KEY_COLOR, Background, BuildOptions
from talkies.rigs.character import ABOUT, CONFIG, CONTACT_SHEET, FRAMES, Character
from talkies.rigs.tree.opening import open_character

ONE_POSE = few("speaking_ah", poses=("center",))


def drawn(character: Character, expression: str, pose: str = "center") -> np.ndarray:
    picture = load_own_picture(character.path(character.rig.endpoints[State(expression, pose)]))
    assert picture.alpha is not None
    return np.dstack([picture.pixels, picture.alpha]).astype(int)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_built_character_opens_as_the_seeds_tree(robin: Character) -> None:
    opened = open_character(robin.folder)
    assert opened.rig == robin.rig
    assert opened.name == "robin"
    assert (opened.rig.width, opened.rig.height) == SIZE
    assert (robin.folder / CONTACT_SHEET).stat().st_size > 1000


def test_every_sequence_has_a_manifest_with_its_drawings(robin: Character) -> None:
    for sequence in robin.rig.sequences:
        folder = robin.folder / FRAMES / "sequences" / sequence.id
        manifest = manifest_from_json((folder / "manifest.json").read_text())
        assert [frame.file for frame in manifest.frames] == [
            Path(stop.drawing).name for stop in sequence.stops
        ]
        assert all(is_whole(folder / frame.file) for frame in manifest.frames)


def test_at_rest_a_character_is_the_drawing(robin: Character) -> None:
    source = load_own_picture(ROBIN)
    assert source.alpha is not None
    rest = drawn(robin, NEUTRAL)
    assert abs(rest[..., 3].mean() - source.alpha.mean()) < 1
    small = seen(on_canvas(source, SIZE).picture).astype(int)
    cover = rest[..., 3:] / 255
    assert np.abs(rest[..., :3] * cover + 255 * (1 - cover) - small).mean() < 1


def test_what_is_transparent_has_no_colour(robin: Character) -> None:
    for drawing in robin.rig.endpoints.values():
        picture = load_own_picture(robin.path(drawing))
        assert picture.alpha is not None
        assert picture.pixels[picture.alpha == 0].max() == 0


def test_a_mouth_opens_step_by_step_and_all_else_stands_still(robin: Character) -> None:
    way = next(s for s in robin.rig.sequences if s.id == "neutral_to_speaking_ah__center")
    frames = [load_own_picture(robin.path(stop.drawing)).pixels.astype(int) for stop in way.stops]
    away = [np.abs(frame - frames[0]).sum() for frame in frames]
    assert all(first < second for first, second in pairwise(away))
    moved = np.abs(frames[-1] - frames[0]).max(-1) > 12
    rows, columns = np.flatnonzero(moved.any(1)), np.flatnonzero(moved.any(0))
    assert rows.min() > 0.42 * SIZE[1]
    assert rows.max() < 0.72 * SIZE[1]
    assert columns.min() > 0.2 * SIZE[0]
    assert columns.max() < 0.8 * SIZE[0]


def test_a_tilted_head_moves_whole_and_the_body_stays(robin: Character) -> None:
    rest, tilted = drawn(robin, NEUTRAL), drawn(robin, NEUTRAL, "tilt_left_small")
    assert np.abs(tilted - rest)[-SIZE[1] // 5 :].max() == 0
    top = slice(0, SIZE[1] // 3)
    columns = np.arange(SIZE[0])

    def middle(picture: np.ndarray) -> float:
        return float((picture[top, :, 3] * columns).sum() / picture[top, :, 3].sum())

    assert middle(tilted) < middle(rest) - 2


def test_both_ends_of_a_sequence_are_its_endpoints(robin: Character) -> None:
    for sequence in robin.rig.sequences:
        first, last = sequence.stops[0].drawing, sequence.stops[-1].drawing
        assert (
            robin.path(first).read_bytes()
            == robin.path(robin.rig.endpoints[sequence.start]).read_bytes()
        )
        assert (
            robin.path(last).read_bytes()
            == robin.path(robin.rig.endpoints[sequence.end]).read_bytes()
        )


def test_the_same_drawing_gives_the_same_bytes_whatever_the_workers(tmp_path: Path) -> None:
    one = build_character(ROBIN, tmp_path / "one/robin", quick(config=ONE_POSE, workers=1))
    many = build_character(ROBIN, tmp_path / "many/robin", quick(config=ONE_POSE, workers=5))
    assert contents(one.folder) == contents(many.folder)


def test_a_build_that_was_stopped_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "robin"

    def stop(done: int, _: int) -> None:
        if done >= 4:
            raise Canceled

    with pytest.raises(Canceled):
        build_character(ROBIN, folder, quick(config=ONE_POSE), stop)
    assert not (folder / ABOUT).exists()
    there = {path: path.stat().st_mtime_ns for path in (folder / FRAMES).rglob("*.png")}
    assert all(map(is_whole, there))
    seen: list[tuple[int, int]] = []
    build_character(ROBIN, folder, quick(config=ONE_POSE), lambda *at: seen.append(at))
    assert seen[0][0] == len(there)
    assert seen[-1][0] == seen[-1][1]
    assert all(path.stat().st_mtime_ns == when for path, when in there.items())
    fresh = build_character(ROBIN, tmp_path / "fresh/robin", quick(config=ONE_POSE))
    assert contents(fresh.folder) == contents(folder)


def test_a_build_that_is_killed_leaves_whole_files_and_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "robin"
    script = textwrap.dedent(
        f"""
        import os, signal, sys
        from pathlib import Path
        sys.path.insert(0, {str(Path(__file__).parents[3] / "support")!r})
        from building_stage import ROBIN, few, quick
        from talkies.rigs.building.building import build_character

        def die(done, total):
            if done > 5:
                os.kill(os.getpid(), signal.SIGKILL)

        config = few("speaking_ah", poses=("center",))
        build_character(ROBIN, Path({str(folder)!r}), quick(config=config), die)
        """
    )
    done = subprocess.run([sys.executable, "-c", script], check=False, env=os.environ)
    assert done.returncode == -signal.SIGKILL
    files = [path for path in (folder / FRAMES).rglob("*.png") if not path.name.startswith(".")]
    assert files
    assert all(map(is_whole, files))
    character = build_character(ROBIN, folder, quick(config=ONE_POSE))
    assert not [path for path in folder.rglob(".*") if path.is_file()]
    assert open_character(folder).rig == character.rig


def test_a_file_that_lost_its_end_is_drawn_again(tmp_path: Path) -> None:
    character = build_character(ROBIN, tmp_path / "robin", quick(config=ONE_POSE))
    path = character.path("endpoints/speaking_ah__center.png")
    before = path.read_bytes()
    path.write_bytes(before[:-20])
    build_character(ROBIN, tmp_path / "robin", quick(config=ONE_POSE))
    assert path.read_bytes() == before


def test_another_drawing_starts_anew_only_when_it_is_told_to(tmp_path: Path) -> None:
    folder = tmp_path / "robin"
    build_character(ROBIN, folder, quick(config=ONE_POSE))
    with pytest.raises(Conflict, match="words"):
        build_character(ROBIN, folder, quick(config=few("blink_closed", poses=("center",))))
    words = few("blink_closed", poses=("center",))
    build_character(ROBIN, folder, quick(config=words, overwrite=True))
    assert not (folder / FRAMES / "endpoints/speaking_ah__center.png").exists()


def test_before_green_drawings_are_opaque_and_the_colour_is_known(tmp_path: Path) -> None:
    options = replace(quick(config=ONE_POSE), background=Background.GREEN, sequences=False)
    character = build_character(ROBIN, tmp_path / "robin", options)
    picture = load_own_picture(character.path("endpoints/neutral__center.png"))
    assert picture.alpha is None
    assert tuple(picture.pixels[0, 0]) == KEY_COLOR
    assert character.key_color == KEY_COLOR
    assert open_character(character.folder).key_color == KEY_COLOR
    assert character.rig.sequences == ()


def test_what_cannot_be_drawn_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    odd = replace(ONE_POSE, poses=("center", "upside_down"))
    with pytest.raises(CharacterInvalid):
        build_character(ROBIN, tmp_path / "robin", quick(config=odd))
    assert not (tmp_path / "robin").exists()


def test_warnings_of_the_face_are_heard(tmp_path: Path) -> None:
    heard: list[str] = []
    options = replace(quick(config=ONE_POSE), sequences=False, size=(96, 144))
    build_character(ROBIN, tmp_path / "robin", options, warn=heard.append)
    assert any("small" in sentence for sentence in heard)


def test_points_by_hand_build_what_detection_would_not(tmp_path: Path) -> None:
    points = {
        "left_eye_outer": [355, 595],
        "right_eye_outer": [668, 595],
        "mouth_left": [440, 767],
        "mouth_right": [585, 767],
        "chin": [512, 875],
    }
    options = BuildOptions(
        size=(64, 96), points=json.dumps({"points": points}), config=ONE_POSE, sequences=False
    )
    character = build_character(ROBIN, tmp_path / "robin", options)
    away = np.abs(drawn(character, "speaking_ah") - drawn(character, NEUTRAL)).max()
    assert away > 60


def test_files_are_whole_or_absent(tmp_path: Path) -> None:
    data = encoded(np.zeros((4, 4, 3), np.uint8))
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputUnwritable):
        write(data, [tmp_path / "file/a.png"])
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_the_words_lie_beside_the_frames(robin: Character) -> None:
    words = json.loads((robin.folder / CONFIG).read_text())
    assert set(words["expressions"]) == {
        "neutral", "speaking_ah", "lips_closed", "blink_closed",
    }  # fmt: skip


@pytest.mark.parametrize("how", ["deleted", "moved", "replaced"])
@pytest.mark.parametrize("late", [False, True])
def test_a_folder_that_is_taken_away_amid_the_build_is_told_and_not_made_again(
    tmp_path: Path, how: str, *, late: bool
) -> None:
    folder = tmp_path / "robin"

    def progress(done: int, total: int) -> None:
        if done and done >= total * late and (folder / FRAMES).exists():
            if how == "deleted":
                shutil.rmtree(folder)
            else:
                folder.rename(tmp_path / "elsewhere")
            if how == "replaced":
                folder.mkdir()

    with pytest.raises(FileMissing, match="moved, deleted or replaced") as raised:
        build_character(ROBIN, folder, quick(config=ONE_POSE), progress)
    assert raised.value.hint
    assert contents(folder) == {}
    assert folder.exists() is (how == "replaced")
