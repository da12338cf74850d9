"""Which files are taken as assets, and what they are called on the web."""

from pathlib import Path
from typing import Final

from talkies.errors import UnsupportedMedia
from talkies.media.sniff import HEAD_BYTES, Family, FileType, received, sniff, supported_names

#: Media types (IANA registry) by the names of `media.sniff`.
MEDIA_TYPES: Final = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "WebP": "image/webp",
    "GIF": "image/gif",
    "BMP": "image/bmp",
    "TIFF": "image/tiff",
    "AVIF": "image/avif",
    "HEIC": "image/heic",
    "WAV": "audio/wav",
    "AIFF": "audio/aiff",
    "FLAC": "audio/flac",
    "Ogg": "audio/ogg",
    "MP4": "video/mp4",
    "WebM": "video/webm",
    "AAC": "audio/aac",
    "MP3": "audio/mpeg",
}

#: An archive, by its first bytes (PKWARE's APPNOTE 4.3.7): what reads it looks closer.
ZIP: Final = "application/zip"
ZIP_START: Final = b"PK\x03\x04"

#: Other names that browsers and tools give them, for uploads that are only announced.
ALIASES: Final = {
    "image/jpg": "image/jpeg",
    "application/x-zip-compressed": ZIP,
    "image/x-ms-bmp": "image/bmp",
    "image/heif": "image/heic",
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/vnd.wave": "audio/wav",
    "audio/x-aiff": "audio/aiff",
    "audio/x-flac": "audio/flac",
    "audio/opus": "audio/ogg",
    "audio/mp3": "audio/mpeg",
    "audio/x-m4a": "audio/mp4",
    "audio/m4a": "audio/mp4",
    "video/quicktime": "video/mp4",
    "video/x-matroska": "video/webm",
    "audio/x-matroska": "audio/webm",
}

#: Types whose container carries a sound as well as a video, by what their sounds are called.
SOUND_ONLY: Final = {"audio/mp4": "video/mp4", "audio/webm": "video/webm"}

#: Endings that say of such a container that it has no picture.
SOUND_ENDINGS: Final = {".m4a": "audio/mp4", ".mka": "audio/webm", ".weba": "audio/webm"}

_FAMILIES: Final = {
    "image": Family.PICTURE,
    "audio": Family.SOUND,
    "video": Family.VIDEO,
}


def announced(content_type: str) -> tuple[Family, str]:
    """What an upload is to be, by the type it is announced with; raises `UnsupportedMedia`."""
    plain = content_type.partition(";")[0].strip().lower()
    name = ALIASES.get(plain, plain)
    if name == ZIP:
        return Family.ARCHIVE, ZIP
    if name not in MEDIA_TYPES.values() and name not in SOUND_ONLY:
        raise _refusal(f"`{plain or 'nothing'}`")
    return _FAMILIES[name.partition("/")[0]], name


def sniffed(
    path: Path, *, filename: str | None = None, announced_as: str = ""
) -> tuple[Family, str]:
    """What a file is by its bytes; raises `UnsupportedMedia` for what nothing here can open.

    Its name, or the type it was announced with, only tells a sound from a video where one
    container carries both.
    """
    with path.open("rb") as file:
        kind = sniff(file)
        if kind is None and file.read(len(ZIP_START)) == ZIP_START:
            return Family.ARCHIVE, ZIP
        if kind is None:
            file.seek(0)
            raise _refusal(received(file.read(HEAD_BYTES)))
    name = MEDIA_TYPES[kind.name]
    sound = announced_as or SOUND_ENDINGS.get(Path(filename or "").suffix.lower(), "")
    if SOUND_ONLY.get(sound) == name:
        return Family.SOUND, sound
    return _family(kind, name), name


def names_of(family: Family) -> tuple[str, ...]:
    """What to call the types of a family."""
    return ("ZIP",) if family is Family.ARCHIVE else supported_names(family)


def _family(kind: FileType, name: str) -> Family:
    family = _FAMILIES[name.partition("/")[0]]
    return family if family in kind.families else next(iter(kind.families))


def _refusal(what: str) -> UnsupportedMedia:
    names = dict.fromkeys(name for family in Family for name in names_of(family))
    return UnsupportedMedia(
        f"The file is {what}, which is not supported.",
        hint=f"Supported: {', '.join(names)}.",
        details={"received": what, "supported": list(names)},
    )
