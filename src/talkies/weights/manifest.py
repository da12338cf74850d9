"""The list of an engine's weights that we keep beside them: what is there and where it came from.

Standard library only: engines ask it whether they are ready. `talkies-weights.json` holds for every
source the commit it was pinned to and its files, and for every complete file its size and SHA-256.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from talkies.errors import WeightsMissing
from talkies.kit.files import replacing
from talkies.weights.names import MANIFEST, is_safe
from talkies.weights.sources import WeightSource, sources_of

#: Version of the file's form.
FORMAT: Final = 1
#: A manifest of ten thousand files is smaller.
MOST_BYTES: Final = 8 << 20

_SHA256: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightFile:
    """One file that is complete and was verified when it came."""

    #: Relative to the engine's folder, with `/` between its parts.
    path: str
    bytes: int
    #: In lower-case hexadecimal.
    sha256: str
    #: URL it came from, without its query.
    origin: str
    #: Commit of its repository; empty for a file of no repository.
    commit: str = ""
    #: Variants that need it; empty for all of them.
    variants: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PulledSource:
    """What a source turned out to be when it was first asked."""

    #: `WeightSource.fingerprint`.
    fingerprint: str
    #: Repository or URL.
    name: str
    #: What was asked for, and the commit that it was then; empty for a URL.
    revision: str = ""
    commit: str = ""
    #: Paths of its files, complete or not.
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """All that is known of one engine's folder."""

    sources: tuple[PulledSource, ...] = ()
    #: Complete files by path.
    files: Mapping[str, WeightFile] = field(default_factory=dict)

    def source(self, wanted: WeightSource) -> PulledSource | None:
        """What is known of a source that was asked for before."""
        fingerprint = wanted.fingerprint
        return next((one for one in self.sources if one.fingerprint == fingerprint), None)

    def commit(self, wanted: WeightSource) -> str:
        """The commit that a repository's revision was pinned to; empty where it is not yet."""
        name = (wanted.repository, wanted.revision)
        return next((one.commit for one in self.sources if (one.name, one.revision) == name), "")

    def with_source(self, source: PulledSource) -> "Manifest":
        """This manifest with a source added, or replaced."""
        others = (one for one in self.sources if one.fingerprint != source.fingerprint)
        return replace(self, sources=(*others, source))

    def with_file(self, file: WeightFile) -> "Manifest":
        """This manifest with a file added, or replaced."""
        return replace(self, files={**self.files, file.path: file})


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a folder; an empty one where there is none.

    Raises `WeightsMissing`: the manifest cannot be read, is damaged, or names files outside of the
    folder; `details` has its path.
    """
    path = folder / MANIFEST
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return Manifest()
    except OSError as error:
        raise _broken(path, error.strerror or "it cannot be read") from error
    if len(data) > MOST_BYTES:
        raise _broken(path, "it is too large")
    try:
        return _manifest(json.loads(data))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _broken(path, "it is not what we wrote") from error


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Put a manifest in place of the one that is there, in one step.

    Raises `OutputFailure` where the folder cannot be written.
    """
    document = {
        "format": FORMAT,
        "sources": [asdict(source) for source in manifest.sources],
        "files": [asdict(file) for _, file in sorted(manifest.files.items())],
    }
    with replacing(folder / MANIFEST) as partial:
        partial.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def missing(folder: Path, sources: Iterable[WeightSource], variant: str = "") -> tuple[str, ...]:
    """What a variant of an engine's weights lacks in its folder: nothing where it is complete.

    Paths of files that are not there or have another size, the names of sources that were never
    asked, or the manifest itself where it is damaged. It costs one small file and a look at each
    other: nothing is hashed, no request is made and nothing is raised.
    """
    try:
        manifest = read_manifest(folder)
    except WeightsMissing:
        return (MANIFEST,)
    lacking: dict[str, None] = {}
    for wanted in sources_of(sources, variant):
        known = manifest.source(wanted)
        if known is None:
            lacking[wanted.name] = None
        else:
            lacking.update(
                (path, None) for path in known.files if not _there(folder, manifest, path)
            )
    return tuple(lacking)


def is_whole(folder: Path, file: WeightFile) -> bool:
    """Whether a file is there with its size; its content is not read."""
    path = folder / file.path
    try:
        return path.is_file() and path.stat().st_size == file.bytes
    except OSError:
        return False


def _there(folder: Path, manifest: Manifest, path: str) -> bool:
    file = manifest.files.get(path)
    return file is not None and is_whole(folder, file)


def _broken(path: Path, reason: str) -> WeightsMissing:
    return WeightsMissing(
        f"{path.name} cannot be used: {reason}.",
        hint="Run `talkies weights pull NAME`: it looks at every file again, and downloads only "
        "what is missing or damaged.",
        details={"path": str(path)},
    )


def _manifest(document: Any) -> Manifest:
    """Raises `ValueError` and its like for anything that we would not have written."""
    if document["format"] != FORMAT:
        raise ValueError(document["format"])
    files = [_file(one) for one in document["files"]]
    return Manifest(
        sources=tuple(_source(one) for one in document["sources"]),
        files={file.path: file for file in files},
    )


def _source(about: Any) -> PulledSource:
    source = PulledSource(**about | {"files": tuple(about["files"])})
    texts = (source.fingerprint, source.name, source.revision, source.commit, *source.files)
    _require(all(isinstance(text, str) for text in texts))
    _require(all(map(is_safe, source.files)))
    return source


def _file(about: Any) -> WeightFile:
    file = WeightFile(**about | {"variants": tuple(about["variants"])})
    texts = (file.path, file.sha256, file.origin, file.commit, *file.variants)
    _require(all(isinstance(text, str) for text in texts))
    _require(type(file.bytes) is int and file.bytes >= 0)
    _require(is_safe(file.path) and _SHA256.fullmatch(file.sha256) is not None)
    return file


def _require(holds: bool) -> None:
    if not holds:
        raise ValueError
