"""What a pull has to bring: asks the sources what there is, and looks what lies here already."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from talkies.errors import Misconfigured, WeightsMissing
from talkies.weights.manifest import (
    Manifest,
    PulledSource,
    WeightFile,
    is_whole,
    read_manifest,
    write_manifest,
)
from talkies.weights.progress import Meter, PullStage
from talkies.weights.remote import Digests, Listing, RemoteFile
from talkies.weights.sources import WeightSource
from talkies.weights.verifying import update_from

#: The files of a source, at the commit it was pinned to; empty before it is.
Ask: TypeAlias = Callable[[WeightSource, str], Listing]


class Survey:
    """The manifest of one folder, while one process pulls into it."""

    def __init__(
        self, folder: Path, ask: Ask, meter: Meter, damaged: frozenset[str] = frozenset()
    ) -> None:
        """`damaged` are paths of files whose content is known to be wrong."""
        self._folder, self._ask, self._meter, self._damaged = folder, ask, meter, damaged
        self._manifest = _known(folder)

    def lacking(self, wanted: Sequence[WeightSource]) -> tuple[RemoteFile, ...]:
        """The files that have to be downloaded.

        Files that somebody else put here are taken for what they are, by their hashes. What the
        sources turned out to be is written down, so that a revision stays pinned from here on.

        Raises `DownloadFailed`, `Misconfigured`, and `OutputFailure` where nothing can be written.
        """
        known = self._listed(source for source in wanted if not self._complete(source))
        write_manifest(self._folder, self._manifest)
        return tuple(one for one in known if not self._there(one) and not self._adopted(one))

    def note(self, file: WeightFile) -> None:
        """Write down that a file is complete."""
        self._manifest = self._manifest.with_file(file)
        write_manifest(self._folder, self._manifest)

    def _complete(self, source: WeightSource) -> bool:
        known = self._manifest.source(source)
        return known is not None and all(map(self._whole, known.files))

    def _whole(self, path: str) -> bool:
        file = self._manifest.files.get(path)
        return file is not None and path not in self._damaged and is_whole(self._folder, file)

    def _listed(self, sources: Iterable[WeightSource]) -> tuple[RemoteFile, ...]:
        """Each file of these sources once."""
        found: dict[str, RemoteFile] = {}
        for source in sources:
            self._meter.begin(PullStage.LIST, source.name)
            listing = self._ask(source, self._manifest.commit(source))
            for file in map(self._pinned, listing.files):
                if found.setdefault(file.path, file).content != file.content:
                    raise _contradiction(file.path)
            self._manifest = self._manifest.with_source(
                PulledSource(
                    fingerprint=source.fingerprint,
                    name=source.name,
                    revision=source.revision if source.repository else "",
                    commit=listing.commit,
                    files=tuple(file.path for file in listing.files),
                )
            )
        return tuple(found.values())

    def _pinned(self, file: RemoteFile) -> RemoteFile:
        """A file of a URL has to be the one that came before, if one did."""
        before = self._manifest.files.get(file.path)
        if file.has_hash or before is None or before.origin != file.origin:
            return file
        return replace(file, sha256=before.sha256)

    def _there(self, file: RemoteFile) -> bool:
        known = self._manifest.files.get(file.path)
        return (
            known is not None
            and self._whole(file.path)
            and (known.origin, known.commit, known.bytes) == (file.origin, file.commit, file.bytes)
            and known.sha256 == (file.sha256 or known.sha256)
        )

    def _adopted(self, file: RemoteFile) -> bool:
        """Whether the right content lies in the place already; it is then written down."""
        path = self._folder / file.path
        digests = Digests(file)
        try:
            if not file.has_hash or not path.is_file() or path.stat().st_size != file.bytes:
                return False
            self._meter.begin(PullStage.CHECK, file.path, total=file.bytes)
            update_from(path, digests.update, self._meter.at)
        except OSError:
            return False
        if not digests.fit:
            return False
        self.note(file.finished(digests.sha256))
        return True


def _known(folder: Path) -> Manifest:
    """A damaged manifest counts as none: what lies here is then known by its hashes."""
    try:
        return read_manifest(folder)
    except WeightsMissing:
        return Manifest()


def _contradiction(path: str) -> Misconfigured:
    return Misconfigured(
        f"Two sources of the weights want different files at {path}.",
        hint="Give one of them another `to` in the description of the engine.",
        details={"file": path},
    )
