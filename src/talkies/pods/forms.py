"""Multipart bodies (RFC 7578) that are read from disk while they are sent."""

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

#: Bytes that are read and sent at once.
PIECE: Final = 1 << 18


@dataclass(frozen=True, slots=True)
class FormFile:
    """One file of a form, with a name of ours: nobody else's goes over the wire."""

    path: Path
    filename: str
    content_type: str


class Form:
    """A form with a known length."""

    def __init__(self, texts: Mapping[str, str], files: Mapping[str, FormFile]) -> None:
        self._boundary = secrets.token_hex(16)
        heads = [self._text(name, text) for name, text in texts.items()]
        self._texts = b"".join(heads)
        self._files = [(self._head(name, file), file.path) for name, file in files.items()]
        self._end = f"--{self._boundary}--\r\n".encode()

    @property
    def headers(self) -> dict[str, str]:
        return {
            "content-type": f"multipart/form-data; boundary={self._boundary}",
            "content-length": str(self.length),
        }

    @property
    def length(self) -> int:
        """Bytes of the whole body."""
        files = sum(len(head) + path.stat().st_size + 2 for head, path in self._files)
        return len(self._texts) + files + len(self._end)

    def pieces(self) -> Iterator[bytes]:
        """The body."""
        yield self._texts
        for head, path in self._files:
            yield head
            with path.open("rb") as file:
                while piece := file.read(PIECE):
                    yield piece
            yield b"\r\n"
        yield self._end

    def _text(self, name: str, text: str) -> bytes:
        head = f'--{self._boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
        return f"{head}{text}\r\n".encode()

    def _head(self, name: str, file: FormFile) -> bytes:
        return (
            f"--{self._boundary}\r\n"
            f'Content-Disposition: form-data; name="{name}"; filename="{file.filename}"\r\n'
            f"Content-Type: {file.content_type}\r\n\r\n"
        ).encode()
