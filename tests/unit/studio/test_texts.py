from pathlib import Path

import pytest

from talkies.errors import FileMissing, InvalidInput, MediaTooLarge, UnsupportedMedia
from talkies.studio.texts import LONGEST_TEXT, decode_text, read_text, require_words


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_marked_encodings_are_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "words.txt"
    mark = "\ufeff" if encoding == "utf-16-le" else ""
    path.write_bytes((mark + "Grüße, 世界").encode(encoding))
    assert read_text(path).lstrip("\ufeff") == "Grüße, 世界"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileMissing, match="nowhere"):
        read_text(tmp_path / "nowhere.txt")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileMissing, match="folder"):
        read_text(tmp_path)


@pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\n\0\0", b"caf\xe9", b"a\0b"])
def test_what_is_no_text_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "words.txt"
    path.write_bytes(data)
    with pytest.raises(UnsupportedMedia, match="words"):
        read_text(path)


def test_an_endless_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_bytes(b"a" * (LONGEST_TEXT + 1))
    with pytest.raises(MediaTooLarge):
        read_text(path)


def test_an_endless_pipe_is_refused() -> None:
    with pytest.raises(MediaTooLarge, match="Standard input"):
        decode_text(b"a" * (LONGEST_TEXT + 1), "Standard input")


def test_a_name_with_a_nul_is_a_missing_file() -> None:
    with pytest.raises(FileMissing):
        read_text(Path("a\0b"))


@pytest.mark.parametrize("text", ["", "  \n", "... !? —", "🙂"])
def test_text_needs_a_word(text: str) -> None:
    with pytest.raises(InvalidInput, match="transcript is empty"):
        require_words(text, "transcript")


def test_space_around_text_goes() -> None:
    assert require_words("  42.\n", "text") == "42."
