"""What the avatar API (S2) looks at before it takes a job: types, sizes, and how long it sounds."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from anyio import CapacityLimiter, to_thread

from talkies.api.multipart import UploadedFile
from talkies.api.seeds.avatar_errors import (
    AudioTooLong,
    InvalidAudioFormat,
    InvalidImageFormat,
    UnusableInput,
)
from talkies.errors import MediaTooLarge
from talkies.media.sniff import HEAD_BYTES, FileType, received, sniff
from talkies.media.sounds import convert_sound

#: Types by the names of `media.sniff`, and by the extensions the seed names.
IMAGES: Final = {"PNG": ("png",), "JPEG": ("jpg", "jpeg")}
SOUNDS: Final = {"WAV": ("wav",), "MP3": ("mp3",)}

#: avatar-api-tech-spec, *Input Processing*; its MB are taken for the larger MiB.
IMAGE_BYTES: Final = 10 * 2**20
SOUND_BYTES: Final = 50 * 2**20

#: Seconds of sound: the most that is taken (*Error Scenarios*), and what is warned of below.
SECONDS_MAX: Final = 300.0
SECONDS_GOOD: Final = 1.0

#: An encoder's padding, in seconds, that makes a file of five minutes a little longer.
PADDING: Final = 0.1

#: Sounds that are decoded at once in one process, whatever is sent: each takes a core.
AT_ONCE: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What was found out."""

    image: FileType
    sound: FileType
    seconds: float
    warnings: tuple[str, ...]


class AvatarChecks:
    """Checks the files of requests, a few at a time: the others wait without holding a thread."""

    def __init__(self) -> None:
        self._turns = CapacityLimiter(AT_ONCE)

    @property
    def at_work(self) -> int:
        """How many are being looked at."""
        return int(self._turns.borrowed_tokens)

    async def check(self, image: UploadedFile, sound: UploadedFile) -> Checked:
        """Look at both files, when it is their turn. Raises as `look`."""
        return await to_thread.run_sync(look, image, sound, limiter=self._turns)


def look(image: UploadedFile, sound: UploadedFile) -> Checked:
    """Find out what both files are; the sound is decoded in a process of its own.

    Blocks for as long as that takes: 1.2 s for 5 minutes of MP3.

    Raises:
        UnusableInput: wrong type, empty, or too long.
        MediaTooLarge: too many bytes.
        AudioEmpty, CorruptMedia, UnsupportedMedia: as `convert_sound`.
    """
    image_type = _type(image, "image", IMAGE_BYTES)
    sound_type = _type(sound, "audio", SOUND_BYTES)
    seconds, warnings = _listen(sound)
    if seconds < SECONDS_GOOD:
        short = f"The audio is only {seconds:.2f} s long: the video may be of low quality."
        warnings = (short, *warnings)
    return Checked(image=image_type, sound=sound_type, seconds=seconds, warnings=warnings)


def _type(file: UploadedFile, name: str, most: int) -> FileType:
    if not file.bytes:
        raise UnusableInput(f"The {name} is empty.", details={"field": name})
    if file.bytes > most:
        raise MediaTooLarge(
            f"The {name} has {file.bytes:,} bytes; the most is {most:,}.",
            details={"field": name, "max_bytes": most},
        )
    wanted, refusal = (
        (IMAGES, InvalidImageFormat) if name == "image" else (SOUNDS, InvalidAudioFormat)
    )
    with file.path.open("rb") as opened:
        kind = sniff(opened)
        if kind is not None and kind.name in wanted:
            return kind
        found = kind.name.lower() if kind else received(opened.read(HEAD_BYTES))
    supported = [extension for names in wanted.values() for extension in names]
    raise refusal(details={"received_format": found, "supported_formats": supported})


def _listen(sound: UploadedFile) -> tuple[float, tuple[str, ...]]:
    """Seconds of the sound, and what may be wrong with it."""
    with tempfile.TemporaryDirectory(dir=sound.path.parent) as folder:
        try:
            heard = convert_sound(
                sound.path, Path(folder) / "sound.wav", max_seconds=SECONDS_MAX + PADDING
            )
        except MediaTooLarge as error:
            raise AudioTooLong(details={"field": "audio", "max_seconds": SECONDS_MAX}) from error
        return heard.seconds, heard.warnings
