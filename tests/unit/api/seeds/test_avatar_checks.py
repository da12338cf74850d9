"""What the avatar API takes and refuses, with real files."""

import asyncio
import hashlib
import io
import struct
import wave
from collections.abc import Callable
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from talkies.api.multipart import UploadedFile
from talkies.api.seeds.avatar_answers import reworded
from talkies.api.seeds.avatar_checks import (
    AT_ONCE,
    IMAGE_BYTES,
    SOUND_BYTES,
    AvatarChecks,
    look,
)
from talkies.api.seeds.avatar_errors import (
    AudioTooLong,
    InvalidAudioFormat,
    InvalidImageFormat,
    UnusableInput,
)
from talkies.errors import AudioEmpty, CorruptMedia, MediaTooLarge, RateLimited, TalkiesError

Upload = Callable[[bytes], UploadedFile]


@pytest.fixture
def upload(tmp_path: Path) -> Upload:
    """A file as the server received it."""

    def receive(data: bytes) -> UploadedFile:
        digest = hashlib.sha256(data).hexdigest()
        path = tmp_path / digest[:12]
        path.write_bytes(data)
        return UploadedFile(
            path=path,
            filename="their name.bin",
            content_type="application/octet-stream",
            bytes=len(data),
            sha256=digest,
        )

    return receive


def picture(extension: str) -> bytes:
    grey = np.full((64, 64, 3), 128, np.uint8)
    return bytes(cv2.imencode(extension, grey)[1])


def wav(seconds: float, rate: int = 8_000) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        frames = round(seconds * rate)
        samples = (np.sin(np.arange(frames) / 7) * 8_000).astype("<i2")
        writer.writeframes(samples.tobytes())
    return out.getvalue()


def mp3(tmp_path: Path, seconds: float) -> bytes:
    path = tmp_path / "made.mp3"
    with av.open(io.BytesIO(wav(seconds))) as reader, av.open(str(path), "w") as writer:
        stream = writer.add_stream("mp3", rate=8_000)
        for frame in reader.decode(audio=0):
            writer.mux(stream.encode(frame))
        writer.mux(stream.encode(None))
    return path.read_bytes()


class TestFormats:
    @pytest.mark.parametrize(("extension", "name"), [(".png", "PNG"), (".jpg", "JPEG")])
    def test_png_and_jpeg_are_taken(self, upload: Upload, extension: str, name: str) -> None:
        checked = look(upload(picture(extension)), upload(wav(1.5)))
        assert (checked.image.name, checked.sound.name) == (name, "WAV")
        assert checked.seconds == pytest.approx(1.5, abs=0.01)
        assert checked.warnings == ()

    def test_mp3_is_taken(self, upload: Upload, tmp_path: Path) -> None:
        checked = look(upload(picture(".png")), upload(mp3(tmp_path, 1.5)))
        assert checked.sound.name == "MP3"

    def test_another_picture_is_named_with_what_is_supported(self, upload: Upload) -> None:
        with pytest.raises(InvalidImageFormat) as caught:
            look(upload(b"GIF89a" + bytes(20)), upload(wav(1)))
        assert caught.value.details == {
            "received_format": "gif",
            "supported_formats": ["png", "jpg", "jpeg"],
        }
        assert (caught.value.code, caught.value.status) == ("INVALID_IMAGE_FORMAT", 400)

    def test_another_sound_is_named_with_what_is_supported(self, upload: Upload) -> None:
        with pytest.raises(InvalidAudioFormat) as caught:
            look(upload(picture(".png")), upload(b"fLaC" + bytes(50)))
        assert caught.value.details == {
            "received_format": "flac",
            "supported_formats": ["wav", "mp3"],
        }

    def test_what_is_no_media_is_named_too(self, upload: Upload) -> None:
        with pytest.raises(InvalidImageFormat) as caught:
            look(upload(b"%PDF-1.7"), upload(wav(1)))
        assert caught.value.details["received_format"] == "a PDF document"


class TestSizes:
    def test_an_empty_picture(self, upload: Upload) -> None:
        with pytest.raises(UnusableInput) as caught:
            look(upload(b""), upload(wav(1)))
        assert caught.value.details["field"] == "image"

    def test_an_empty_audio_file(self, upload: Upload) -> None:
        with pytest.raises(UnusableInput) as caught:
            look(upload(picture(".png")), upload(b""))
        assert caught.value.details["field"] == "audio"

    def test_an_audio_file_without_samples(self, upload: Upload) -> None:
        with pytest.raises(AudioEmpty) as caught:
            look(upload(picture(".png")), upload(wav(0)))
        assert reworded(caught.value).status == 400

    @pytest.mark.parametrize(("field", "most"), [("image", IMAGE_BYTES), ("audio", SOUND_BYTES)])
    def test_one_byte_too_many(self, upload: Upload, field: str, most: int) -> None:
        image, sound = picture(".png"), wav(1)
        if field == "image":
            image += bytes(most + 1 - len(image))
        else:
            sound += bytes(most + 1 - len(sound))
        with pytest.raises(MediaTooLarge) as caught:
            look(upload(image), upload(sound))
        assert caught.value.details == {"field": field, "max_bytes": most}
        assert caught.value.status == 413

    def test_the_largest_picture_is_taken(self, upload: Upload) -> None:
        image = picture(".png")
        image += bytes(IMAGE_BYTES - len(image))
        look(upload(image), upload(wav(1)))


class TestLengths:
    def test_five_minutes_are_taken(self, upload: Upload) -> None:
        checked = look(upload(picture(".png")), upload(wav(300)))
        assert checked.seconds == pytest.approx(300, abs=0.01)

    def test_more_is_not(self, upload: Upload) -> None:
        with pytest.raises(AudioTooLong) as caught:
            look(upload(picture(".png")), upload(wav(301)))
        assert (caught.value.status, caught.value.details["max_seconds"]) == (400, 300.0)

    def test_a_header_that_lies_about_the_length_is_not_believed(self, upload: Upload) -> None:
        lying = bytearray(wav(301))
        lying[40:44] = struct.pack("<I", 16_000)
        lying[4:8] = struct.pack("<I", 16_036)
        checked = look(upload(picture(".png")), upload(bytes(lying)))
        assert checked.seconds == pytest.approx(1, abs=0.01)

    def test_less_than_a_second_warns(self, upload: Upload) -> None:
        checked = look(upload(picture(".png")), upload(wav(0.9)))
        assert len(checked.warnings) == 1
        assert "0.90 s" in checked.warnings[0]

    def test_a_damaged_file_is_refused_as_unusable(self, upload: Upload) -> None:
        with pytest.raises(CorruptMedia) as caught:
            look(upload(picture(".png")), upload(wav(1)[:60]))
        assert reworded(caught.value).status == 400


def test_many_at_once_wait_for_their_turn_without_a_thread(upload: Upload) -> None:
    image, sound = upload(picture(".png")), upload(wav(1))

    async def check_all() -> tuple[list[float], int]:
        checks, most = AvatarChecks(), 0

        async def check() -> float:
            return (await checks.check(image, sound)).seconds

        tasks = [asyncio.create_task(check()) for _ in range(3)]
        while not all(task.done() for task in tasks):
            most = max(most, checks.at_work)
            await asyncio.sleep(0.01)
        return [await task for task in tasks], most

    lengths, most = asyncio.run(check_all())
    assert lengths == [pytest.approx(1)] * 3
    assert most == AT_ONCE


def test_nothing_is_left_behind(upload: Upload, tmp_path: Path) -> None:
    image, sound = upload(picture(".png")), upload(wav(1))
    look(image, sound)
    assert {path.name for path in tmp_path.iterdir()} == {image.path.name, sound.path.name}


class TestWords:
    @pytest.mark.parametrize("error", [AudioEmpty(), CorruptMedia("x", details={"seconds": 0.1})])
    def test_what_cannot_be_used_is_400_and_says_why(self, error: TalkiesError) -> None:
        said = reworded(error)
        assert (said.status, said.code) == (400, "INVALID_INPUT")
        assert said.details == {**error.details, "reason": error.code}

    @pytest.mark.parametrize(
        "error", [MediaTooLarge(), RateLimited(), InvalidImageFormat()], ids=lambda e: e.code
    )
    def test_the_rest_stays_as_it_is(self, error: TalkiesError) -> None:
        assert reworded(error) is error
