"""Stamps of finished videos: how a manifest's second run knows what it need not do again."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from talkies.kit.files import replacing, sha256_of
from talkies.studio.videos.products import products
from talkies.studio.videos.request import VideoRequest

#: Folder of stamps, beside the videos.
FOLDER = ".talkies"

SCHEMA = "talkies.stamp/1"


def fingerprint(request: VideoRequest) -> str:
    """SHA-256 over what a video is made of: its options and the bytes of its inputs, not names."""
    options = asdict(request) | {"overwrite": None, "output": None}
    document = json.dumps(options, default=_plain, sort_keys=True)
    digest = hashlib.sha256(document.encode())
    return digest.hexdigest()


def _plain(value: object) -> str:
    """A value that JSON does not know: a file by its content, a fraction as it is written."""
    if isinstance(value, Path):
        return _tree_digest(value) if value.is_dir() else sha256_of(value)
    return str(value)


def _tree_digest(folder: Path) -> str:
    """SHA-256 over what a character's folder says of its drawings: gigabytes are not read."""
    listed = [
        (str(path.relative_to(folder)), path.stat().st_size, path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.suffix in {".png", ".json"} and path.is_file()
    ]
    return hashlib.sha256(json.dumps(listed).encode()).hexdigest()


def is_finished(request: VideoRequest, stamp: Path) -> bool:
    """Whether the same video was made before and all of its files are still as they were."""
    known = _read(stamp)
    return known.get("fingerprint") == fingerprint(request) and known.get("files") == _sizes(
        request
    )


def is_ours(stamp: Path) -> bool:
    """Whether an earlier run made this video, so that it may be made anew."""
    return bool(_read(stamp))


def write_stamp(request: VideoRequest, stamp: Path) -> None:
    """Say that this video is finished."""
    stamp.parent.mkdir(exist_ok=True, parents=True)
    document = {"schema": SCHEMA, "fingerprint": fingerprint(request), "files": _sizes(request)}
    with replacing(stamp) as partial:
        partial.write_text(json.dumps(document))


def _read(stamp: Path) -> Mapping[str, Any]:
    try:
        document = json.loads(stamp.read_text())
    except (OSError, ValueError):
        return {}
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        return {}
    return document


def _sizes(request: VideoRequest) -> dict[str, int]:
    """Length of every file of the video that is there."""
    return {path.name: path.stat().st_size for path in products(request).paths if path.is_file()}
