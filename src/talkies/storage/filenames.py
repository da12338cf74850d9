"""Names of downloads: any text a user may give, as a header that every browser understands."""

import unicodedata
from typing import Final
from urllib.parse import quote

#: Characters of a name; most systems end at 255 bytes, and a character has up to 4.
NAME_MAX: Final = 60


def safe_name(filename: str) -> str:
    """The name without folders, control characters and tricks of direction; never empty."""
    name = filename.replace("\\", "/").rpartition("/")[2]
    # Categories C: control, format (as the marks that turn a text around), surrogates, unassigned.
    name = "".join(mark for mark in name if not unicodedata.category(mark).startswith("C"))
    stem, dot, ending = name.strip(" .").rpartition(".")
    if not dot:
        stem, ending = ending, ""
    ending = (dot + ending)[:16]
    return (stem[: NAME_MAX - len(ending)] + ending) or "download"


def attachment(filename: str) -> str:
    """A `Content-Disposition` that saves under this name (RFC 6266), in ASCII alone."""
    name = safe_name(filename)
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = "".join("_" if mark in '"%\\' else mark for mark in plain)
    if not plain.rpartition(".")[0].strip(" ._"):
        plain = f"download{plain[plain.rfind('.') :] if '.' in plain else ''}"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
