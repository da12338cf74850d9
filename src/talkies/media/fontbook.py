"""Which font can write a text: the one that comes with Talkies, an extra's, or the system's."""

import importlib.util
import re
import struct
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from talkies.errors import FontMissing

#: Latin, Greek, Cyrillic, Arabic and Devanagari, so that these work everywhere.
BUNDLED: Final = Path(__file__).with_name("fonts") / "captions.ttf"

#: Packages of the extra `captions` that hold fonts, by module name.
EXTRA_MODULES: Final = ("noto_cjk_sans_otc",)

#: Where systems keep their fonts, and where in their homes people do.
SYSTEM_FOLDERS: Final = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path("/System/Library/Fonts"),
    Path("/Library/Fonts"),
)
HOME_FOLDERS: Final = (".fonts", ".local/share/fonts", "Library/Fonts")

#: Parts of the names of system fonts that are good to read on a screen, the best first.
PREFERRED: Final = ("notosans", "hiragino", "pingfang", "applesdgothic", "dejavusans", "sans")

#: Styles that captions are not set in.
UNWANTED: Final = ("italic", "oblique", "mono", "thin", "condensed", "serif", "symbol", "emoji")

#: What to install, by the first word of a character's Unicode name.
EAST_ASIAN: Final = frozenset({"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "IDEOGRAPHIC"})
EAST_ASIAN_HINT: Final = (
    "Run `pip install 'talkies[captions]'`, or on Debian and Ubuntu `apt install fonts-noto-cjk`."
)
OTHER_HINT: Final = "On Debian and Ubuntu run `apt install fonts-noto-core`."

#: Faces of a collection of Chinese, Japanese and Korean, by the script that decides.
FACE_BY_SCRIPT: Final = (("HIRAGANA", 0), ("KATAKANA", 0), ("HANGUL", 1), ("CJK", 2))

#: Unicode categories that leave no mark of their own: spaces, controls, joiners.
INVISIBLE: Final = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf"})
#: Categories that may be left out where no font has them: emoji, symbols, private use.
DISPENSABLE: Final = frozenset({"So", "Sk", "Co", "Cn", "Cs"})


@dataclass(frozen=True, slots=True)
class FontFace:
    """One face of a font file."""

    path: Path
    index: int = 0


class FontBook:
    """Finds fonts, and remembers what it read of them."""

    def __init__(
        self,
        folders: Iterable[Path] | None = None,
        *,
        modules: Iterable[str] = EXTRA_MODULES,
    ) -> None:
        """Look into `folders`, those of the system where none are given, and packages of fonts."""
        self._folders = system_folders() if folders is None else tuple(folders)
        self._modules = tuple(modules)
        self._coverages: dict[Path, frozenset[int]] = {}
        self._files: tuple[Path, ...] | None = None

    def face_for(self, text: str) -> FontFace:
        """A face that can write all of `text`, emoji and other symbols aside.

        Raises `FontMissing`, which names the scripts and what to install.
        """
        needed = frozenset(map(ord, filter(_is_needed, text)))
        for path in self._candidates():
            if needed <= self.coverage(path):
                return FontFace(path, _collection_index(path, text))
        raise _missing(needed - self.coverage(BUNDLED))

    def writable(self, text: str, face: FontFace) -> str:
        """`text` without the symbols that the face does not have."""
        have = self.coverage(face.path)
        kept = "".join(mark for mark in text if _is_invisible(mark) or ord(mark) in have)
        return re.sub(" {2,}", " ", kept)

    def coverage(self, path: Path) -> frozenset[int]:
        """The code points a font has glyphs for; none for a file that is not a font."""
        if path not in self._coverages:
            try:
                with path.open("rb") as file:
                    self._coverages[path] = read_coverage(file)
            except (OSError, ValueError, struct.error):
                self._coverages[path] = frozenset()
        return self._coverages[path]

    def _candidates(self) -> Iterator[Path]:
        yield BUNDLED
        yield from packaged_fonts(self._modules)
        if self._files is None:
            self._files = tuple(sorted(_font_files(self._folders), key=_preference))
        yield from self._files


def _is_invisible(mark: str) -> bool:
    # Variation selectors only choose a form of the character before them.
    return unicodedata.category(mark) in INVISIBLE or "\ufe00" <= mark <= "\ufe0f"


def _is_needed(mark: str) -> bool:
    return not _is_invisible(mark) and unicodedata.category(mark) not in DISPENSABLE


def system_folders() -> tuple[Path, ...]:
    """Where this system and this user keep fonts; a user of a container may have no home."""
    try:
        home = Path.home()
    except RuntimeError:
        return SYSTEM_FOLDERS
    return (*SYSTEM_FOLDERS, *(home / folder for folder in HOME_FOLDERS))


def packaged_fonts(modules: Iterable[str]) -> Iterator[Path]:
    """Font files of the packages that are installed, the others left out."""
    for name in modules:
        found = importlib.util.find_spec(name)
        for folder in (found and found.submodule_search_locations) or ():
            yield from sorted(Path(folder).glob("*.[to]t[cf]"))


def _font_files(folders: Iterable[Path]) -> Iterator[Path]:
    for folder in folders:
        yield from folder.glob("**/*.[to]t[cf]")


def _preference(path: Path) -> tuple[bool, int, bool, str]:
    """Order of system fonts: plain styles before others, good faces first, regular weight first."""
    name = path.stem.lower().replace("-", "").replace(" ", "")
    rank = next((rank for rank, part in enumerate(PREFERRED) if part in name), len(PREFERRED))
    return any(part in name for part in UNWANTED), rank, "regular" not in name, path.name


def _collection_index(path: Path, text: str) -> int:
    """The face of Noto's collection for Chinese, Japanese and Korean that suits the text."""
    if path.suffix != ".ttc" or "CJK" not in path.name:
        return 0
    scripts = {_script(ord(mark)) for mark in text}
    return next((index for script, index in FACE_BY_SCRIPT if script in scripts), 0)


def _script(code: int) -> str:
    return unicodedata.name(chr(code), "UNKNOWN").split(maxsplit=1)[0].partition("-")[0]


def _missing(codes: frozenset[int]) -> FontMissing:
    scripts = sorted({_script(code) for code in codes})
    names = sorted({"CJK" if name in EAST_ASIAN else name.title() for name in scripts})
    hints = [EAST_ASIAN_HINT] if EAST_ASIAN & set(scripts) else []
    if set(scripts) - EAST_ASIAN:
        hints.append(OTHER_HINT)
    return FontMissing(
        f"No installed font can write these captions ({', '.join(names)}).",
        hint=" ".join(hints),
        details={"scripts": scripts, "characters": "".join(map(chr, sorted(codes)[:20]))},
    )


def read_coverage(file: BinaryIO) -> frozenset[int]:
    """Code points of a font's character map (OpenType 1.9, `cmap` formats 4 and 12).

    Of a collection, those of its first face. Raises `ValueError` for what is not a font.
    """
    head = file.read(16)
    start = 0
    if head[:4] == b"ttcf":
        (start,) = struct.unpack(">I", head[12:16])
    file.seek(start)
    version, tables = struct.unpack(">4sH6x", file.read(12))
    if version not in {b"\0\1\0\0", b"OTTO", b"true"}:
        raise ValueError("not an OpenType font")
    for _ in range(tables):
        tag, offset, length = struct.unpack(">4s4xII", file.read(16))
        if tag == b"cmap":
            file.seek(offset)
            return _mapped(file.read(length))
    raise ValueError("a font without a character map")


def _mapped(cmap: bytes) -> frozenset[int]:
    """Code points of all Unicode subtables of a `cmap` table."""
    codes: set[int] = set()
    (count,) = struct.unpack_from(">2xH", cmap)
    for number in range(count):
        (offset,) = struct.unpack_from(">4xI", cmap, 4 + 8 * number)
        (kind,) = struct.unpack_from(">H", cmap, offset)
        read = {4: _segments, 12: _groups}.get(kind)
        for first, last in read(cmap, offset) if read else ():
            codes.update(range(first, last + 1))
    return frozenset(codes)


def _segments(cmap: bytes, offset: int) -> Iterator[tuple[int, int]]:
    """Ranges of a format 4 subtable."""
    (doubled,) = struct.unpack_from(">H", cmap, offset + 6)
    count = doubled // 2
    lasts = struct.unpack_from(f">{count}H", cmap, offset + 14)
    firsts = struct.unpack_from(f">{count}H", cmap, offset + 16 + doubled)
    return ((first, last) for first, last in zip(firsts, lasts, strict=True) if first != 0xFFFF)  # noqa: PLR2004  the end mark


def _groups(cmap: bytes, offset: int) -> Iterator[tuple[int, int]]:
    """Ranges of a format 12 subtable."""
    (count,) = struct.unpack_from(">I", cmap, offset + 12)
    for number in range(count):
        first, last = struct.unpack_from(">II", cmap, offset + 16 + 12 * number)
        yield first, min(last, 0x10FFFF)
