"""Reading a user's text files: transcripts and scripts."""

import codecs
from pathlib import Path

from talkies.errors import FileMissing, InvalidInput, MediaTooLarge, UnsupportedMedia

#: Bytes: over a day of speech, and nothing that would be slow to look at.
LONGEST_TEXT = 2_000_000

#: Byte order marks, and the encodings that they announce.
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_text(path: Path) -> str:
    """The text of a file in UTF-8, or in UTF-16 with its mark.

    Raises:
        FileMissing: there is no such file, or it may not be read.
        MediaTooLarge: it has more than `LONGEST_TEXT` bytes.
        UnsupportedMedia: it holds something other than text.
    """
    return decode_text(_read(path), str(path))


def _read(path: Path) -> bytes:
    """The bytes of a file, or one more than it may have."""
    try:
        if path.is_dir():
            raise FileMissing(f"{path} is a folder.", hint="Give the path of a file.")
        with path.open("rb") as file:
            return file.read(LONGEST_TEXT + 1)
    except (OSError, ValueError) as error:  # a name with a NUL is a ValueError
        reason = getattr(error, "strerror", None) or str(error)
        raise FileMissing(
            f"{path} cannot be read: {reason}.", details={"path": str(path)}
        ) from None


def decode_text(data: bytes, name: str) -> str:
    """The text in at most `LONGEST_TEXT` bytes that came from `name`."""
    if len(data) > LONGEST_TEXT:
        raise MediaTooLarge(
            f"{name} is longer than {LONGEST_TEXT:,} bytes.", hint="Split it into parts."
        )
    encoding = next((name for mark, name in MARKS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise UnsupportedMedia(
            f"{name} is not a text file in UTF-8.", hint="Save it as plain text in UTF-8."
        )
    return text


def require_words(text: str, name: str) -> str:
    """The text without the space around it, which has to hold a letter or a digit."""
    if not any(character.isalnum() for character in text):
        raise InvalidInput(f"The {name} is empty.", hint="Write at least one word.")
    return text.strip()
