"""A real server, and strangers who mean it ill: it answers, it stays, and it leaves nothing."""

import contextlib
import gzip
import io
import random
import socket
import struct
import time
import wave
import zipfile
import zlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import httpx
import numpy as np
import pytest
from loopback import Reply, Server
from served import Served, descendants, running
from ssrf_table import SPELLINGS

PORTRAIT = Path(__file__).parents[1] / "fixtures/portrait.png"
SOUND_RATE = 16_000

#: Statuses of a refusal that says what is wrong with a file or a field.
REFUSED = {400, 403, 404, 409, 413, 415, 422}

#: What an address of the inside may be refused as.
INSIDE = {"UNSAFE_ADDRESS", "INVALID_REQUEST", "NOT_FOUND", "FETCH_FAILED"}

#: Of every how many broken files one is looked at in full.
SAMPLED = 16


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    limits = {"RATE_LIMIT_PER_KEY": "0", "MAX_UNFINISHED_JOBS_PER_KEY": "0"}
    with running(tmp_path_factory.mktemp("served"), environment=limits) as server:
        yield server


@pytest.fixture(scope="module")
def client(server: Served) -> Iterator[httpx.Client]:
    with server.client() as client:
        yield client


def sound(container: str, codec: str) -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format=container) as file:
        stream = file.add_stream(codec, rate=SOUND_RATE, layout="mono")
        noise = np.random.default_rng(0).normal(0, 0.1, (1, SOUND_RATE)).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(noise, format="fltp", layout="mono")
        frame.sample_rate, frame.pts = SOUND_RATE, 0
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return out.getvalue()


def video() -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as file:
        stream = file.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 10)
        for _ in range(5):
            pixels = np.zeros((64, 64, 3), np.uint8)
            file.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        file.mux(stream.encode(None))
    return out.getvalue()


def wav() -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SOUND_RATE)
        file.writeframes(np.random.default_rng(0).integers(-999, 999, SOUND_RATE, np.int16))
    return out.getvalue()


def small_portrait() -> bytes:
    """The example's first rows: enough to be broken, and quick to send."""
    from PIL import Image

    out = io.BytesIO()
    with Image.open(PORTRAIT) as picture:
        picture.resize((256, 256)).save(out, "PNG")
    return out.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    checked = kind + data
    return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))


def png_of(width: int, height: int, data: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def gif_of(frames: int) -> bytes:
    frame = b"\x21\xf9\x04\0\0\0\0\0\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0"
    return b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff" + frame * frames + b";"


def zipped(name: str, data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(name, data)
    return out.getvalue()


def mutants(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    """Broken in every usual way, always the same."""
    chance = random.Random(name)  # noqa: S311 - the same every time
    for number in range(16):
        broken = bytearray(data)
        for _ in range(1 << number % 8):
            broken[chance.randrange(len(broken))] ^= 1 << chance.randrange(8)
        yield f"{name} with bits flipped, {number}", bytes(broken)
    for number in range(12):
        yield f"{name} cut off, {number}", data[: chance.randrange(len(data))]
    for number in range(8):
        at, size = chance.randrange(len(data)), chance.randrange(1, 5_000)
        hole = data[:at] + chance.randbytes(size) + data[at + size :]
        yield f"{name} overwritten, {number}", hole
    for number in range(6):
        start, end = sorted(chance.randrange(len(data)) for _ in range(2))
        yield f"{name} twice, {number}", data[:end] + data[start:]
    for number, word in enumerate((b"\0", b"\xff" * 4, b"\x7f\xff\xff\xff", b"\x80\0\0\0")):
        at = chance.randrange(min(200, len(data)))
        yield (
            f"{name} with a length of its own, {number}",
            data[:at] + word + data[at + len(word) :],
        )


def texts() -> Iterator[tuple[str, bytes]]:
    """Words that a careless reader of media obeys."""
    playlist = "#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"
    yield "playlist", playlist.encode()
    yield "concat script", b"ffconcat version 1.0\nfile /etc/passwd\n"
    yield "concat protocol", b"concat:/etc/passwd|/etc/group"
    yield (
        "drawing that includes",
        b'<svg xmlns:x="http://www.w3.org/1999/xlink"><image x:href="/etc/passwd"/></svg>',
    )
    yield "entity", b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><svg>&b;</svg>'
    yield "postscript", b"%!PS\n(/etc/passwd) (r) file"
    yield (
        "magick script",
        b"push graphic-context\nimage over 0,0 0,0 'https://127.0.0.1/'\npop graphic-context",
    )
    yield "page", b"<html><script>fetch('/v1/keys')</script></html>"
    yield "program", b"\x7fELF" + bytes(500)
    yield "script", b"#!/bin/sh\nid > /tmp/pwned\n"


def oddities() -> Iterator[tuple[str, bytes]]:
    """Files that are what they seem in another way than they seem."""
    picture, speech, film = small_portrait(), wav(), video()
    yield "zeros", bytes(100_000)
    yield "one byte", b"\0"
    yield "picture too wide", png_of(60_000, 60_000, b"")
    yield "picture without end", png_of(20_000, 20_000, bytes(1_000_000))
    yield "picture of nothing", png_of(0, 0, b"")
    yield "many frames", gif_of(20_000)
    yield "archive that grows", zipped("face.png", bytes(50_000_000))
    yield "packed zeros", gzip.compress(bytes(20_000_000))
    yield "text in a picture", picture + chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(9_000_000)))
    yield "picture, then archive", picture + zipped("a.sh", b"id")
    yield "picture, then page", picture + b"<script>alert(1)</script>"
    yield "sound that claims an hour", speech[:40] + struct.pack("<I", 2**32 - 1) + speech[44:]
    yield "sound without rate", speech[:24] + bytes(8) + speech[32:]
    yield "sound of 65535 channels", speech[:22] + b"\xff\xff" + speech[24:]
    yield "film with a box of 2 GB", struct.pack(">I", 2**31) + film[4:]
    yield "film in a film", film.replace(b"moov", b"moov" + film[:400], 1)
    tag = b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + bytes(1_000)
    yield "tag without end", tag + sound("mp3", "libmp3lame")
    heads = {"png": picture[:64], "wav": speech[:44], "mp4": film[:64], "gif": gif_of(1)[:20]}
    bodies = {"png": picture, "wav": speech, "mp4": film}
    for head, first in heads.items():
        for body, rest in bodies.items():
            if head != body:
                yield f"head of {head} on {body}", first + rest[len(first) :]


@pytest.fixture(scope="module")
def corpus() -> list[tuple[str, bytes]]:
    bases = {
        "picture": small_portrait(),
        "wav": wav(),
        "mp3": sound("mp3", "libmp3lame"),
        "mp4": video(),
    }
    broken = [mutant for name, data in bases.items() for mutant in mutants(name, data)]
    return [*broken, *texts(), *oddities()]


def alive(client: httpx.Client) -> None:
    assert client.get("/livez").status_code == 200


def at_rest(server: Served) -> int:
    """How many processes the server has when nothing is asked: those that wait for work."""
    count, since = 0, time.monotonic()
    while time.monotonic() - since < 3:
        time.sleep(0.2)
        found = len(descendants(server.process.pid))
        if found != count:
            count, since = found, time.monotonic()
    return count


def settled(server: Served, before: int) -> bool:
    """Whether no more processes are left than there were; those that end may take a moment."""
    deadline = time.monotonic() + 60
    while len(descendants(server.process.pid)) > before and time.monotonic() < deadline:
        time.sleep(0.2)
    return len(descendants(server.process.pid)) <= before


def refusal(answer: httpx.Response) -> str:
    """The code of a refusal in our shape."""
    assert answer.status_code in REFUSED, answer.text
    return str(answer.json()["error"]["code"])


def test_broken_files_are_kept_or_refused_and_looked_at_without_harm(
    server: Served, client: httpx.Client, corpus: list[tuple[str, bytes]]
) -> None:
    assert len(corpus) >= 200
    portrait = uploaded(client, PORTRAIT.read_bytes())
    client.post("/v1/estimates", json={"portrait": portrait, "text": "Hi"})
    before = at_rest(server)
    for number, (name, data) in enumerate(corpus):
        answer = client.post("/v1/assets", files={"file": (f"{name}.bin", data)})
        if answer.status_code != 201:
            assert refusal(answer) in {"UNSUPPORTED_MEDIA", "MEDIA_TOO_LARGE", "INVALID_REQUEST"}, (
                name
            )
        elif number % SAMPLED == 0:
            looked_at(client, name, answer.json(), portrait)
    alive(client)
    assert settled(server, before)


def looked_at(client: httpx.Client, name: str, asset: dict[str, str], portrait: str) -> None:
    """An estimate decodes the file to its end."""
    body = {"portrait": asset["id"], "text": "Hi"}
    if asset["kind"] != "picture":
        body = {"portrait": portrait, "audio": asset["id"]}
    answer = client.post("/v1/estimates", json=body)
    if answer.status_code != 200:
        assert refusal(answer) != "INTERNAL", name


def uploaded(client: httpx.Client, data: bytes) -> str:
    answer = client.post("/v1/assets", files={"file": ("face.png", data)})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


@pytest.fixture(scope="module")
def victim() -> Iterator[Server]:
    with Server(lambda _: Reply(body=b"secret")) as server:
        yield server


@pytest.mark.parametrize("door", ["portrait", "audio", "webhook"])
def test_no_address_of_the_inside_is_contacted_through_any_door(
    client: httpx.Client, victim: Server, door: str
) -> None:
    victim.connections = 0
    asset = uploaded(client, PORTRAIT.read_bytes())
    bodies = {
        "portrait": lambda url: ("/v1/estimates", {"portrait": url, "text": "Hi"}),
        "audio": lambda url: ("/v1/estimates", {"portrait": asset, "audio": url}),
        "webhook": lambda url: ("/v1/webhooks", {"url": url}),
    }
    for name, template in SPELLINGS:
        # With the other scheme it would be refused for that alone.
        url = template.replace("http://", "https://", 1).format(port=victim.port)
        path, body = bodies[door](url)
        answer = client.post(path, json=body)
        if answer.status_code == 201:
            # A name is looked up when something is sent: then it goes nowhere.
            hook = answer.json()["id"]
            client.post(f"/v1/webhooks/{hook}/ping")
            client.delete(f"/v1/webhooks/{hook}")
        else:
            assert refusal(answer) in INSIDE, name
    assert victim.connections == 0


def raw(server: Served, sent: bytes) -> bytes:
    """What the server says to these bytes, until it closes or says no more for a second."""
    address = httpx.URL(server.url)
    said = b""
    with socket.create_connection((address.host, address.port or 80), timeout=10) as connection:
        connection.settimeout(1.0)
        # One that is cut off is an answer too.
        with contextlib.suppress(TimeoutError, ConnectionError):
            connection.sendall(sent)
            while piece := connection.recv(65_536):
                said += piece
    return said


SMUGGLED = b"GET /v1/smuggled HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.mark.parametrize(
    "headers",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Content-Length: 6\r\nContent-Length: 5\r\n\r\n",
        b"Content-Length: -1\r\n\r\n",
        b"Content-Length: 0x10\r\n\r\n",
        b"Content-Length: 1e9\r\n\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n\r\n",
        b"X: a\0b\r\n\r\n",
        b"X\n: a\r\n\r\n",
    ],
)
def test_lengths_that_contradict_each_other_smuggle_nothing_in(
    server: Served, client: httpx.Client, headers: bytes
) -> None:
    said = raw(server, b"POST /v1/session HTTP/1.1\r\nHost: a\r\n" + headers + SMUGGLED)
    first = said.partition(b"\r\n")[0]
    assert not said or first.split(b" ")[1][:1] == b"4", said[:200]
    assert b"such route" not in said, "the smuggled request was answered"
    alive(client)


@pytest.mark.parametrize(
    "sent",
    [
        b"\0" * 1_000,
        b"GET " + b"/" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"b" * 200_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 20_000 + b"\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /v1/videos HTTP/1.1\r\nHost: a\r\nContent-Type: \x01\r\n\r\n",
        b"GET http://evil.example/v1/keys HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03",
        b"GET /%00%ff%2e%2e HTTP/1.1\r\nHost: a\r\n\r\n",
    ],
)
def test_requests_that_are_none_do_no_harm(
    server: Served, client: httpx.Client, sent: bytes
) -> None:
    said = raw(server, sent)
    assert not said or said.split(b" ", 2)[1][:1] in b"134", said[:200]
    alive(client)


BOUNDARY = "----b"
FORM = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


def part(disposition: bytes, data: bytes = b"x", more: bytes = b"") -> bytes:
    head = b"Content-Disposition: form-data; " + disposition + b"\r\n" + more
    return b"--" + BOUNDARY.encode() + b"\r\n" + head + b"\r\n" + data + b"\r\n"


END = b"--" + BOUNDARY.encode() + b"--\r\n"


@pytest.mark.parametrize(
    "body",
    [
        b"".join(part(f'name="f{number}"'.encode()) for number in range(10_000)) + END,
        part(b'name="' + b"n" * 100_000 + b'"') + END,
        part(b'name="file"; filename="' + b"n" * 100_000 + b'"') + END,
        part(b'name="a\0b"') + END,
        part(b'name="file"; filename="a\0b.png"') + END,
        part(b"") + END,
        part(b'name="file"; filename="a"', more=b"X: " + b"y" * 100_000 + b"\r\n") + END,
        part(b'name="text"', b"\xff\xfe") + END,
        part(b'name="text"', b"a" * 3_000_000) + END,
        part(b'name="file"; filename="a"'),
        END,
        b"",
        b"no form at all",
        b"--" * 50_000,
    ],
)
def test_forms_that_are_none_are_refused(client: httpx.Client, body: bytes) -> None:
    for path in ("/v1/assets", "/v1/videos"):
        assert refusal(client.post(path, content=body, headers=FORM))
    alive(client)


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=" + "b" * 5_000,
        "multipart/form-data; boundary=\u00e9",
        "multipart/mixed; boundary=b",
        "application/json; charset=utf-7",
        "text/plain",
    ],
)
def test_types_that_are_none_are_refused(client: httpx.Client, content_type: str) -> None:
    headers = {"Content-Type": content_type.encode("latin-1")}
    assert refusal(client.post("/v1/videos", content=b"{}", headers=headers))


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'{"portrait": "\\ud800"}',
        b'{"portrait": "a\\u0000b", "text": "Hi"}',
        b'{"metadata": {"\\ud800": 1}, "portrait": "ast_1", "text": "Hi"}',
        b'{"metadata": {"a\\u0000": 1}, "portrait": "ast_1", "text": "Hi"}',
        b'{"seed": 1e999, "portrait": "ast_1", "text": "Hi"}',
        b'{"seed": ' + b"9" * 5_000 + b"}",
        b'{"motion": NaN}',
        b"\xff\xfe",
        b"null",
        b'{"user_id": "a", "user_id": "b"}',
    ],
)
def test_documents_that_are_none_are_refused(client: httpx.Client, body: bytes) -> None:
    for path in ("/v1/videos", "/v1/audio/jobs", "/v1/webhooks", "/v1/keys", "/v1/estimates"):
        headers = {"Content-Type": "application/json"}
        assert refusal(client.post(path, content=body, headers=headers)), path


@pytest.mark.parametrize(
    "filename", ["../../../escaped.png", "/etc/escaped.png", "..\\..\\escaped.png", "a/../b.png"]
)
def test_a_files_name_leads_nowhere(
    client: httpx.Client, filename: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    picture = small_portrait()
    asset = client.post("/v1/assets", files={"file": (filename, picture)}).json()
    assert "/" not in asset["filename"]
    assert "\\" not in asset["filename"]
    root = tmp_path_factory.getbasetemp()
    assert [path for path in root.rglob("*escaped*") if path.is_file()] == []


@pytest.mark.parametrize(
    "path",
    [
        "/v1/files/../../../etc/passwd",
        "/v1/files/..%2f..%2f..%2fetc%2fpasswd?expires=9999999999&signature=a",
        "/v1/files/%2fetc%2fpasswd?expires=9999999999&signature=a",
        "/v1/files/videos%00.mp4?expires=9999999999&signature=a",
        "/v1/videos/..%2f..%2fkeys",
        "/v1/videos/%00",
        "/v1/keys/%00",
        "/v1/webhooks/%00/deliveries",
        "/v1/operations/%ff%fe",
        "/v1/audio/jobs/" + "a" * 5_000,
        "/v1/videos?after=%00",
        "/v1/videos?limit=99999999999999999999",
        "/v1/usage?user_id=%00",
        "/v1/keys?after=" + "a" * 5_000,
        "/v1/voices/%F0%9F%92%A9",
        "/v1/users/%00",
    ],
)
def test_paths_lead_nowhere(server: Served, path: str) -> None:
    address = httpx.URL(server.url)
    head = f"GET {path} HTTP/1.1\r\nHost: {address.host}\r\nX-API-Key: {server.key}\r\n"
    method = "DELETE" if "/users/" in path else "GET"
    said = raw(server, f"{head.replace('GET', method, 1)}Connection: close\r\n\r\n".encode())
    status = int(said.split(b" ", 2)[1])
    assert status < 500, said[:300]
    assert b"root:" not in said
