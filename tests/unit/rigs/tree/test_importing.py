"""Somebody's frames become a character, whole or not at all."""

import io
import json
import os
import stat
import struct
import threading
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from seed_tree import DEPTH_3, face, write_tree

from talkies.core.rig.model import State
from talkies.core.rig.standard import STANDARD
from talkies.errors import (
    ArchiveUnsafe,
    Canceled,
    CharacterInvalid,
    Conflict,
    CorruptMedia,
    FileMissing,
    OutputUnwritable,
    TalkiesError,
    UnsupportedMedia,
)
from talkies.rigs.character import FRAMES
from talkies.rigs.pack.opening import open_pack
from talkies.rigs.tree import archive as archives
from talkies.rigs.tree import importing
from talkies.rigs.tree.importing import Imported, ImportOptions, ImportProgress, ImportStage
from talkies.rigs.tree.opening import open_character

#: What an import adds.
MADE = {"character.json", "frames.pack", "contact-sheet.jpg"}


def import_tree(
    source: Path,
    folder: Path,
    options: ImportOptions | None = None,
    progress: ImportProgress = importing.ignore,
) -> Imported:
    """An import by one child: more would wait for each other's start."""
    return importing.import_tree(
        source, folder, replace(options or ImportOptions(), workers=1), progress
    )


def files_of(folder: Path) -> dict[str, bytes]:
    every = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in every}


def zipped(path: Path, files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as file:
        for name, data in files.items():
            file.writestr(name, data)
    return path


def zip_of(path: Path, entries: Iterable[tuple[zipfile.ZipInfo, bytes]]) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for info, data in entries:
            file.writestr(info, data)
    return path


def refused(
    source: Path, folder: Path, kind: type[TalkiesError], **options: object
) -> TalkiesError:
    """The error of an import that leaves nothing behind."""
    before = sorted(folder.parent.iterdir())
    with pytest.raises(kind) as caught:
        import_tree(source, folder, ImportOptions(**options))  # type: ignore[arg-type]
    assert sorted(folder.parent.iterdir()) == before
    return caught.value


def test_a_tree_of_another_program_comes_over_byte_by_byte(tmp_path: Path) -> None:
    poses = ["center", "tilt_left_small"]
    source = write_tree(tmp_path / "theirs", poses=poses, percents=DEPTH_3)
    imported = import_tree(source, tmp_path / "robin")
    theirs, ours = files_of(source), files_of(tmp_path / "robin")
    assert {name: ours[name] for name in theirs} == theirs
    assert set(ours) - set(theirs) == MADE
    assert imported.character == open_character(tmp_path / "robin")
    assert imported.character.name == "robin"
    assert imported.report.warnings == ()
    # And what was imported can be imported.
    again = import_tree(tmp_path / "robin", tmp_path / "twin")
    assert {
        name: data for name, data in files_of(tmp_path / "twin").items() if name in theirs
    } == theirs
    assert again.character.key_color == imported.character.key_color == (0, 255, 0)


def test_a_zip_with_a_folder_around_it_and_a_macs_leftovers_is_the_same(tmp_path: Path) -> None:
    source = write_tree(tmp_path / "theirs")
    files = {f"my bird/{name}": data for name, data in files_of(source).items()}
    files |= {
        "__MACOSX/my bird/frames/endpoints/._neutral__center.png": b"x",
        "my bird/.DS_Store": b"x",
        "my bird/readme.txt": b"hello",
        "my bird/frames/endpoints/notes.psd": b"x",
        "my bird/frames/sequences/neutral_to_blink__center/050.png.bak": b"x",
    }
    stages = []
    imported = import_tree(
        zipped(tmp_path / "bird.zip", files),
        tmp_path / "robin",
        progress=lambda stage, done, total: stages.append((stage, done, total)),
    )
    ours = files_of(tmp_path / "robin")
    theirs = files_of(source)
    assert {name: ours[name] for name in theirs} == theirs
    assert set(ours) - set(theirs) == MADE
    assert imported.report.warnings == ()
    assert [stage for stage, *_ in stages] == sorted(
        (stage for stage, *_ in stages), key=list(ImportStage).index
    )
    for stage in ImportStage:
        counts = [(done, total) for each, done, total in stages if each is stage]
        assert counts == sorted(counts)
        assert counts[-1][0] == counts[-1][1] > 0


def test_the_folder_of_frames_alone_will_do(tmp_path: Path) -> None:
    source = write_tree(
        tmp_path / "theirs", legacy=True, manifests=False, suffix="webp", ground=None
    )
    imported = import_tree(source / FRAMES, tmp_path / "robin")
    ours = files_of(tmp_path / "robin")
    # In the places that the seed has now, with the words found above.
    assert "frames/sequences/neutral_to_blink__center/050.webp" in ours
    assert "frames/sequences/neutral_to_blink__center/manifest.json" not in ours
    assert "frames/endpoints/neutral__center.webp" in ours
    assert ours["expressions.json"] == (source / "expressions.json").read_bytes()
    assert imported.character.key_color is None
    assert open_pack(imported.character).transparent


def test_words_name_and_key_can_be_given(tmp_path: Path) -> None:
    source = write_tree(tmp_path / "theirs", ground=(40, 60, 200))
    options = ImportOptions(name="Robin", config=STANDARD, key_color=(40, 60, 200))
    character = import_tree(source, tmp_path / "bird", options).character
    assert character.name == "Robin"
    assert character.rig.config == STANDARD
    assert character.key_color == (40, 60, 200)
    assert open_character(tmp_path / "bird") == character


@pytest.mark.parametrize(
    ("ground", "key"),
    [((0, 200, 60), (0, 200, 60)), ((240, 238, 230), None), (None, None)],
)
def test_the_key_is_found_in_the_corners(
    tmp_path: Path, ground: tuple[int, int, int] | None, key: tuple[int, int, int] | None
) -> None:
    source = write_tree(tmp_path / "theirs", ground=ground, percents=[50])
    imported = import_tree(source, tmp_path / "robin")
    assert imported.character.key_color == key
    assert open_pack(imported.character).transparent == (key is not None or ground is None)


def test_without_a_key_nothing_becomes_transparent(tmp_path: Path) -> None:
    source = write_tree(tmp_path / "theirs", percents=[50])
    imported = import_tree(source, tmp_path / "robin", ImportOptions(key_color=None))
    assert not open_pack(imported.character).transparent


def test_a_lying_manifest_is_written_anew(tmp_path: Path) -> None:
    source = write_tree(tmp_path / "theirs")
    way = source / FRAMES / "sequences" / "neutral_to_blink__center"
    (way / "025.png").unlink()
    imported = import_tree(source, tmp_path / "robin")
    ours = tmp_path / "robin" / FRAMES / "sequences" / way.name / "manifest.json"
    frames = json.loads(ours.read_text())["frames"]
    assert [frame["file"] for frame in frames] == ["000.png", "050.png", "075.png", "100.png"]
    assert "not there" in imported.report.warnings[0]
    assert import_tree(tmp_path / "robin", tmp_path / "twin").report.warnings == ()


def test_damaged_drawings_are_left_out_and_told_of(tmp_path: Path) -> None:
    source = write_tree(tmp_path / "theirs", percents=DEPTH_3)
    way = source / FRAMES / "sequences" / "neutral_to_blink__center"
    cut = way / "050.png"
    cut.write_bytes(cut.read_bytes()[:300])
    imported = import_tree(source, tmp_path / "robin")
    stops = {way.id: way.stops for way in imported.character.rig.sequences}
    percents = [stop.percent for stop in stops["neutral_to_blink__center"]]
    assert percents == [0, 12, 25, 38, 62, 75, 88, 100]
    assert imported.report.warnings[-1].endswith("damaged, left out.")
    assert not (tmp_path / "robin/frames/sequences/neutral_to_blink__center/050.png").exists()
    open_pack(imported.character)
    assert import_tree(tmp_path / "robin", tmp_path / "twin").report.warnings == ()


def test_a_damaged_drawing_at_rest_is_made_up_for_by_a_sequence(tmp_path: Path) -> None:
    source = write_tree(tmp_path / "theirs")
    rest = source / FRAMES / "endpoints" / "neutral__center.png"
    # Its first bytes say a size, the rest is missing.
    rest.write_bytes(rest.read_bytes()[:200])
    imported = import_tree(source, tmp_path / "robin")
    # The key is found in another drawing.
    assert imported.character.key_color == (0, 255, 0)
    assert imported.character.rig.endpoints[State("neutral")].endswith("/000.png")


def test_a_damaged_drawing_at_rest_that_nothing_makes_up_for_is_named(tmp_path: Path) -> None:
    rest = tmp_path / "theirs/endpoints/neutral__center.png"
    rest.parent.mkdir(parents=True)
    face().save(rest)
    rest.write_bytes(rest.read_bytes()[:200])
    with pytest.raises(
        CharacterInvalid, match=r"^endpoints/neutral__center\.png: damaged"
    ) as caught:
        import_tree(tmp_path / "theirs", tmp_path / "robin")
    assert caught.value.details["reason"] == "broken_drawings"
    assert [path.name for path in tmp_path.iterdir()] == ["theirs"]


def test_a_zip_without_a_drawing_at_rest_is_refused_without_words_of_our_folders(
    tmp_path: Path,
) -> None:
    with zipfile.ZipFile(tmp_path / "frames.zip", "w") as archive, io.BytesIO() as drawing:
        face().save(drawing, "PNG")
        archive.writestr("frames/endpoints/happy_soft__center.png", drawing.getvalue())
    with pytest.raises(CharacterInvalid) as caught:
        import_tree(tmp_path / "frames.zip", tmp_path / "robin")
    assert caught.value.details["reason"] == "no_rest"
    assert str(tmp_path) not in caught.value.message


def test_what_is_there_is_replaced_only_if_that_was_asked_for(tmp_path: Path) -> None:
    source = write_tree(tmp_path / "theirs", percents=[50])
    import_tree(source, tmp_path / "robin")
    (tmp_path / "robin" / "note").write_text("mine")
    assert "--overwrite" in refused(source, tmp_path / "robin", Conflict).hint
    import_tree(source, tmp_path / "robin", ImportOptions(overwrite=True))
    assert not (tmp_path / "robin" / "note").exists()


@pytest.mark.parametrize("stage", list(ImportStage))
def test_a_stop_at_any_step_leaves_nothing_behind(tmp_path: Path, stage: ImportStage) -> None:
    source = zipped(tmp_path / "a.zip", files_of(write_tree(tmp_path / "theirs", percents=[50])))
    before = set(tmp_path.iterdir())

    def stop(at: ImportStage, done: int, _total: int) -> None:
        if at is stage and done:
            raise Canceled

    with pytest.raises(Canceled):
        import_tree(source, tmp_path / "robin", progress=stop)
    assert set(tmp_path.iterdir()) == before


def test_folders_that_were_made_for_a_failed_import_go_again(tmp_path: Path) -> None:
    target = tmp_path / "ours/characters/robin"
    (tmp_path / "bad.zip").write_bytes(b"PK no zip")
    for source, kind in (
        (tmp_path / "nowhere", FileMissing),
        (tmp_path / "bad.zip", UnsupportedMedia),
    ):
        with pytest.raises(kind):
            import_tree(source, target)
        assert not (tmp_path / "ours").exists()
    import_tree(write_tree(tmp_path / "theirs", percents=[50]), target)
    assert [path.name for path in target.parent.iterdir()] == ["robin"]


def test_a_killed_imports_leftovers_go_with_the_next_one(tmp_path: Path) -> None:
    left = tmp_path / "talkies-private-gone"
    left.mkdir(mode=0o700)
    (left / "drawing.png").write_bytes(b"x")
    os.utime(left, (0, 0))
    import_tree(write_tree(tmp_path / "theirs", percents=[50]), tmp_path / "robin")
    assert not left.exists()


def test_sources_that_are_none_are_refused(tmp_path: Path) -> None:
    target = tmp_path / "robin"
    refused(tmp_path / "nowhere", target, FileMissing)
    (tmp_path / "empty").mkdir()
    assert refused(tmp_path / "empty", target, CharacterInvalid).details["reason"] == "no_frames"
    for name, data in {"a.txt": b"hello", "a.tar.gz": b"\x1f\x8b\x08rest", "a": b""}.items():
        (tmp_path / name).write_bytes(data)
        refused(tmp_path / name, target, UnsupportedMedia)
    error = refused(zipped(tmp_path / "none.zip", {"a.txt": b"x"}), target, CharacterInvalid)
    assert "none.zip" in error.message
    refused(tmp_path / ("x" * 300), target, FileMissing)
    refused(zipped(tmp_path / "nothing.zip", {}), target, CharacterInvalid)


def test_a_place_that_takes_nothing_is_told_of(tmp_path: Path) -> None:
    source = write_tree(tmp_path / "theirs", percents=[50])
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputUnwritable):
        import_tree(source, tmp_path / "file" / "robin")


def test_names_that_differ_in_case_only_are_refused(tmp_path: Path) -> None:
    source = write_tree(tmp_path / "theirs", percents=[50])
    words = json.loads((source / "expressions.json").read_text())
    words["expressions"]["Neutral"] = words["expressions"]["neutral"]
    (source / "expressions.json").write_text(json.dumps(words))
    face().save(source / FRAMES / "endpoints" / "Neutral__center.png")
    error = refused(source, tmp_path / "robin", CharacterInvalid)
    assert error.details["reason"] == "case_clash"


def entry(name: str, mode: int = stat.S_IFREG | 0o644) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


@pytest.mark.parametrize(
    ("name", "mode", "reason"),
    [
        ("../neutral__center.png", stat.S_IFREG, "path"),
        ("frames/../../x.png", stat.S_IFREG, "path"),
        ("/tmp/x.png", stat.S_IFREG, "path"),
        ("C:/x.png", stat.S_IFREG, "path"),
        ("frames\\..\\x.png", stat.S_IFREG, "path"),
        ("a/" * 20 + "x.png", stat.S_IFREG, "path"),
        ("a" * 500 + ".png", stat.S_IFREG, "path"),
        ("frames/" + "a" * 300 + ".png", stat.S_IFREG, "path"),
        ("frames/" + "ä" * 150 + ".png", stat.S_IFREG, "path"),
        ("frames/endpoints/neutral__center.png", stat.S_IFLNK | 0o777, "link"),
        ("frames", stat.S_IFLNK | 0o777, "link"),
        ("frames/pipe", stat.S_IFIFO, "link"),
    ],
)
def test_paths_that_lead_out_and_links_are_refused(
    tmp_path: Path, name: str, mode: int, reason: str
) -> None:
    good = files_of(write_tree(tmp_path / "theirs", percents=[50]))
    entries = [(entry(path), data) for path, data in good.items() if path != name]
    source = zip_of(tmp_path / "bad.zip", [*entries, (entry(name, mode), b"../../../etc/passwd")])
    error = refused(source, tmp_path / "robin", ArchiveUnsafe)
    assert error.details["reason"] == reason
    assert not (tmp_path / "x.png").exists()


def test_a_path_with_a_nul_is_refused(tmp_path: Path) -> None:
    source = zipped(tmp_path / "bad.zip", {"frames/x~y.png": b"x"})
    source.write_bytes(source.read_bytes().replace(b"x~y", b"x\0y"))
    assert refused(source, tmp_path / "robin", ArchiveUnsafe).details["reason"] == "path"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_one_name_twice_is_refused(tmp_path: Path) -> None:
    one = ("frames/endpoints/neutral__center.png", b"x")
    source = zip_of(tmp_path / "bad.zip", [(entry(one[0]), one[1])] * 2)
    assert refused(source, tmp_path / "robin", ArchiveUnsafe).details["reason"] == "twice"


def test_a_file_and_a_folder_of_one_name_are_refused(tmp_path: Path) -> None:
    source = zipped(tmp_path / "bad.zip", {"frames/a.png": b"x", "frames/a.png/b.png": b"x"})
    assert refused(source, tmp_path / "robin", ArchiveUnsafe).details["reason"] == "twice"


def test_unusual_and_encrypted_entries_are_refused(tmp_path: Path) -> None:
    target = tmp_path / "robin"
    odd = zipped(tmp_path / "odd.zip", {"frames/a.png": b"x"}, zipfile.ZIP_LZMA)
    assert refused(odd, target, ArchiveUnsafe).details["reason"] == "method"
    secret = zipped(tmp_path / "secret.zip", {"frames/a.png": b"x"})
    data = bytearray(secret.read_bytes())
    data[data.rfind(b"PK\x01\x02") + 8] |= 1
    secret.write_bytes(data)
    assert refused(secret, target, ArchiveUnsafe).details["reason"] == "encrypted"


def test_a_bomb_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    target = tmp_path / "robin"
    flat = bytes(1 << 20)
    one = zipped(tmp_path / "one.zip", {f"frames/{n}.png": flat for n in range(300)})
    assert one.stat().st_size < 1 << 20
    assert refused(one, target, ArchiveUnsafe).details["reason"] == "too_large"
    small = zipped(tmp_path / "small.zip", {"frames/a.png": flat})
    error = refused(small, target, ArchiveUnsafe, most_bytes=1000)
    assert error.details["reason"] == "too_large"
    assert "one character" in error.hint


def test_a_file_far_too_large_is_refused_whatever_the_archive_is(tmp_path: Path) -> None:
    source = zipped(tmp_path / "a.zip", {"frames/manifest.json": bytes(5 << 20)})
    assert refused(source, tmp_path / "robin", ArchiveUnsafe).details["reason"] == "too_large"


def test_an_entry_that_lies_about_its_size_is_damaged(tmp_path: Path) -> None:
    source = zipped(tmp_path / "a.zip", {"frames/a.png": bytes(5 << 20)})
    data = bytearray(source.read_bytes())
    at = data.rfind(b"PK\x01\x02")
    struct.pack_into("<L", data, at + 24, 100)
    source.write_bytes(data)
    refused(source, tmp_path / "robin", CorruptMedia)


def test_far_too_many_entries_are_refused_by_the_archives_end(tmp_path: Path) -> None:
    source = zipped(tmp_path / "a.zip", {"frames/a.png": b"x"})
    data = bytearray(source.read_bytes())
    struct.pack_into("<2H", data, data.rfind(b"PK\x05\x06") + 8, 65_000, 65_000)
    source.write_bytes(data)
    error = refused(source, tmp_path / "robin", ArchiveUnsafe)
    assert error.details["reason"] == "too_many_files"
    assert "65000" in error.message


def test_a_table_that_claims_to_be_huge_is_not_read(tmp_path: Path) -> None:
    source = zipped(tmp_path / "a.zip", {"frames/a.png": b"x"})
    data = bytearray(source.read_bytes())
    struct.pack_into("<L", data, data.rfind(b"PK\x05\x06") + 12, 1 << 30)
    source.write_bytes(data)
    assert refused(source, tmp_path / "robin", ArchiveUnsafe).details["reason"] == "too_many_files"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data[: len(data) // 2],
        lambda data: data[:-30],
        # A name that is said to be UTF-8 and is not.
        lambda data: data.replace("fr\u00e4mes".encode(), b"fr\xff\xffmes"),
        lambda data: data.replace(b"PK\x01\x02", b"PK\x01\x03"),
        lambda data: b"PK\x03\x04" + bytes(100),
        lambda data: data[:60] + bytes(200) + data[260:],
    ],
)
def test_a_damaged_archive_is_told_of(tmp_path: Path, spoil: Callable[[bytes], bytes]) -> None:
    files = files_of(write_tree(tmp_path / "theirs", percents=[50])) | {"främes/a.png": b"x"}
    source = zipped(tmp_path / "a.zip", files)
    source.write_bytes(spoil(source.read_bytes()))
    refused(source, tmp_path / "robin", CorruptMedia)


def test_a_zip64_table_is_looked_at_too(tmp_path: Path) -> None:
    """The record at the end of a large archive says only that another one knows."""
    source = tmp_path / "a.zip"
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    large = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 2**40, 2**40, 2**50, 4)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, 4, 1)
    source.write_bytes(b"PK\x03\x04" + large + locator + end)
    error = refused(source, tmp_path / "robin", ArchiveUnsafe)
    assert error.details["reason"] == "too_many_files"


def test_a_huge_picture_is_refused_by_its_first_bytes(tmp_path: Path) -> None:
    source = write_tree(tmp_path / "theirs", percents=[50])
    for path in (source / FRAMES).rglob("*.png"):
        data = bytearray(path.read_bytes())
        struct.pack_into(">II", data, 16, 60_000, 90_000)
        path.write_bytes(data)
    assert refused(source, tmp_path / "robin", CharacterInvalid).details["reason"] == "size"


def test_a_picture_that_lies_about_its_size_is_left_out(tmp_path: Path) -> None:
    source = write_tree(tmp_path / "theirs")
    way = source / FRAMES / "sequences" / "neutral_to_blink__center"
    noise = np.random.default_rng(1).integers(0, 255, (1000, 1000, 3), np.uint8)
    Image.fromarray(noise).save(way / "050.png", compress_level=0)
    data = bytearray((way / "050.png").read_bytes())
    struct.pack_into(">II", data, 16, 96, 144)
    (way / "050.png").write_bytes(data)
    imported = import_tree(source, tmp_path / "robin")
    assert imported.report.warnings[-1].endswith("damaged, left out.")


def test_two_imports_of_one_name_end_with_one_of_them(tmp_path: Path) -> None:
    source = write_tree(tmp_path / "theirs", percents=[50])
    ended: list[object] = []

    def work() -> None:
        try:
            ended.append(import_tree(source, tmp_path / "robin", ImportOptions()))
        except TalkiesError as error:
            ended.append(error)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    conflicts = [end for end in ended if isinstance(end, TalkiesError)]
    assert len(ended) == 2
    assert all(isinstance(conflict, Conflict) for conflict in conflicts)
    assert len(conflicts) == 1
    open_character(tmp_path / "robin")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["robin", "theirs"]


def test_limits_leave_room_for_the_fullest_character() -> None:
    """10 expressions, 5 poses, 33 drawings each: 5 GB by the seed's own page."""
    assert archives.UNPACKED_MAX > 5e9
    assert archives.ENTRIES_MAX > 21 * 5 * 101 + 100


def test_a_folder_that_cannot_be_read_is_told_of(tmp_path: Path) -> None:
    """A drawing became a link after it was found: it is not followed."""
    source = write_tree(tmp_path / "theirs", percents=[50])
    rest = source / FRAMES / "endpoints" / "neutral__center.png"

    def swap(stage: ImportStage, done: int, _total: int) -> None:
        if stage is ImportStage.COPY and done == 1:
            rest.unlink()
            rest.symlink_to("/etc/passwd")

    with pytest.raises(FileMissing, match="cannot be read"):
        import_tree(source, tmp_path / "robin", progress=swap)
    assert not (tmp_path / "robin").exists()


def test_the_manifest_of_a_damaged_drawing_is_written_anew(tmp_path: Path) -> None:
    source = write_tree(tmp_path / "theirs")
    way = source / FRAMES / "sequences" / "neutral_to_blink__center"
    (way / "manifest.json").write_text("{")
    import_tree(source, tmp_path / "robin")
    ours = tmp_path / "robin" / FRAMES / "sequences" / way.name / "manifest.json"
    assert len(json.loads(ours.read_text())["frames"]) == 5


def test_a_sequence_that_is_there_twice_is_taken_from_its_place_of_today(tmp_path: Path) -> None:
    source = write_tree(tmp_path / "theirs")
    frames = source / FRAMES
    (frames / "neutral_to_blink__center").mkdir()
    face(0.9).save(frames / "neutral_to_blink__center" / "030.png")
    (frames / "sequences" / "neutral_to_happy_soft__tilt_left_small").mkdir()
    imported = import_tree(source, tmp_path / "robin")
    stops = {way.id: way.stops for way in imported.character.rig.sequences}
    assert [stop.percent for stop in stops["neutral_to_blink__center"]] == [0, 25, 50, 75, 100]
    told = "\n".join(imported.report.warnings)
    assert "there twice" in told
    assert "no drawings" in told
