"""Characters are read with the drawings that there really are."""

import json
import os
import shutil
from pathlib import Path

import pytest
from PIL import Image
from seed_tree import BASE_PATHS, DEPTH_3, EXPRESSIONS, face, write_tree

from talkies.core.rig.model import State
from talkies.errors import CharacterInvalid, UnknownCharacter
from talkies.rigs.character import FRAMES
from talkies.rigs.tree import listing
from talkies.rigs.tree.opening import look_at, open_character, read_config, write_character
from talkies.rigs.tree.report import report_on


def sequence(folder: Path, identity: str) -> Path:
    return folder / FRAMES / "sequences" / identity


def endpoint(folder: Path, name: str) -> Path:
    return folder / FRAMES / "endpoints" / name


def manifest_of(folder: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((folder / "manifest.json").read_text())
    return found


def test_a_tree_of_the_seeds_rules_is_read_whole(tmp_path: Path) -> None:
    poses = ["center", "tilt_left_small"]
    opened = look_at(write_tree(tmp_path, poses=poses, percents=DEPTH_3))
    rig = opened.character.rig
    assert opened.warnings == ()
    assert (rig.width, rig.height) == (96, 144)
    assert set(rig.endpoints) == {State(name, pose) for name in EXPRESSIONS for pose in poses}
    by_id = {way.id: way for way in rig.sequences}
    assert len(by_id) == len(BASE_PATHS) * 2 + 1
    odd = by_id["speaking_ah_to_surprised__tilt_left_small"]
    assert odd.start == State("speaking_ah", "tilt_left_small")
    assert odd.end == State("surprised_ah", "tilt_left_small")
    assert [stop.percent for stop in odd.stops] == DEPTH_3
    turn = by_id["neutral_center_to_neutral_tilt_left_small"]
    assert (turn.start, turn.end) == (State("neutral"), State("neutral", "tilt_left_small"))
    assert opened.character.path(turn.stops[0].drawing).is_file()


def test_without_manifests_names_say_it_all_also_of_the_two_odd_paths(tmp_path: Path) -> None:
    with_manifests = open_character(write_tree(tmp_path / "a", percents=DEPTH_3)).rig
    without = open_character(write_tree(tmp_path / "b", percents=DEPTH_3, manifests=False)).rig
    assert without == with_manifests


def test_sequences_may_lie_directly_in_frames_as_they_once_did(tmp_path: Path) -> None:
    new = open_character(write_tree(tmp_path / "a")).rig
    old = open_character(write_tree(tmp_path / "b", legacy=True)).rig
    assert [(way.id, way.start, way.end) for way in old.sequences] == [
        (way.id, way.start, way.end) for way in new.sequences
    ]


def test_without_words_a_character_has_those_of_the_seed(tmp_path: Path) -> None:
    character = open_character(write_tree(tmp_path / "robin", config=False))
    assert character.name == "robin"
    assert "oh_round" in character.rig.config.expressions
    assert len(character.rig.endpoints) == len(EXPRESSIONS)


def test_frames_may_be_webp_and_a_png_goes_before_it(tmp_path: Path) -> None:
    folder = write_tree(tmp_path, suffix="webp", ground=None)
    face().save(endpoint(folder, "neutral__center.png"))
    opened = look_at(folder)
    assert opened.character.rig.endpoints[State("neutral")] == "endpoints/neutral__center.png"
    assert opened.character.rig.endpoints[State("happy_soft")].endswith(".webp")
    assert opened.warnings == ()


def test_missing_frames_are_normal(tmp_path: Path) -> None:
    folder = write_tree(tmp_path, percents=DEPTH_3, manifests=False)
    for name in ("000.png", "050.png", "100.png"):
        (sequence(folder, "neutral_to_blink__center") / name).unlink()
    shutil.rmtree(sequence(folder, "neutral_to_happy_soft__center"))
    endpoint(folder, "surprised_ah__center.png").unlink()
    opened = look_at(folder)
    rig = opened.character.rig
    ways = {way.id: [stop.percent for stop in way.stops] for way in rig.sequences}
    assert ways["neutral_to_blink__center"] == [12, 25, 38, 62, 75, 88]
    assert "neutral_to_happy_soft__center" not in ways
    # The end of a sequence shows what has no drawing of its own.
    shown = rig.endpoints[State("surprised_ah")]
    assert shown == "sequences/speaking_ah_to_surprised__center/100.png"
    assert opened.warnings == ()


def test_a_report_names_what_the_words_allow_and_nobody_drew(tmp_path: Path) -> None:
    folder = write_tree(tmp_path, poses=["center"])
    shutil.rmtree(sequence(folder, "neutral_to_happy_soft__center"))
    report = report_on(open_character(folder).rig, ("something",))
    assert report.endpoints == len(EXPRESSIONS)
    assert report.sequences == len(BASE_PATHS) - 1
    assert report.drawings == len(EXPRESSIONS) + 5 * (len(BASE_PATHS) - 1)
    assert "happy_soft__nod_up_small" in report.missing_endpoints
    assert "happy_soft__center" not in report.missing_endpoints
    assert "neutral_to_happy_soft__center" in report.missing_sequences
    assert "neutral_center_to_neutral_nod_up_small" in report.missing_sequences
    assert report.warnings == ("something",)


def test_a_manifest_that_names_missing_files_is_not_believed(tmp_path: Path) -> None:
    folder = write_tree(tmp_path)
    way = sequence(folder, "neutral_to_blink__center")
    (way / "025.png").unlink()
    face().save(way / "060.png")
    opened = look_at(folder)
    stops = {way.id: way.stops for way in opened.character.rig.sequences}
    percents = [stop.percent for stop in stops["neutral_to_blink__center"]]
    assert percents == [0, 50, 60, 75, 100]
    assert len(opened.warnings) == 2
    assert "not there" in opened.warnings[0]
    assert "leaves out" in opened.warnings[1]


def test_a_manifest_says_where_its_drawings_stand_whatever_they_are_called(tmp_path: Path) -> None:
    folder = write_tree(tmp_path)
    way = sequence(folder, "neutral_to_blink__center")
    said = manifest_of(way)
    said["frames"] = [{"t": 0.4, "file": "050.png"}, {"t": 0.0, "file": "first.png"}]
    (way / "000.png").rename(way / "first.png")
    (way / "manifest.json").write_text(json.dumps(said))
    opened = look_at(folder)
    stops = {way.id: way.stops for way in opened.character.rig.sequences}
    found = [(s.percent, s.drawing[-9:]) for s in stops["neutral_to_blink__center"]]
    assert found == [
        (0, "first.png"),
        (25, "r/025.png"),
        (40, "r/050.png"),
        (75, "r/075.png"),
        (100, "r/100.png"),
    ]


@pytest.mark.parametrize(
    "text", ["", "[]", '{"frames": 3}', "\ud800".encode("utf-16", "surrogatepass"), "[" * 100_000]
)
def test_a_broken_manifest_leaves_the_names(tmp_path: Path, text: str | bytes) -> None:
    folder = write_tree(tmp_path)
    way = sequence(folder, "neutral_to_blink__center")
    data = text if isinstance(text, bytes) else text.encode()
    (way / "manifest.json").write_bytes(data)
    opened = look_at(folder)
    assert len(opened.character.rig.sequences) == len(BASE_PATHS)
    assert "manifest cannot be read" in opened.warnings[0]


def test_a_manifest_of_other_states_than_its_folder_is_not_believed(tmp_path: Path) -> None:
    folder = write_tree(tmp_path)
    way = sequence(folder, "neutral_to_blink__center")
    said = manifest_of(way) | {"expr_end": "happy_soft"}
    (way / "manifest.json").write_text(json.dumps(said))
    opened = look_at(folder)
    ends = {way.id: way.end for way in opened.character.rig.sequences}
    assert ends["neutral_to_blink__center"] == State("blink_closed")
    assert "other states" in opened.warnings[0]


def test_a_manifest_does_not_lead_out_of_its_folder(tmp_path: Path) -> None:
    folder = write_tree(tmp_path)
    way = sequence(folder, "neutral_to_blink__center")
    said = manifest_of(way)
    said["frames"] = [{"t": 0.5, "file": "../../endpoints/neutral__center.png"}]
    (way / "manifest.json").write_text(json.dumps(said))
    stops = {way.id: way.stops for way in open_character(folder).rig.sequences}
    drawings = [stop.drawing for stop in stops["neutral_to_blink__center"]]
    assert all(".." not in drawing for drawing in drawings)


def test_what_the_words_do_not_know_is_passed_over_and_told_of(tmp_path: Path) -> None:
    folder = write_tree(tmp_path)
    face().save(endpoint(folder, "furious__center.png"))
    way = sequence(folder, "neutral_to_furious__center")
    shutil.copytree(sequence(folder, "neutral_to_blink__center"), way)
    (way / "manifest.json").unlink()
    (sequence(folder, "neutral_to_blink__center") / "0x5.png").write_bytes(b"")
    opened = look_at(folder)
    assert State("furious") not in opened.character.rig.endpoints
    told = "\n".join(opened.warnings)
    assert "furious__center.png" in told
    assert "neutral_to_furious__center" in told
    assert "0x5.png" in told


def test_files_that_are_no_pictures_are_passed_over(tmp_path: Path) -> None:
    folder = write_tree(tmp_path)
    endpoint(folder, "happy_soft__center.png").write_bytes(b"GIF89a")
    way = sequence(folder, "neutral_to_blink__center")
    for file in way.glob("*.png"):
        file.write_bytes(b"")
    opened = look_at(folder)
    assert "neutral_to_blink__center" not in {way.id for way in opened.character.rig.sequences}
    assert "no" in opened.warnings[0]
    assert opened.character.rig.endpoints[State("happy_soft")].startswith("sequences/")


def test_links_are_not_followed(tmp_path: Path) -> None:
    folder = write_tree(tmp_path / "a")
    drawing = endpoint(folder, "happy_soft__center.png")
    drawing.unlink()
    drawing.symlink_to(endpoint(folder, "neutral__center.png"))
    shutil.rmtree(sequence(folder, "neutral_to_happy_soft__center"))
    opened = look_at(folder)
    assert State("happy_soft") not in opened.character.rig.endpoints
    assert "no plain file" in opened.warnings[0]


def test_a_named_pipe_does_not_hold_the_reader_up(tmp_path: Path) -> None:
    folder = write_tree(tmp_path)
    os.mkfifo(endpoint(folder, "x__center.png"))
    assert "no plain file" in look_at(folder).warnings[0]


def test_drawings_of_one_shape_and_another_size_are_scaled(tmp_path: Path) -> None:
    folder = write_tree(tmp_path)
    face(size=(192, 288)).save(endpoint(folder, "happy_soft__center.png"))
    opened = look_at(folder)
    assert (opened.character.rig.width, opened.character.rig.height) == (96, 144)
    assert opened.warnings == (
        "endpoints/happy_soft__center.png: scaled to the others' size, 96×144.",
    )


def test_folders_among_drawings_and_linked_parts_of_a_tree_are_passed_over_and_told_of(
    tmp_path: Path,
) -> None:
    folder = write_tree(tmp_path / "a")
    (sequence(folder, "neutral_to_blink__center") / "older").mkdir()
    elsewhere = (folder / FRAMES / "endpoints").rename(tmp_path / "elsewhere")
    (folder / FRAMES / "endpoints").symlink_to(elsewhere)
    opened = look_at(folder)
    assert opened.warnings == (
        "endpoints, sequences/neutral_to_blink__center/older: no plain file, passed over.",
    )
    assert not any(name.startswith("endpoints") for name in opened.character.rig.drawings)


def test_a_byte_order_mark_says_nothing(tmp_path: Path) -> None:
    folder = write_tree(tmp_path)
    plain = open_character(folder).rig
    written = [*folder.rglob("manifest.json"), *folder.rglob("expressions.json")]
    for path in written:
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    opened = look_at(folder)
    assert len(written) > 3
    assert (opened.character.rig, opened.warnings) == (plain, ())


def test_odd_sizes_lose_a_row_and_a_column(tmp_path: Path) -> None:
    rig = open_character(write_tree(tmp_path, size=(97, 145))).rig
    assert (rig.width, rig.height) == (96, 144)


def test_drawings_of_another_shape_are_refused_by_name(tmp_path: Path) -> None:
    folder = write_tree(tmp_path)
    Image.new("RGB", (144, 96)).save(endpoint(folder, "happy_soft__center.png"))
    with pytest.raises(CharacterInvalid, match=r"96×144.*happy_soft.*144×96") as caught:
        open_character(folder)
    assert caught.value.details["reason"] == "mixed_sizes"
    assert caught.value.details["drawings"] == ["endpoints/happy_soft__center.png"]


@pytest.mark.parametrize("size", [(32, 48), (4_098, 66)])
def test_sizes_have_limits(tmp_path: Path, size: tuple[int, int]) -> None:
    folder = tmp_path / "frames" / "endpoints"
    folder.mkdir(parents=True)
    Image.new("RGB", size).save(folder / "neutral__center.png")
    with pytest.raises(CharacterInvalid) as caught:
        open_character(tmp_path)
    assert caught.value.details["reason"] == "size"


def test_a_character_without_a_drawing_at_rest_is_none(tmp_path: Path) -> None:
    folder = write_tree(tmp_path)
    endpoint(folder, "neutral__center.png").unlink()
    for way in (folder / FRAMES / "sequences").iterdir():
        if way.name.startswith("neutral"):
            shutil.rmtree(way)
    with pytest.raises(CharacterInvalid) as caught:
        open_character(folder)
    assert caught.value.details["reason"] == "no_rest"


def test_a_folder_without_frames_is_no_character(tmp_path: Path) -> None:
    with pytest.raises(UnknownCharacter):
        open_character(tmp_path)
    with pytest.raises(UnknownCharacter):
        open_character(tmp_path / "nowhere")


def test_far_too_many_files_are_refused_before_they_are_read(tmp_path: Path) -> None:
    folder = write_tree(tmp_path)
    way = sequence(folder, "neutral_to_blink__center")
    for number in range(1_000):
        way.joinpath(f"x{number}").touch()
    many = folder / FRAMES / "sequences"
    source = way / "x0"
    for number in range(listing.ENTRIES_MAX // 1_000):
        (many / f"a_to_b__{number}").mkdir()
        for name in range(1_000):
            os.link(source, many / f"a_to_b__{number}" / f"{name}")
    with pytest.raises(CharacterInvalid) as caught:
        open_character(folder)
    assert caught.value.details["reason"] == "too_many_files"


def test_words_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    folder = write_tree(tmp_path)
    path = folder / "expressions.json"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(CharacterInvalid, match="UTF-8"):
        open_character(folder)
    path.write_bytes(b" " * (listing.TEXT_MAX + 1))
    with pytest.raises(CharacterInvalid, match="too large"):
        open_character(folder)
    path.unlink()
    path.mkdir()
    with pytest.raises(CharacterInvalid, match="cannot be read"):
        read_config(path)


def test_what_is_known_of_a_character_is_written_and_read(tmp_path: Path) -> None:
    character = open_character(write_tree(tmp_path / "bird"))
    from dataclasses import replace

    named = replace(character, name="Robin", key_color=(0, 177, 64))
    write_character(named)
    assert open_character(tmp_path / "bird") == named
    assert json.loads((tmp_path / "bird" / "character.json").read_text()) == {
        "schema": "talkies.character/1",
        "name": "Robin",
        "key_color": "#00b140",
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"schema": "talkies.character/9"}',
        '{"schema": "talkies.character/1", "name": 3}',
        '{"schema": "talkies.character/1", "name": "\\u001b[2J"}',
        '{"schema": "talkies.character/1", "name": "' + "x" * 101 + '"}',
        '{"schema": "talkies.character/1", "key_color": "green"}',
        '{"schema": "talkies.character/1", "key_color": [0, 255, 0]}',
        '{"schema": "talkies.character/1", "key_color": "#808080"}',
        "\xff",
    ],
)
def test_what_is_not_known_so_is_refused(tmp_path: Path, text: str) -> None:
    folder = write_tree(tmp_path)
    (folder / "character.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(CharacterInvalid) as caught:
        open_character(folder)
    assert caught.value.details["reason"] == "about"


def test_names_that_a_terminal_would_obey_are_not_shown_as_they_are(tmp_path: Path) -> None:
    folder = write_tree(tmp_path, percents=[50])
    face().save(endpoint(folder, "\x1b[2J__center.png"))
    (warning,) = look_at(folder).warnings
    assert "\x1b" not in warning
    assert warning.isprintable()
