"""A multipart body on its way to the disk: text fields in memory, files in a private folder."""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO, Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from talkies.errors import InvalidRequest, MalformedBody, MediaTooLarge
from talkies.kit.files import reporting_full_disk

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

#: More than any route has names for.
MAX_PARTS: Final = 64

#: Longest name of a field, in bytes.
MAX_NAME: Final = 200

#: Characters of a file's name that are kept; what the table of assets holds.
MAX_FILENAME: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadedFile:
    """One file that was received; it is gone when the request is answered."""

    #: In the private folder, under a name of ours.
    path: Path
    #: What the client calls it: its last part alone, for display.
    filename: str
    #: What the client says it is. Nobody believes it.
    content_type: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What a multipart body held."""

    #: Every value that a name was given, in order.
    texts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    files: Mapping[str, UploadedFile] = field(default_factory=dict)

    def text(self, name: str) -> str | None:
        """The one value of a field; None where it is absent or blank.

        Raises `InvalidRequest` where it was given twice.
        """
        values = self.texts.get(name, ())
        if len(values) > 1:
            raise InvalidRequest(f"`{name}` was given {len(values)} times.")
        return values[0] if values and values[0] else None


@dataclass(frozen=True, slots=True, kw_only=True)
class FormLimits:
    """How much a form may hold."""

    #: Bytes of one file.
    file_bytes: int
    #: Bytes of all text fields together.
    text_bytes: int


@dataclass(slots=True)
class _Part:
    """The part that is arriving."""

    header: bytearray = field(default_factory=bytearray)
    value: bytearray = field(default_factory=bytearray)
    disposition: str = ""
    content_type: str = ""
    name: str = ""
    text: bytearray = field(default_factory=bytearray)
    #: None for a text field.
    filename: str | None = None
    path: Path | None = None
    file: BinaryIO | None = None
    size: int = 0
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)


class FormReader:
    """Takes a multipart body piece by piece. It blocks: give it pieces from a thread.

    `write` and `finish` raise `MalformedBody`, `MediaTooLarge` and `DiskFull`; `close` leaves no
    file open. The files stay in the folder, which is the caller's to remove.
    """

    def __init__(self, boundary: bytes, folder: Path, limits: FormLimits) -> None:
        self._folder, self._limits = folder, limits
        self._texts: dict[str, tuple[str, ...]] = {}
        self._files: dict[str, UploadedFile] = {}
        self._part = _Part()
        self._parts = self._text_bytes = 0
        self._ended = False
        callbacks: MultipartCallbacks = {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._part.header.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._part.value.extend(data[start:end]),
            "on_header_end": self._end_header,
            "on_headers_finished": self._open,
            "on_part_data": self._take,
            "on_part_end": self._finish_part,
            "on_end": self._end,
        }
        try:
            self._parser = MultipartParser(boundary, callbacks)
        except FormParserError as error:
            raise MalformedBody("The boundary of the form cannot be used.") from error

    def write(self, data: bytes) -> None:
        try:
            with reporting_full_disk(self._folder):
                self._parser.write(data)
        except FormParserError as error:
            raise MalformedBody("The multipart body cannot be read.") from error

    def finish(self) -> Form:
        """The form, when every piece was written."""
        if not self._ended:
            raise MalformedBody("The multipart body ends before its closing boundary.")
        return Form(texts=self._texts, files=self._files)

    def close(self) -> None:
        if self._part.file is not None:
            with suppress(OSError):
                self._part.file.close()

    def _begin(self) -> None:
        self._part = _Part()
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise MalformedBody(f"The form has more than {MAX_PARTS} parts.")

    def _end_header(self) -> None:
        name = bytes(self._part.header).strip().lower()
        value = bytes(self._part.value).decode("utf-8", "replace").strip()
        if name == b"content-disposition":
            self._part.disposition = value
        elif name == b"content-type":
            self._part.content_type = value
        self._part.header.clear()
        self._part.value.clear()

    def _open(self) -> None:
        """All headers of a part are known: make ready for its bytes."""
        part = self._part
        options = _options(part.disposition)
        part.name, part.filename = options.get("name", ""), options.get("filename")
        if not 0 < len(part.name.encode()) <= MAX_NAME or not part.name.isprintable():
            raise MalformedBody("A part of the form has no usable name.")
        if part.filename is not None:
            part.path = self._folder / f"part-{self._parts}"
            part.file = part.path.open("xb")

    def _take(self, data: bytes, start: int, end: int) -> None:
        piece, part = memoryview(data)[start:end], self._part
        if part.file is None:
            self._text_bytes += len(piece)
            if self._text_bytes > self._limits.text_bytes:
                raise _too_large("The text of the form", self._limits.text_bytes)
            part.text.extend(piece)
            return
        part.size += len(piece)
        if part.size > self._limits.file_bytes:
            raise _too_large(f"`{part.name}`", self._limits.file_bytes)
        part.digest.update(piece)
        part.file.write(piece)

    def _finish_part(self) -> None:
        part = self._part
        if part.file is None or part.path is None:
            self._texts[part.name] = (*self._texts.get(part.name, ()), _decoded(part))
            return
        part.file.close()
        if not part.size and not part.filename:
            # A file input that the user left empty.
            return
        if part.name in self._files:
            raise InvalidRequest(f"`{part.name}` was given as more than one file.")
        self._files[part.name] = UploadedFile(
            path=part.path,
            filename=display_name(part.filename or ""),
            content_type=part.content_type,
            bytes=part.size,
            sha256=part.digest.hexdigest(),
        )

    def _end(self) -> None:
        self._ended = True


def _options(disposition: str) -> dict[str, str]:
    """The parameters of a part's Content-Disposition; browsers write them in UTF-8."""
    # The parser of the library maps text to bytes by Latin-1.
    raw = disposition.encode().decode("latin-1")
    _, options = parse_options_header(raw)
    return {
        key.decode("latin-1"): value.decode("utf-8", "replace") for key, value in options.items()
    }


def display_name(filename: str) -> str:
    """The last part of a client's path, without what could hide or harm when it is shown."""
    last = PurePosixPath(filename.replace("\\", "/")).name
    return "".join(mark for mark in last if mark.isprintable())[:MAX_FILENAME]


def _decoded(part: _Part) -> str:
    try:
        return part.text.decode()
    except UnicodeDecodeError as error:
        raise MalformedBody(f"`{part.name}` is not UTF-8.") from error


def _too_large(what: str, limit: int) -> MediaTooLarge:
    return MediaTooLarge(f"{what} is larger than {limit:,} bytes.", details={"max_bytes": limit})
