"""Files made to break, to reach other files or addresses, or to exhaust: none may get anywhere."""

import contextlib
import http.server
import io
import random
import struct
import threading
import wave
import zlib
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from talkies.errors import (
    AnimatedImage,
    AudioEmpty,
    CorruptMedia,
    ImageTooSmall,
    InvalidInput,
    MediaTooLarge,
    UnsupportedMedia,
)
from talkies.media.pictures import load_picture
from talkies.media.sounds import convert_sound, load_sound
from talkies.media.video import VideoReader, probe

RATE = 16_000
MUTANTS = 6

#: What a broken upload may be answered with.
ABOUT_THE_FILE = (
    AnimatedImage,
    AudioEmpty,
    CorruptMedia,
    ImageTooSmall,
    MediaTooLarge,
    UnsupportedMedia,
)

Open = Callable[[Path], object]


def read_video(path: Path) -> int:
    with VideoReader(path) as reader:
        return sum(1 for _ in reader)


def sound_file(container: str, codec: str) -> bytes:
    rate = 48_000 if codec == "libopus" else RATE
    out = io.BytesIO()
    with av.open(out, "w", format=container) as file:
        stream = file.add_stream(codec, rate=rate, layout="mono")
        noise = np.random.default_rng(0).normal(0, 0.1, (1, rate)).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(noise, format="fltp", layout="mono")
        frame.sample_rate, frame.pts = rate, 0
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return out.getvalue()


def video_file(container: str, codec: str) -> bytes:
    out = io.BytesIO()
    options = {"deadline": "realtime", "cpu-used": "8"} if codec == "libvpx-vp9" else {}
    with av.open(out, "w", format=container) as file:
        stream = file.add_stream(codec, rate=10, options=options)
        stream.width, stream.height = 64, 64
        stream.pix_fmt = "rgb8" if codec == "gif" else "yuv420p"
        stream.codec_context.time_base = Fraction(1, 10)
        rng = np.random.default_rng(0)
        for number in range(6):
            pixels = rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(
                format=stream.pix_fmt
            )
            frame.pts, frame.time_base = number, Fraction(1, 10)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return out.getvalue()


def picture_file(kind: str) -> bytes:
    pixels = np.random.default_rng(0).integers(0, 256, (80, 80, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind)
    return out.getvalue()


def wav_file() -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(np.random.default_rng(0).bytes(2 * RATE))
    return out.getvalue()


SOUNDS = {
    "wav": wav_file,
    "mp3": lambda: sound_file("mp3", "libmp3lame"),
    "m4a": lambda: sound_file("ipod", "aac"),
    "ogg": lambda: sound_file("ogg", "libopus"),
    "flac": lambda: sound_file("flac", "flac"),
    "webm": lambda: sound_file("webm", "libopus"),
}
VIDEOS = {
    "mp4": lambda: video_file("mp4", "libx264"),
    "webm": lambda: video_file("webm", "libvpx-vp9"),
    "gif": lambda: video_file("gif", "gif"),
}
PICTURES = {kind: (lambda kind=kind: picture_file(kind)) for kind in ("PNG", "JPEG", "WEBP")}

CORPUS: list[tuple[str, Callable[[], bytes], Open]] = [
    *((f"sound-{name}", make, load_sound) for name, make in SOUNDS.items()),
    *((f"video-{name}", make, read_video) for name, make in VIDEOS.items()),
    *((f"picture-{name}", make, load_picture) for name, make in PICTURES.items()),
]


def mutated(data: bytes, seed: int) -> bytes:
    """Even seeds: bytes thrown; odd seeds: a stretch cut out; every third one cut off as well."""
    chance = random.Random(seed)  # noqa: S311  repeatable, not secret
    broken = bytearray(data)
    if seed % 2:
        start = chance.randrange(12, len(broken))
        del broken[start : start + chance.randrange(1, len(broken) // 4)]
    else:
        # The front holds the structure: half of the damage goes there.
        for _ in range(30):
            reach = min(600, len(broken)) if chance.random() < 0.5 else len(broken)
            broken[chance.randrange(reach)] = chance.randrange(256)
    if seed % 3 == 0:
        del broken[len(broken) * 3 // 4 :]
    return bytes(broken)


@pytest.mark.parametrize(
    ("make", "read"), [each[1:] for each in CORPUS], ids=[c[0] for c in CORPUS]
)
def test_broken_files_give_a_result_or_an_error_about_the_input(
    tmp_path: Path, make: Callable[[], bytes], read: Open
) -> None:
    whole = make()
    path = tmp_path / "upload"
    path.write_bytes(whole)
    read(path)
    for seed in range(MUTANTS):
        path.write_bytes(mutated(whole, seed))
        # Any other exception fails the test.
        with contextlib.suppress(*ABOUT_THE_FILE):
            read(path)
    assert list(tmp_path.iterdir()) == [path]


@pytest.fixture(scope="module")
def listener() -> Iterator[tuple[int, list[str]]]:
    """A web server's port, and the requests it got."""
    hits: list[str] = []

    class Recorder(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            hits.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1], hits
    server.shutdown()
    server.server_close()
    thread.join()


SCRIPTS = {
    "ffconcat": "ffconcat version 1.0\nfile '{secret}'\n",
    "ffconcat-relative": "ffconcat version 1.0\nfile 'secret.wav'\n",
    "ffconcat-web": "ffconcat version 1.0\nfile '{web}/a.wav'\n",
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{web}/b.ts\n#EXT-X-ENDLIST\n",
    "hls-file": "#EXTM3U\n#EXTINF:9,\nfile://{secret}\n#EXT-X-ENDLIST\n",
    "hls-relative": "#EXTM3U\n#EXTINF:9,\nsecret.wav\n#EXT-X-ENDLIST\n",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
    "m=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
    "dash": '<?xml version="1.0"?><MPD type="static"><Period><AdaptationSet mimeType="video/mp4">'
    '<Representation id="1"><BaseURL>{web}/d.mp4</BaseURL></Representation></AdaptationSet>'
    "</Period></MPD>",
    "svg": '<svg xmlns="http://www.w3.org/2000/svg"><image href="{web}/e.png"/></svg>',
}


@pytest.mark.parametrize("script", SCRIPTS)
def test_playlists_are_refused_whatever_they_are_called(
    tmp_path: Path, listener: tuple[int, list[str]], script: str
) -> None:
    port, hits = listener
    (tmp_path / "secret.wav").write_bytes(wav_file())
    text = SCRIPTS[script].format(secret=tmp_path / "secret.wav", web=f"http://127.0.0.1:{port}")
    readers: tuple[tuple[str, Open], ...] = (
        ("talk.wav", load_sound),
        ("talk.mp4", load_sound),
        ("talk.mp4", probe),
        ("talk.png", load_picture),
    )
    for name, read in readers:
        path = tmp_path / name
        path.write_text(text)
        with pytest.raises(UnsupportedMedia):
            read(path)
    assert hits == []


@pytest.mark.parametrize(
    "magic", [b"ID3\x04\0\0\0\0\0\0", b"\xff\xfb\x90\x00", b"RIFF\0\0\0\0WAVE"]
)
def test_a_playlist_behind_a_good_beginning_reaches_nothing(
    tmp_path: Path, listener: tuple[int, list[str]], magic: bytes
) -> None:
    port, hits = listener
    (tmp_path / "secret.wav").write_bytes(wav_file())
    for script in ("ffconcat-relative", "hls"):
        text = SCRIPTS[script].format(web=f"http://127.0.0.1:{port}")
        path = tmp_path / "talk.wav"
        path.write_bytes(magic + text.encode())
        with pytest.raises(InvalidInput):
            load_sound(path)
    assert hits == []


def test_a_path_is_never_taken_for_an_address(listener: tuple[int, list[str]]) -> None:
    port, hits = listener
    addresses = (
        f"http://127.0.0.1:{port}/x.mp4",
        "concat:a.wav|b.wav",
        "subfile,,start,0,end,100,,:a.wav",
        "data:audio/wav;base64,UklGRg==",
        "pipe:0",
    )
    for address in addresses:
        with pytest.raises(InvalidInput, match="cannot be read"):
            load_sound(Path(address))
    assert hits == []


def test_a_movie_whose_samples_are_elsewhere_reads_nothing(
    tmp_path: Path, listener: tuple[int, list[str]]
) -> None:
    """QuickTime's data references may name another file: `url ` with a path, not self-contained."""
    port, hits = listener
    data = bytearray(sound_file("mov", "pcm_s16le"))
    at = data.index(b"url ", data.index(b"dref"))
    address = f"http://127.0.0.1:{port}/samples".encode()
    # Clearing the flag of self-containment is enough for a reader that follows references.
    data[at + 4 : at + 8] = bytes(4)
    data.extend(address)
    path = tmp_path / "talk.mov"
    path.write_bytes(data)
    with contextlib.suppress(InvalidInput):
        load_sound(path)
    assert hits == []


def png_bomb(side: int) -> bytes:
    """A PNG of `side`² black pixels in a few kilobytes, complete and valid."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    rows = zlib.compressobj(9)
    row = bytes(1 + side // 8)
    body = b"".join(rows.compress(row) for _ in range(side)) + rows.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    )


def test_a_picture_bomb_costs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(png_bomb(20_000))
    assert path.stat().st_size < 100_000
    with pytest.raises(MediaTooLarge):
        load_picture(path)


def test_a_sound_bomb_is_cut_off_and_leaves_no_file(tmp_path: Path) -> None:
    """Ten minutes of silence are a few kilobytes of FLAC."""
    out = io.BytesIO()
    with av.open(out, "w", format="flac") as file:
        stream = file.add_stream("flac", rate=8_000, layout="mono")
        for second in range(600):
            frame = av.AudioFrame.from_ndarray(
                np.zeros((1, 8_000), np.int16), format="s16", layout="mono"
            )
            frame.sample_rate, frame.pts = 8_000, second * 8_000
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    path = tmp_path / "bomb.flac"
    path.write_bytes(out.getvalue())
    with pytest.raises(MediaTooLarge):
        convert_sound(path, tmp_path / "out.wav", max_seconds=60)
    assert list(tmp_path.iterdir()) == [path]


def test_a_video_that_claims_a_huge_picture_is_refused(tmp_path: Path) -> None:
    data = bytearray(video_file("gif", "gif"))
    struct.pack_into("<HH", data, 6, 60_000, 60_000)
    path = tmp_path / "bomb.gif"
    path.write_bytes(data)
    with pytest.raises(InvalidInput):
        read_video(path)
