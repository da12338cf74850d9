"""A model hub and a place of release files on loopback, which misbehave as a test asks.

It answers the requests that `huggingface_hub` and a plain downloader make of the real one: a
repository's files at a revision with their hashes, and each file by way of a redirect to a "CDN",
which is a second server here. Contents are made as they are sent, so that a file of any size takes
no memory and no disk.
"""

import contextlib
import hashlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any, Self
from urllib.parse import unquote, urlsplit

#: Bytes that are sent at a time.
PIECE = 1 << 20

#: What the made-up contents are made of: no two pieces of it are alike at the same place.
_NOISE = hashlib.shake_128(b"weights").digest(PIECE + 4099)


class Content:
    """So many bytes that look random, made where they are needed."""

    def __init__(self, size: int, seed: int = 0) -> None:
        self.size, self._seed = size, seed

    def piece(self, start: int, length: int) -> bytes:
        """Bytes of one place; at most up to the end of its megabyte, and of the content."""
        number, offset = divmod(start, PIECE)
        shift = (number * 31 + self._seed) % 4099
        block = _NOISE[shift : shift + PIECE]
        end = min(offset + length, PIECE, offset + self.size - start)
        return block[offset:end]

    def pieces(self, start: int = 0) -> Iterator[bytes]:
        while start < self.size:
            piece = self.piece(start, PIECE)
            start += len(piece)
            yield piece

    @property
    def sha256(self) -> str:
        return self._digest(hashlib.sha256())

    @property
    def git_sha1(self) -> str:
        return self._digest(hashlib.sha1(b"blob %d\0" % self.size, usedforsecurity=False))

    def _digest(self, digest: Any) -> str:
        for piece in self.pieces():
            digest.update(piece)
        return digest.hexdigest()


class Text(Content):
    """Bytes as they are given."""

    def __init__(self, content: bytes) -> None:
        super().__init__(len(content))
        self._content = content

    def piece(self, start: int, length: int) -> bytes:
        return self._content[start : start + length]


@dataclass(kw_only=True)
class Trouble:
    """How one answer about a file goes wrong; one is taken for each answer, in order."""

    #: This status in place of the file.
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    #: The connection is cut after so many bytes of the body.
    cut_after: int | None = None
    #: Nothing more is sent after so many bytes, until the server ends.
    stall_after: int | None = None
    #: No more than so many bytes come in a tenth of a second.
    throttle: int | None = None
    #: The first byte is another.
    corrupt: bool = False
    #: A range is not heeded.
    whole: bool = False
    #: `If-Range` is not heeded.
    heedless: bool = False
    #: `Content-Range` says this.
    content_range: str | None = None
    #: The answer does not say how long it is, and ends with the connection.
    unsaid: bool = False
    #: Another entity tag.
    etag: str | None = None
    #: The body is so much longer than it should be.
    longer: int = 0


#: Nothing goes wrong.
FINE = Trouble()


@dataclass(kw_only=True)
class Stored:
    """A file of a repository, or of a release."""

    content: Content
    #: Kept with LFS: it has a SHA-256, and comes by way of the CDN.
    lfs: bool = True
    troubles: list[Trouble] = field(default_factory=list)
    #: Of requests for the first byte only, by which a downloader looks at a file.
    look_troubles: list[Trouble] = field(default_factory=list)
    etag: str = ""
    sha256: str = ""

    def __post_init__(self) -> None:
        self.sha256 = self.sha256 or self.content.sha256
        self.etag = self.etag or f'"{self.sha256}"'


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request that was made."""

    method: str
    path: str
    headers: dict[str, str]
    cdn: bool

    @property
    def range(self) -> str:
        return self.headers.get("range", "")


class HubServer:
    """The hub and its CDN; `url` is what `HF_ENDPOINT` would be."""

    def __init__(self) -> None:
        #: Files by repository, and by revision, which is a commit or a name of one.
        self.commits: dict[tuple[str, str], dict[str, Stored]] = {}
        self.branches: dict[tuple[str, str], str] = {}
        #: Release files by path.
        self.files: dict[str, Stored] = {}
        #: Without it nothing is given.
        self.bearer: str | None = None
        #: The answers to the next requests for a list.
        self.list_troubles: list[Trouble] = []
        #: Names that a list has besides, true or not.
        self.siblings: list[dict[str, Any]] = []
        self.asked: list[Asked] = []
        #: Called at every piece that is sent, with its file's path and the bytes so far.
        self.on_piece: Callable[[str, int], None] = lambda _path, _sent: None
        self.ending = threading.Event()
        self._numbers = count(0xC0FFEE)
        self._servers = [self._server(cdn=False), self._server(cdn=True)]
        self._threads = [
            threading.Thread(target=server.serve_forever, args=(0.02,)) for server in self._servers
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ending.set()
        for server, thread in zip(self._servers, self._threads, strict=True):
            server.shutdown()
            server.server_close()
            thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._servers[0].server_port}"

    @property
    def cdn_url(self) -> str:
        return f"http://127.0.0.1:{self._servers[1].server_port}"

    def add(
        self, repository: str, files: dict[str, Content | Stored], revision: str = "main"
    ) -> str:
        """A commit of a repository, which the revision then is; returns it."""
        commit = f"{next(self._numbers):040x}"
        self.commits[repository, commit] = {
            name: one if isinstance(one, Stored) else Stored(content=one)
            for name, one in files.items()
        }
        self.branches[repository, revision] = commit
        return commit

    def release(self, path: str, stored: Stored) -> str:
        """A file that anybody may have; returns its URL."""
        self.files[path] = stored
        return f"{self.url}/{path}"

    def stored(self, repository: str, name: str, revision: str = "main") -> Stored:
        return self.commits[repository, self.branches[repository, revision]][name]

    def downloads(self, name: str) -> list[Asked]:
        """The requests for the bytes of a file."""
        return [one for one in self.asked if unquote(one.path).endswith(name)]

    def _server(self, *, cdn: bool) -> ThreadingHTTPServer:
        hub = self

        class Handler(_Handler):
            pass

        Handler.hub, Handler.cdn = hub, cdn
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        return server


class _Handler(BaseHTTPRequestHandler):
    hub: HubServer
    cdn: bool
    protocol_version = "HTTP/1.1"

    def handle(self) -> None:
        with contextlib.suppress(OSError):  # whoever asked may leave at any time
            super().handle()

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        headers = {name.lower(): text for name, text in self.headers.items()}
        path = urlsplit(self.path).path
        self.hub.asked.append(
            Asked(method=self.command, path=self.path, headers=headers, cdn=self.cdn)
        )
        parts = path.strip("/").split("/")
        if self.cdn:
            self._send(self._by_hash(parts[-1]), path)
        elif unquote(path.strip("/")) in self.hub.files:
            self._send(self.hub.files[unquote(path.strip("/"))], path)
        elif self.hub.bearer and headers.get("authorization") != f"Bearer {self.hub.bearer}":
            self._json(401, {"error": "Invalid username or password."})
        elif parts[:2] == ["api", "models"]:
            self._list("/".join(parts[2:4]), unquote("/".join(parts[5:])))
        else:
            self._resolve("/".join(parts[:2]), parts[3], unquote("/".join(parts[4:])))

    def _list(self, repository: str, revision: str) -> None:
        trouble = self.hub.list_troubles.pop(0) if self.hub.list_troubles else FINE
        if trouble.status:
            self._json(trouble.status, {"error": "no"}, trouble.headers)
            return
        commit = self.hub.branches.get((repository, revision), revision)
        files = self.hub.commits.get((repository, commit))
        if files is None:
            known = any(name == repository for name, _ in self.hub.commits)
            code = "RevisionNotFound" if known else "RepoNotFound"
            self._json(404, {"error": code}, {"X-Error-Code": code})
            return
        siblings = [_sibling(name, one) for name, one in files.items()]
        document = {
            "id": repository,
            "sha": commit,
            "private": False,
            "downloads": 0,
            "likes": 0,
            "tags": [],
            "siblings": siblings + self.hub.siblings,
        }
        self._json(200, document)

    def _resolve(self, repository: str, commit: str, name: str) -> None:
        stored = self.hub.commits.get((repository, commit), {}).get(name)
        if stored is None:
            self._json(404, {"error": "Entry not found"}, {"X-Error-Code": "EntryNotFound"})
        elif stored.lfs:
            signed = f"{self.hub.cdn_url}/lfs/{stored.sha256}?X-Signature=secret"
            self._json(302, {}, {"Location": signed, "X-Linked-Etag": stored.etag})
        else:
            self._send(stored, name)

    def _by_hash(self, sha256: str) -> Stored:
        return next(
            one
            for files in self.hub.commits.values()
            for one in files.values()
            if one.sha256 == sha256
        )

    def _json(self, status: int, document: Any, headers: dict[str, str] | None = None) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        for name, text in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body)

    def _send(self, stored: Stored, path: str) -> None:
        is_look = self.headers.get("range") == "bytes=0-0"
        troubles = stored.look_troubles if is_look else stored.troubles
        trouble = troubles.pop(0) if troubles else FINE
        if trouble.status:
            self._json(trouble.status, {"error": "no"}, trouble.headers)
            return
        size, etag = stored.content.size, trouble.etag or stored.etag
        start, end = self._range(size, etag, trouble)
        if start is not None and start >= size:
            self._json(416, {}, {"Content-Range": f"bytes */{size}"})
            return
        self.send_response(200 if start is None else 206)
        length = (end or size) - (start or 0) + trouble.longer
        self.send_header(*(("Connection", "close") if trouble.unsaid else said_length(length)))
        self.send_header("ETag", etag)
        if start is not None:
            said = trouble.content_range or f"bytes {start}-{(end or size) - 1}/{size}"
            self.send_header("Content-Range", said)
        self.end_headers()
        self._body(stored, path, start or 0, length, trouble)

    def _range(self, size: int, etag: str, trouble: Trouble) -> tuple[int | None, int | None]:
        """The first byte and the end that are asked for; None for the whole file."""
        text = self.headers.get("range", "")
        condition = "" if trouble.heedless else self.headers.get("if-range")
        if not text or trouble.whole or (condition and condition != etag):
            return None, None
        first, _, last = text.removeprefix("bytes=").partition("-")
        return int(first), min(size, int(last) + 1) if last else None

    def _body(self, stored: Stored, path: str, start: int, length: int, trouble: Trouble) -> None:
        sent = 0
        while sent < length:
            most = length - sent
            for limit in (trouble.cut_after, trouble.stall_after):
                most = most if limit is None else min(most, limit - sent)
            if most == 0:
                self._stop(trouble)
                return
            if trouble.throttle:
                most = min(most, trouble.throttle)
                self.hub.ending.wait(0.1)
            piece = stored.content.piece(start + sent, most) or b"x" * min(most, PIECE)
            if trouble.corrupt and sent == 0:
                piece = bytes([piece[0] ^ 1]) + piece[1:]
            self.wfile.write(piece)
            sent += len(piece)
            self.hub.on_piece(path, sent)

    def _stop(self, trouble: Trouble) -> None:
        """Cut the connection, at once or when the test ends."""
        if trouble.stall_after is not None:
            self.hub.ending.wait()
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)


def said_length(length: int) -> tuple[str, str]:
    return "Content-Length", str(length)


def _sibling(name: str, one: Stored) -> dict[str, Any]:
    about: dict[str, Any] = {"rfilename": name, "size": one.content.size}
    if one.lfs:
        pointer = {"sha256": one.sha256, "size": one.content.size, "pointerSize": 135}
        return about | {"blobId": one.sha256[:40], "lfs": pointer}
    return about | {"blobId": one.content.git_sha1}
