"""What a file is, by its first bytes: names and extensions are never believed."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO, Final

#: Bytes a test may look at. Also the most that is read of a file no test knows.
HEAD_BYTES = 4_096

#: Bytes of an ID3v2 header, whose last four hold the length of the tag, 7 bits in each; the flag
#: of a footer of the same size; the most tags that are passed over, one after the other.
ID3_HEADER, ID3_FOOTER, ID3_MAX = 10, 0x10, 8


class Family(StrEnum):
    """What a file is for."""

    PICTURE = "picture"
    SOUND = "sound"
    VIDEO = "video"
    #: A tree of frames; media opens none.
    ARCHIVE = "archive"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileType:
    """A supported type of file, and the one decoder that may open it."""

    name: str
    families: frozenset[Family]
    #: Format name of the only Pillow plug-in or FFmpeg demuxer that may open it.
    decoder: str
    matches: Callable[[bytes], bool]

    @property
    def article(self) -> str:
        """The indefinite article that goes before the name."""
        return "an" if self.name[0] in "AO" or self.name.startswith("MP") else "a"


def _starts(*prefixes: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(prefixes)


def _chunk(form: bytes, *outer: bytes) -> Callable[[bytes], bool]:
    """RIFF and its like: an outer name, a length, the name of the form."""
    return lambda head: head[:4] in outer and head[8:12] == form


#: Brands of ISO files that are still pictures (ISO/IEC 23008-12 and the AVIF specification).
HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1"})
AVIF_BRANDS = frozenset({b"avif", b"avis"})
#: First boxes of QuickTime files older than the `ftyp` box.
OLD_QUICKTIME = frozenset({b"moov", b"mdat", b"wide", b"free", b"skip"})


def _brands(head: bytes) -> frozenset[bytes]:
    """The major and compatible brands of an ISO file; empty where it is none."""
    if head[4:8] != b"ftyp":
        return frozenset()
    length = min(int.from_bytes(head[:4], "big"), 256)
    return frozenset({head[8:12]} | {head[at : at + 4] for at in range(16, length - 3, 4)})


def _is_avif(head: bytes) -> bool:
    return bool(_brands(head) & AVIF_BRANDS)


def _is_heif(head: bytes) -> bool:
    return head[8:12] in HEIF_BRANDS and not _is_avif(head) and head[4:8] == b"ftyp"


def _is_mp4(head: bytes) -> bool:
    if head[4:8] == b"ftyp":
        return not (_is_heif(head) or _is_avif(head))
    return head[4:8] in OLD_QUICKTIME


#: AAC frames (ISO/IEC 13818-7): 12 bits of sync, layer 0, one of 13 sample rates.
ADTS = re.compile(rb"\xff[\xf0\xf1\xf8\xf9][^\x34-\x3f\x74-\x7f\xb4-\xbf\xf4-\xff]", re.DOTALL)

#: MPEG audio frames (ISO/IEC 11172-3): 11 bits of sync, no reserved version or layer, no reserved
#: bit rate; the first frame of a file is never of "free" bit rate. Layer I is not decoded, and
#: would take the byte order mark of UTF-16 for sound.
MPEG_AUDIO = re.compile(rb"\xff[\xe2-\xe5\xf2-\xf5\xfa-\xfd][\x10-\xef]", re.DOTALL)


def _begins(pattern: re.Pattern[bytes]) -> Callable[[bytes], bool]:
    return lambda head: pattern.match(head) is not None


_PICTURE: Final = frozenset({Family.PICTURE})
_SOUND: Final = frozenset({Family.SOUND})
_BOTH: Final = frozenset({Family.SOUND, Family.VIDEO})


def _type(
    name: str, families: frozenset[Family], decoder: str, matches: Callable[[bytes], bool]
) -> FileType:
    return FileType(name=name, families=families, decoder=decoder, matches=matches)


#: Every type that is opened, the surest test first.
SUPPORTED: Final = (
    _type("PNG", _PICTURE, "PNG", _starts(b"\x89PNG\r\n\x1a\n")),
    _type("JPEG", _PICTURE, "JPEG", _starts(b"\xff\xd8\xff")),
    _type("WebP", _PICTURE, "WEBP", _chunk(b"WEBP", b"RIFF")),
    _type("GIF", _PICTURE | {Family.VIDEO}, "GIF", _starts(b"GIF87a", b"GIF89a")),
    _type("BMP", _PICTURE, "BMP", lambda head: head[:2] == b"BM" and head[6:10] == bytes(4)),
    _type("TIFF", _PICTURE, "TIFF", _starts(b"II*\0", b"MM\0*")),
    _type("AVIF", _PICTURE, "AVIF", _is_avif),
    _type("HEIC", _PICTURE, "HEIF", _is_heif),
    _type("WAV", _SOUND, "wav", _chunk(b"WAVE", b"RIFF", b"RF64")),
    _type("AIFF", _SOUND, "aiff", lambda head: head[:4] == b"FORM" and head[8:11] == b"AIF"),
    _type("FLAC", _SOUND, "flac", _starts(b"fLaC")),
    _type("Ogg", _SOUND, "ogg", _starts(b"OggS")),
    _type("MP4", _BOTH, "mov", _is_mp4),
    _type("WebM", _BOTH, "matroska", _starts(b"\x1a\x45\xdf\xa3")),
    _type("AAC", _SOUND, "aac", _begins(ADTS)),
    _type("MP3", _SOUND, "mp3", _begins(MPEG_AUDIO)),
)

#: What users may read where a type's own name says too little.
DISPLAY_NAMES: Final = {"MP4": "MP4/MOV/M4A", "WebM": "WebM/MKV", "Ogg": "Ogg/Opus"}

#: Types that are refused, so that the refusal can say what was given.
REFUSED: Final = (
    ("a text in UTF-16", _starts(b"\xff\xfe", b"\xfe\xff")),
    ("an HLS playlist", _starts(b"#EXTM3U")),
    ("an ffconcat script", _starts(b"ffconcat")),
    ("a session description (SDP)", _starts(b"v=0\r\n", b"v=0\n")),
    ("a PDF document", _starts(b"%PDF")),
    ("a ZIP archive or office document", _starts(b"PK\x03\x04")),
    ("a gzip archive", _starts(b"\x1f\x8b")),
    ("an AVI video", _chunk(b"AVI ", b"RIFF")),
    ("a Windows Media file", _starts(b"\x30\x26\xb2\x75\x8e\x66\xcf\x11")),
    ("a Flash video", _starts(b"FLV")),
    ("an AMR sound", _starts(b"#!AMR")),
    ("a MIDI file", _starts(b"MThd")),
    ("a Photoshop document", _starts(b"8BPS")),
    ("a JPEG XL picture", _starts(b"\xff\x0a", b"\0\0\0\x0cJXL ")),
    ("a program", _starts(b"\x7fELF", b"MZ")),
)


def sniff(file: BinaryIO) -> FileType | None:
    """The supported type of a file at its start, or None. The file is left at its start."""
    file.seek(0)
    head = file.read(HEAD_BYTES)
    start = 0
    for _ in range(ID3_MAX):
        if head[:3] != b"ID3" or len(head) < ID3_HEADER:
            break
        start += _id3_length(head)
        file.seek(start)
        head = file.read(HEAD_BYTES)
        # Some writers leave room behind the tag that its length does not count.
        start += len(head) - len(head.lstrip(b"\0"))
        head = head.lstrip(b"\0")
    file.seek(0)
    return next((kind for kind in SUPPORTED if kind.matches(head)), None)


def received(head: bytes) -> str:
    """A few words for a file that is not supported."""
    for words, matches in REFUSED:
        if matches(head):
            return words
    if _is_markup(head):
        return "an HTML or XML text"
    return "a text" if _is_text(head) else "a file of unknown type"


def supported_names(family: Family) -> tuple[str, ...]:
    """What to call the types of a family."""
    names = (kind.name for kind in SUPPORTED if family in kind.families)
    return tuple(DISPLAY_NAMES.get(name, name) for name in names)


def _id3_length(head: bytes) -> int:
    """Bytes of an ID3v2 tag with its header, and with the footer that a flag announces."""
    length = 0
    for byte in head[6:ID3_HEADER]:
        length = length << 7 | byte & 0x7F
    return ID3_HEADER * (2 if head[5] & ID3_FOOTER else 1) + length


def _is_markup(head: bytes) -> bool:
    return head.lstrip()[:1] == b"<" and _is_text(head)


def _is_text(head: bytes) -> bool:
    try:
        # A character may be cut at the end of the head.
        text = head.decode("utf-8", "strict" if len(head) < HEAD_BYTES else "ignore")
    except UnicodeDecodeError:
        return False
    return bool(text) and all(mark.isprintable() or mark in "\t\r\n\f" for mark in text)
