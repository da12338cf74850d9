"""Brings what is missing of an engine's weights: only that, once, verified, and one at a time."""

import contextlib
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from talkies.errors import DiskFull, DownloadFailed, WeightsMissing
from talkies.kit.files import unwritable
from talkies.net.client import GuardedClient
from talkies.weights.fetching import Fetcher
from talkies.weights.hub import Hub
from talkies.weights.manifest import WeightFile, missing
from talkies.weights.names import LOCK, MANIFEST, PRIVATE
from talkies.weights.partial import Partial
from talkies.weights.patience import Passing, Patience
from talkies.weights.progress import Meter, PullListener, PullStage, ignore
from talkies.weights.releases import look
from talkies.weights.remote import Listing, RemoteFile
from talkies.weights.sources import WeightSource, sources_of
from talkies.weights.survey import Survey
from talkies.weights.verifying import verify

#: Room that has to be free for each byte that is missing: file systems keep books too.
ROOM: Final = 1.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """What a pull did."""

    #: Files that were downloaded; none where everything was there.
    files: tuple[WeightFile, ...] = ()
    seconds: float = 0.0

    @property
    def bytes(self) -> int:
        """Size of the files that were downloaded."""
        return sum(file.bytes for file in self.files)


def free_bytes(folder: Path) -> int:
    """Room on the disk that a folder is on."""
    return shutil.disk_usage(folder).free


class Puller:
    """Downloads weights from the model hub and from plain URLs."""

    def __init__(
        self,
        hub: Hub,
        client: GuardedClient,
        patience: Patience | None = None,
        *,
        sleep: Callable[[float], None] = time.sleep,
        free: Callable[[Path], int] = free_bytes,
    ) -> None:
        """`free` says how much room there is for files in a folder, bytes."""
        self._hub, self._client, self._free, self._sleep = hub, client, free, sleep
        self._patience = patience or Patience()
        self._fetcher = Fetcher(client, self._patience, sleep)

    def pull(
        self,
        sources: Iterable[WeightSource],
        folder: Path,
        variant: str = "",
        *,
        volume: Path | None = None,
        thorough: bool = False,
        listener: PullListener = ignore,
    ) -> Pulled:
        """Bring what a variant lacks into the engine's folder; where nothing is lacking, at once.

        Files that are there are taken for whole by their size, or, where `thorough`, by their
        content. `volume` is the folder whose lock lets one process download at a time, and the
        others wait; None is the engine's folder.

        Raises:
            DiskFull: there is too little room, said before anything is downloaded.
            DownloadFailed: a file did not come; those that did, and what came of it, are kept.
            Misconfigured: two sources want different files in one place.
            OutputUnwritable: the folder cannot be written.
        """
        began, every = time.monotonic(), tuple(sources)
        files: tuple[WeightFile, ...] = ()
        if thorough or missing(folder, every, variant):
            meter = Meter(listener)
            with _alone(folder, volume or folder, meter):
                damaged = _damaged(folder, every, variant, meter) if thorough else frozenset()
                if damaged or missing(folder, every, variant):
                    survey = Survey(folder, self._asking(meter), meter, damaged)
                    files = self._bring(survey, folder, sources_of(every, variant), meter)
        return Pulled(files=files, seconds=time.monotonic() - began)

    def _bring(
        self, survey: Survey, folder: Path, wanted: Sequence[WeightSource], meter: Meter
    ) -> tuple[WeightFile, ...]:
        lacking = survey.lacking(wanted)
        self._require_room(folder, lacking)
        meter.begin(PullStage.DOWNLOAD, total=sum(file.bytes for file in lacking))
        came = []
        for file in lacking:
            meter.file(file.path)
            came.append(self._fetcher.fetch(file, folder, meter))
            survey.note(came[-1])
        meter.end()
        shutil.rmtree(folder / PRIVATE, ignore_errors=True)
        return tuple(came)

    def _asking(self, meter: Meter) -> Callable[[WeightSource, str], Listing]:
        """What a source has, asked several times if need be."""

        def ask(source: WeightSource, commit: str) -> Listing:
            def question() -> Listing:
                if source.repository:
                    return self._hub.list(source, commit)
                return look(self._client, source)

            try:
                return self._patience.ask(question, meter.retry, self._sleep)
            except Passing as error:
                raise DownloadFailed(
                    f"Nothing is known of {source.name} after {self._patience.tries} tries: "
                    f"{error.reason}.",
                    details={"source": source.name},
                ) from error

        return ask

    def _require_room(self, folder: Path, lacking: Sequence[RemoteFile]) -> None:
        private = folder / PRIVATE
        missing_bytes = sum(file.bytes - Partial.left_over(private, file) for file in lacking)
        needed, free = round(missing_bytes * ROOM), self._free(folder)
        if needed > free:
            raise DiskFull(
                f"The weights need {needed / 1e9:.2f} GB more in {folder}, where "
                f"{free / 1e9:.2f} GB are free.",
                hint="Free some space, or name another disk by MODEL_STORAGE_PATH.",
                details={"needed_bytes": needed, "free_bytes": free, "path": str(folder)},
            )


@contextlib.contextmanager
def _alone(folder: Path, volume: Path, meter: Meter) -> Iterator[None]:
    """Be the only process that downloads to the volume; wait for the one that does."""
    try:
        for path in (folder, volume):
            path.mkdir(parents=True, exist_ok=True)
        lock = FileLock(volume / LOCK)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            meter.begin(PullStage.WAIT)
            lock.acquire()
    except OSError as error:
        raise unwritable(folder, error) from error
    try:
        yield
    finally:
        lock.release()


def _damaged(
    folder: Path, sources: Sequence[WeightSource], variant: str, meter: Meter
) -> frozenset[str]:
    """Paths of what is not as it came, the manifest itself among them."""
    meter.begin(PullStage.CHECK)
    try:
        flaws = verify(folder, sources, variant, meter.over)
    except WeightsMissing:
        return frozenset({MANIFEST})
    return frozenset(flaw.path for flaw in flaws)
