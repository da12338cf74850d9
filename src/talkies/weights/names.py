"""Names of files that others chose, turned into paths that cannot lead out of a folder."""

from pathlib import Path
from typing import Final

from talkies.errors import DownloadFailed

#: What we write beside the weights.
MANIFEST: Final = "talkies-weights.json"
#: Where files lie that are not complete yet; hidden from engines that list their folder.
PRIVATE: Final = ".talkies-partial"
#: Held by the one process that downloads.
LOCK: Final = ".talkies-weights.lock"

#: Names of ours, which no file of a repository may take.
RESERVED: Final = frozenset({MANIFEST, PRIVATE, LOCK})
#: Longest part of a path and longest path, in bytes (ext4, and most others; Linux PATH_MAX).
MOST_PART, MOST_PATH = 255, 2048


def is_safe(name: str) -> bool:
    """Whether a relative path with `/` between its parts stays in the folder it is put into.

    Refused are absolute names, `.` and `..`, empty parts, backslashes, control characters, names
    of our own files, and what no file system takes.
    """
    parts = name.split("/")
    return (
        all(part not in {"", ".", ".."} and _fits(part) for part in parts)
        and len(name.encode(errors="replace")) <= MOST_PATH
        and parts[0] not in RESERVED
    )


def _fits(part: str) -> bool:
    return part.isprintable() and "\\" not in part and len(part.encode()) <= MOST_PART


def joined(to: str, name: str) -> str:
    """The path of a file in the engine's folder; `to` may be empty.

    Raises `DownloadFailed` for a name that leads elsewhere.
    """
    path = "/".join(part for part in (to.strip("/"), name) if part)
    if to.startswith("/") or not is_safe(path):
        raise DownloadFailed(
            "A file of the weights has a name that leads out of their folder.",
            hint="Nothing was downloaded. Check the repository and `to` in the description.",
            details={"file": ascii(path)[:200]},
        )
    return path


def writable_path(folder: Path, path: str) -> Path:
    """Where a safe relative path lies, with its folders made.

    Raises `DownloadFailed` where a link on the way leads out of the folder.
    """
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.parent.resolve().is_relative_to(folder.resolve()):
        raise DownloadFailed(
            f"{path} lies behind a link that leads out of the folder of the weights.",
            hint="Replace the link by a folder, or complete the files behind it yourself.",
            details={"file": path},
        )
    return target
