"""The frames of the seed's routes where they lie in a bucket, as `character publish` puts them.

What there is is read off the bucket itself, never off this machine's disk, so that a server without
any frames plays them all. Old trees without `sequences/` are known as well.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any, Final

from talkies.core.rig.config_json import config_from_json
from talkies.core.rig.manifest import described
from talkies.core.rig.model import RigConfig
from talkies.core.rig.naming import (
    ENDPOINTS,
    SEQUENCES,
    SUFFIX,
    parse_endpoint,
    parse_sequence,
    parse_stop,
)
from talkies.core.rig.standard import STANDARD
from talkies.errors import BlobMissing, NotFound
from talkies.rigs.character import CONFIG
from talkies.storage.base import Storage
from talkies.studio.characters.drawing_memory import missing
from talkies.studio.face_rig.frames import (
    Remembered,
    contents_from,
    manifest_in,
    plain_folder,
)

#: Seconds for which a listing is believed: one of 3 000 drawings takes a second, and costs.
LISTED_SECONDS: Final = 60.0

#: What a drawing may be written as.
_SUFFIXES: Final = frozenset({".png", ".webp"})


class BucketFrames:
    """The tree of one character below the prefix of a bucket."""

    def __init__(self, storage: Storage, *, clock: Callable[[], float]) -> None:
        """`storage` is the tree, its links are public addresses; `clock` counts seconds."""
        self._storage = storage
        self._known = Remembered(self._look, clock, LISTED_SECONDS)

    def sequences(self) -> tuple[str, ...]:
        return tuple(sorted(self._known.contents()["manifests"]))

    def manifest(self, path_id: str) -> dict[str, Any]:
        return manifest_in(self._known.contents(), path_id)

    def frame(self, folder: str, file: str) -> str:
        path = self._known.contents()["drawings"].get(plain_folder(folder), {}).get(file)
        if path is None:
            raise missing(file)
        return self._storage.link(path)

    def mark(self) -> str:
        """Another text for another tree: of names, lengths and times of all drawings.

        Raises `NotFound` where there is none.
        """
        contents = self._known.contents()
        if not contents["drawings"]:
            raise NotFound(
                "There are no frames in the bucket.",
                hint="Upload a character with `talkies character publish`, or check S3_PREFIX.",
            )
        return str(contents["mark"])

    def _look(self) -> Mapping[str, Any]:
        found = {
            blob.key: (blob.bytes, blob.modified_at)
            for blob in self._storage.list("")
            if PurePosixPath(blob.key).suffix in _SUFFIXES or blob.key == CONFIG
        }
        mark = hashlib.sha256(repr(sorted(found.items())).encode()).hexdigest()
        config = self._config() if CONFIG in found else STANDARD
        return {**_contents(found, config), "mark": mark}

    def _config(self) -> RigConfig:
        try:
            return config_from_json(b"".join(self._storage.read(CONFIG)).decode("utf-8-sig"))
        except BlobMissing:
            return STANDARD


def _contents(found: Mapping[str, object], config: RigConfig) -> dict[str, Any]:
    """What is in a tree of these paths."""
    drawings: defaultdict[str, dict[str, str]] = defaultdict(dict)
    stops: defaultdict[str, dict[int, str]] = defaultdict(dict)
    # Names of old trees come first, so that those below `sequences/` go before them.
    for path in sorted(found, key=lambda path: (path.startswith(SEQUENCES), path)):
        folder, _, file = path.removeprefix(f"{SEQUENCES}/").partition("/")
        # Of a file that lies deeper the name has a slash, and is that of no drawing.
        plain = file.rpartition(".")[0] + SUFFIX
        percent = parse_stop(plain)
        if folder == ENDPOINTS and parse_endpoint(plain, config):
            drawings[folder][file] = path
        elif percent is not None and parse_sequence(folder, config):
            drawings[folder][file] = path
            stops[folder][percent] = file
    manifests = {}
    for folder, files in stops.items():
        ends = parse_sequence(folder, config)
        if ends is not None:
            manifests[folder] = described(folder, ends, sorted(files.items()))
    return contents_from(manifests, dict(drawings))
