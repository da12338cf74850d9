import stat
import zipfile
from pathlib import Path

import pytest
from small_character import small_character
from workshop_stage import local

from talkies.errors import ArchiveUnsafe, CharacterInvalid, StorageFailure
from talkies.rigs.tree.opening import open_character
from talkies.studio.characters.archive import BundleArchive
from talkies.studio.characters.bundle import CONTENTS, unpack_bundle, write_bundle
from talkies.studio.characters.contents import contents_of


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_character(tmp_path_factory.mktemp("made") / "robin").folder


def bundle_of(folder: Path, path: Path) -> Path:
    write_bundle(folder, path, contents_of(open_character(folder)))
    return path


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_character_comes_out_of_its_bundle_as_it_went_in(folder: Path, tmp_path: Path) -> None:
    unpack_bundle(bundle_of(folder, tmp_path / "b.zip"), tmp_path / "back")
    back = files_of(tmp_path / "back")
    assert CONTENTS in back
    assert {name: each for name, each in back.items() if name != CONTENTS} == files_of(folder)
    assert open_character(tmp_path / "back").rig == open_character(folder).rig


def test_the_same_character_has_the_same_bundle(folder: Path, tmp_path: Path) -> None:
    first = bundle_of(folder, tmp_path / "a.zip").read_bytes()
    unpack_bundle(tmp_path / "a.zip", tmp_path / "robin")
    assert bundle_of(tmp_path / "robin", tmp_path / "b.zip").read_bytes() == first


def test_packs_links_and_hidden_files_stay_behind(folder: Path, tmp_path: Path) -> None:
    unpack_bundle(bundle_of(folder, tmp_path / "a.zip"), tmp_path / "robin")
    robin = tmp_path / "robin"
    (robin / "frames.pack").write_bytes(b"planes")
    (robin / ".lock").write_bytes(b"")
    (robin / ".git").mkdir()
    (robin / ".git" / "config").write_bytes(b"secret")
    (robin / "frames" / "passwd").symlink_to("/etc/passwd")
    names = zipfile.ZipFile(bundle_of(robin, tmp_path / "b.zip")).namelist()
    assert not [name for name in names if "pack" in name or name[0] == "." or "passwd" in name]


def test_a_writer_hears_how_far_it_is(folder: Path, tmp_path: Path) -> None:
    heard: list[tuple[int, int]] = []
    write_bundle(folder, tmp_path / "b.zip", {}, lambda done, total: heard.append((done, total)))
    count = len(files_of(folder))
    assert heard == [(index + 1, count) for index in range(count)]


def zipped(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize("name", ["../out", "/etc/out", "a/../../out", "a\\..\\out"])
def test_nothing_lands_elsewhere(tmp_path: Path, name: str) -> None:
    path = zipped(tmp_path / "b.zip", **{name: b"x"})
    with pytest.raises(ArchiveUnsafe):
        unpack_bundle(path, tmp_path / "in")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["b.zip", "in"]


def test_links_and_packed_members_are_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("frames")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "link.zip", "w") as archive:
        archive.writestr(link, "/etc")
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(1_000_000))
    for name in ("link", "bomb"):
        with pytest.raises(ArchiveUnsafe):
            unpack_bundle(tmp_path / f"{name}.zip", tmp_path / name)


def test_what_is_no_bundle_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "b.zip").write_bytes(b"PK\x03\x04 and nothing")
    with pytest.raises(CharacterInvalid) as caught:
        unpack_bundle(tmp_path / "b.zip", tmp_path / "in")
    assert caught.value.details["reason"] == "bundle"


def test_a_drawing_is_read_where_the_bundle_lies(folder: Path, tmp_path: Path) -> None:
    storage = local(tmp_path)
    path = bundle_of(folder, tmp_path / "b.zip")
    storage.put("inputs/b", path, content_type="application/zip")
    archive = BundleArchive(storage, "inputs/b", path.stat().st_size)
    for name, content in files_of(folder).items():
        assert archive.read(name) == content
    assert archive.read("frames/none.png") is None
    assert archive.contents["facts"]["width"] == 96


def test_damage_is_noticed(folder: Path, tmp_path: Path) -> None:
    storage = local(tmp_path)
    path = bundle_of(folder, tmp_path / "b.zip")
    archive = zipfile.ZipFile(path)
    member = archive.getinfo("frames/endpoints/neutral__center.png")
    content = bytearray(path.read_bytes())
    content[member.header_offset + 120] ^= 1
    path.write_bytes(content)
    storage.put("inputs/b", path, content_type="application/zip")
    read = BundleArchive(storage, "inputs/b", len(content))
    with pytest.raises(StorageFailure):
        read.read(member.filename)
    path.write_bytes(b"no zip at all" * 100)
    storage.put("inputs/c", path, content_type="application/zip")
    with pytest.raises(StorageFailure):
        BundleArchive(storage, "inputs/c", path.stat().st_size)
