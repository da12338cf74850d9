import hashlib
import io
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from talkies.errors import FontMissing
from talkies.media.fontbook import (
    BUNDLED,
    SYSTEM_FOLDERS,
    FontBook,
    FontFace,
    packaged_fonts,
    read_coverage,
    system_folders,
)


def font_with(*ranges: tuple[int, int]) -> bytes:
    """An OpenType file with nothing but a character map of format 12."""
    groups = b"".join(struct.pack(">III", first, last, 1) for first, last in ranges)
    table = struct.pack(">HHIII", 12, 0, 16 + len(groups), 0, len(ranges)) + groups
    cmap = struct.pack(">HHHHI", 0, 1, 3, 10, 12) + table
    head = struct.pack(">4sHHHH", b"\0\1\0\0", 1, 0, 0, 0)
    return head + struct.pack(">4sIII", b"cmap", 0, 28, len(cmap)) + cmap


def test_the_bundled_font_is_the_one_described() -> None:
    described = (BUNDLED.parent / "README.md").read_text()
    assert hashlib.sha256(BUNDLED.read_bytes()).hexdigest() in described
    assert "SIL Open Font License" in (BUNDLED.parent / "OFL.txt").read_text()


def test_the_bundled_font_covers_its_scripts() -> None:
    with BUNDLED.open("rb") as file:
        have = read_coverage(file)
    for text in ("Aßéőșıằ–“”…€", "Ґїжё", "Άώ", "چگہیء؟", "क्षत्रिय।"):
        assert {ord(mark) for mark in text} <= have


def test_a_font_of_the_system_is_found_for_what_the_bundled_one_lacks(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    thai = tmp_path / "deep" / "NotoSansThai-Regular.ttf"
    thai.write_bytes(font_with((0x20, 0x7E), (0xE00, 0xE7F)))
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    (tmp_path / "short.otf").write_bytes(b"OTTO")
    book = FontBook(folders=[tmp_path], modules=())
    assert book.face_for("สวัสดี abc") == FontFace(thai)
    assert book.face_for("abc") == FontFace(BUNDLED)
    with pytest.raises(FontMissing):
        book.face_for("ሰላም")


def test_plain_styles_come_before_others(tmp_path: Path) -> None:
    for name in ("NotoSerifThai-Regular", "Some", "NotoSansThai-Bold", "NotoSansThai-Regular"):
        (tmp_path / f"{name}.ttf").write_bytes(font_with((0xE00, 0xE7F)))
    assert (
        FontBook(folders=[tmp_path], modules=()).face_for("ส").path.stem == "NotoSansThai-Regular"
    )


@pytest.mark.parametrize(("text", "index"), [("こん日", 0), ("안녕", 1), ("你好", 2)])
def test_the_face_of_a_collection_suits_the_language(tmp_path: Path, text: str, index: int) -> None:
    collection = struct.pack(">4sIII", b"ttcf", 0x10000, 1, 16)
    face = bytearray(font_with((0x3000, 0xFFEF)))
    struct.pack_into(">I", face, 20, 28 + len(collection))
    path = tmp_path / "NotoSansCJK-Regular.ttc"
    path.write_bytes(collection + face)
    assert FontBook(folders=[tmp_path], modules=()).face_for(text) == FontFace(path, index)


def test_symbols_and_joiners_are_not_needed_and_those_missing_are_left_out() -> None:
    book = FontBook(folders=(), modules=())
    face = book.face_for("Hi \U0001f600\ufe0f\u200d there")
    assert book.writable("Hi \U0001f600 there", face) == "Hi there"


def test_what_is_no_font_is_refused() -> None:
    with pytest.raises(ValueError, match="not an OpenType"):
        read_coverage(io.BytesIO(bytes(40)))
    empty = struct.pack(">4sHHHH", b"OTTO", 0, 0, 0, 0) + bytes(8)
    with pytest.raises(ValueError, match="without a character map"):
        read_coverage(io.BytesIO(empty))


def test_fonts_of_installed_packages_are_found() -> None:
    found = packaged_fonts(["no_such_package", "talkies.media.fonts"])
    assert list(found) == [BUNDLED]


def test_the_fonts_of_this_system_are_looked_at() -> None:
    assert FontBook().face_for("abc") == FontFace(BUNDLED)
    assert set(system_folders()) >= set(SYSTEM_FOLDERS)


def test_a_user_without_a_home_has_the_fonts_of_the_system() -> None:
    # `pwd` knows nobody here, as in a container that runs under a number of its own.
    code = (
        "import sys; sys.modules['pwd'] = None\n"
        "from talkies.media.fontbook import SYSTEM_FOLDERS, system_folders\n"
        "assert system_folders() == SYSTEM_FOLDERS"
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", code], env={}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_user_with_a_home_has_fonts_there(tmp_path: Path) -> None:
    code = "from talkies.media.fontbook import system_folders; print(system_folders()[-1])"
    done = subprocess.run(
        [sys.executable, "-B", "-c", code],
        env={"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == str(tmp_path / "Library" / "Fonts")
