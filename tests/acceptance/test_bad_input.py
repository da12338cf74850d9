"""Everything that cannot be used gets a code, an exit status and a next step; nothing is left."""

import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from command_line import PORTRAIT, Answer, Talkies, write_wav
from PIL import Image

Make = Callable[[Path], object]


def png_of(width: int, height: int) -> bytes:
    """A PNG that claims a size, and is small."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + crc

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = chunk(b"IDAT", zlib.compress(bytes(9)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + data + chunk(b"IEND", b"")


def save(path: Path, pixels: np.ndarray) -> None:
    cv2.imwrite(str(path), pixels)


def face() -> np.ndarray:
    picture = cv2.imread(str(PORTRAIT))
    assert picture is not None
    return picture


def animated(path: Path) -> None:
    frames = [Image.new("RGB", (200, 200), colour) for colour in ("red", "blue")]
    frames[0].save(path, save_all=True, append_images=frames[1:])


def truncated_jpeg(path: Path) -> None:
    data = cv2.imencode(".jpg", face())[1].tobytes()
    path.write_bytes(data[: len(data) // 2])


PICTURES: dict[str, tuple[str, str, Make]] = {
    "no face": ("wall.png", "FACE_NOT_FOUND", lambda p: save(p, np.full((400, 300, 3), 99, "u1"))),
    "a face on its side": ("side.png", "FACE_UNUSABLE", lambda p: save(p, np.rot90(face()))),
    "a blurred face": (
        "blurred.png",
        "FACE_UNUSABLE",
        lambda p: save(p, cv2.GaussianBlur(face(), (0, 0), 15)),
    ),
    "a tiny picture": ("tiny.png", "IMAGE_TOO_SMALL", lambda p: save(p, face()[:40, :40])),
    "a bomb": ("bomb.png", "MEDIA_TOO_LARGE", lambda p: p.write_bytes(png_of(60_000, 60_000))),
    "an animation": ("moving.gif", "ANIMATED_IMAGE", animated),
    "half a JPEG": ("half.jpg", "CORRUPT_MEDIA", truncated_jpeg),
    "text by the name of a picture": (
        "note.png",
        "UNSUPPORTED_MEDIA",
        lambda p: p.write_text("hello"),
    ),
    "an empty file": ("empty.png", "CORRUPT_MEDIA", lambda p: p.write_bytes(b"")),
    "a folder": ("folder.png", "FILE_MISSING", lambda p: p.mkdir()),
    "nothing": ("none.png", "FILE_MISSING", lambda p: None),
}

SECOND = np.zeros(16_000)

SOUNDS: dict[str, tuple[str, str, Make]] = {
    "silence": ("silent.wav", "AUDIO_SILENT", lambda p: write_wav(p, SECOND)),
    "no samples": ("none.wav", "AUDIO_EMPTY", lambda p: write_wav(p, SECOND[:0])),
    "an empty file": ("empty.wav", "AUDIO_EMPTY", lambda p: p.write_bytes(b"")),
    "a cut head": (
        "cut.wav",
        "CORRUPT_MEDIA",
        lambda p: p.write_bytes(b"RIFF\x24\0\0\0WAVE"),
    ),
    "a list of files": (
        "list.wav",
        "UNSUPPORTED_MEDIA",
        lambda p: p.write_text(f"ffconcat version 1.0\nfile '{PORTRAIT}'\n"),
    ),
    "a playlist": (
        "playlist.wav",
        "UNSUPPORTED_MEDIA",
        lambda p: p.write_text("#EXTM3U\n#EXTINF:1,\n../speech.ts\n#EXT-X-ENDLIST\n"),
    ),
    "text": ("words.wav", "UNSUPPORTED_MEDIA", lambda p: p.write_text("hello there")),
    "a picture": (
        "face.wav",
        "UNSUPPORTED_MEDIA",
        lambda p: p.write_bytes(PORTRAIT.read_bytes()[:9_000]),
    ),
    "nothing": ("nothing.wav", "FILE_MISSING", lambda p: None),
}


def assert_refused(answer: Answer, code: str, status: int, folder: Path) -> None:
    assert f"code: {code}, exit status {status}" in answer.err
    assert answer.status == status
    assert answer.err.count("error:") == 1
    assert "hint:" in answer.err
    assert "Traceback" not in answer.err
    assert answer.out == ""
    assert not [path for path in folder.rglob("*") if path.name.startswith((".", "talk"))]


@pytest.mark.parametrize("name", PICTURES)
def test_pictures(name: str, talkies: Talkies, speech: Path, tmp_path: Path) -> None:
    file, code, make = PICTURES[name]
    make(tmp_path / file)
    answer = talkies("render", tmp_path / file, speech, "-o", tmp_path / "talk.mp4")
    assert_refused(answer, code, 3, tmp_path)
    assert ("--show-faces" in answer.err) == (code == "FACE_UNUSABLE")


@pytest.mark.parametrize("name", SOUNDS)
def test_sounds(name: str, talkies: Talkies, portrait: Path, tmp_path: Path) -> None:
    file, code, make = SOUNDS[name]
    make(tmp_path / file)
    answer = talkies("render", portrait, tmp_path / file, "-o", tmp_path / "talk.mp4")
    assert_refused(answer, code, 3, tmp_path)


OPTIONS: dict[str, tuple[str, int, list[object]]] = {
    "nothing to say": ("INVALID_OPTION", 2, ["{face}"]),
    "two things to say": ("INVALID_OPTION", 2, ["{face}", "{speech}", "--text", "Hello"]),
    "no portrait": ("INVALID_OPTION", 2, []),
    "text and a file of text": (
        "INVALID_OPTION",
        2,
        ["{face}", "--text", "Hello", "--text-file", "{speech}"],
    ),
    "a transcript of a text": (
        "INVALID_OPTION",
        2,
        ["{face}", "--text", "Hello", "--transcript", "{words}"],
    ),
    "a voice for a recording": ("INVALID_OPTION", 2, ["{face}", "{speech}", "--voice", "de"]),
    "captions without words": (
        "INVALID_OPTION",
        2,
        ["{face}", "{speech}", "--captions", "burned"],
    ),
    "too many frames": ("INVALID_OPTION", 2, ["{face}", "{speech}", "--fps", "1000"]),
    "a transparent mp4": (
        "INVALID_OPTION",
        2,
        ["{face}", "{speech}", "--background", "transparent"],
    ),
    "no such emotion": ("USAGE", 2, ["{face}", "{speech}", "--emotion", "hungry"]),
    "no such resolution": ("USAGE", 2, ["{face}", "{speech}", "--resolution", "8k"]),
    "no such option": ("USAGE", 2, ["{face}", "{speech}", "--frobnicate"]),
    "no number": ("USAGE", 2, ["{face}", "{speech}", "--motion", "much"]),
    "no such engine": ("UNKNOWN_ENGINE", 3, ["{face}", "{speech}", "--engine", "warp"]),
    "no such voice": ("UNKNOWN_VOICE", 3, ["{face}", "--text", "Hello", "--voice", "xyzzy"]),
    "no such language": (
        "UNKNOWN_LANGUAGE",
        3,
        ["{face}", "{speech}", "--transcript", "{words}", "--language", "xx"],
    ),
    "no such language, and no transcript": (
        "UNKNOWN_LANGUAGE",
        3,
        ["{face}", "{speech}", "--language", "xx"],
    ),
    "a voice of another language": (
        "INVALID_OPTION",
        2,
        ["{face}", "--text", "Hello", "--voice", "de", "--language", "fr"],
    ),
    "a folder without a manifest": ("INVALID_OPTION", 2, ["{face}", "{speech}", "--out-dir", "o"]),
    "no such face": ("FACE_INDEX_INVALID", 3, ["{face}", "{speech}", "--face", "2"]),
    "a transcript that is a picture": (
        "UNSUPPORTED_MEDIA",
        3,
        ["{face}", "{speech}", "--transcript", "{face}"],
    ),
    "no transcript": ("FILE_MISSING", 3, ["{face}", "{speech}", "--transcript", "{none}"]),
    "an empty text": ("INVALID_INPUT", 3, ["{face}", "--text", "..."]),
}

WRONG = "Seventy extraordinary elephants quietly walked through the yellow jungle yesterday."


@pytest.mark.parametrize("name", OPTIONS)
def test_options(name: str, talkies: Talkies, portrait: Path, speech: Path, tmp_path: Path) -> None:
    code, status, written = OPTIONS[name]
    (tmp_path / "words.txt").write_text("We move both maps.")
    names = {
        "face": portrait,
        "speech": speech,
        "words": tmp_path / "words.txt",
        "none": tmp_path / "none.txt",
    }
    arguments = [str(word).format(**names) for word in written]
    answer = talkies("render", *arguments, "-o", tmp_path / "talk.mp4")
    assert_refused(answer, code, status, tmp_path)


def test_another_transcript(talkies: Talkies, tmp_path: Path) -> None:
    text = "Bob moves my maps and many big apples around the room before his lunch."
    talkies("speak", text, "-o", tmp_path / "long.wav")
    (tmp_path / "wrong.txt").write_text(WRONG)
    answer = talkies("align", tmp_path / "long.wav", "-t", tmp_path / "wrong.txt", "-l", "en")
    assert_refused(answer, "TRANSCRIPT_MISMATCH", 3, tmp_path)


class TestOutputs:
    def test_none(self, talkies: Talkies, portrait: Path, speech: Path, tmp_path: Path) -> None:
        assert_refused(talkies("render", portrait, speech), "INVALID_OPTION", 2, tmp_path)

    @pytest.mark.parametrize("name", ["clip", "clip.avi", "clip.wav"])
    def test_no_video(
        self, talkies: Talkies, portrait: Path, speech: Path, tmp_path: Path, name: str
    ) -> None:
        answer = talkies("render", portrait, speech, "-o", tmp_path / name)
        assert_refused(answer, "INVALID_OPTION", 2, tmp_path)

    def test_no_folder(
        self, talkies: Talkies, portrait: Path, speech: Path, tmp_path: Path
    ) -> None:
        answer = talkies("render", portrait, speech, "-o", tmp_path / "no/clip.mp4")
        assert_refused(answer, "OUTPUT_UNWRITABLE", 5, tmp_path)

    def test_a_folder(self, talkies: Talkies, portrait: Path, speech: Path, tmp_path: Path) -> None:
        (tmp_path / "clip.mp4").mkdir()
        answer = talkies("render", portrait, speech, "-o", tmp_path / "clip.mp4", "-y")
        assert_refused(answer, "OUTPUT_UNWRITABLE", 5, tmp_path)

    def test_one_that_exists(
        self, talkies: Talkies, portrait: Path, speech: Path, tmp_path: Path
    ) -> None:
        output = tmp_path / "clip.mp4"
        output.write_text("precious")
        answer = talkies("render", portrait, speech, "-o", output)
        assert_refused(answer, "OUTPUT_EXISTS", 5, tmp_path)
        assert "--overwrite" in answer.err
        assert output.read_text() == "precious"

    def test_the_input_itself(
        self, talkies: Talkies, portrait: Path, speech: Path, tmp_path: Path
    ) -> None:
        output = tmp_path / "clip.mp4"
        output.symlink_to(speech)
        answer = talkies("render", portrait, output, "-o", output, "-y")
        assert_refused(answer, "SAME_FILE", 3, tmp_path)

    @pytest.mark.parametrize(
        "arguments",
        ["render {face} {speech} -o {folder}/clip.mp4", "speak Hello --timing -o {folder}/a.wav"],
    )
    def test_a_full_disk(
        self, portrait: Path, speech: Path, tmp_path: Path, arguments: str
    ) -> None:
        """A limit on the size of files looks the same as a full disk."""
        line = arguments.format(face=portrait, speech=speech, folder=tmp_path)
        answer = subprocess.run(
            ["/bin/bash", "-c", f"ulimit -f 24; exec {sys.executable} -m talkies {line}"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert "DISK_FULL, exit status 5" in answer.stderr
        assert answer.returncode == 5
        assert list(tmp_path.iterdir()) == []
