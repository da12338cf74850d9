"""What the steps of all kinds of jobs have in common: a maker, files that are kept, delivery."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from talkies.engines.base import Capabilities
from talkies.errors import StorageFull
from talkies.jobs.kinds import StepContext
from talkies.jobs.records import Output
from talkies.kit.messages import Header
from talkies.storage.base import Storage
from talkies.studio.artifacts import Artifact, Artifacts
from talkies.studio.engines import EngineCatalog
from talkies.studio.fetching import Fetcher
from talkies.studio.keeping import STOP_SECONDS
from talkies.studio.maker_process import Patience
from talkies.studio.making import Makers
from talkies.studio.previews import Previews

#: Tries of a step that brings files from elsewhere or takes them there: one and three more, after
#: 1, 2 and 4 seconds.
TRANSFER_TRIES: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One file that goes out."""

    #: As the job's record names it.
    name: str
    #: Within the job's folder.
    file: str
    storage_key: str
    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """The parts that steps work with."""

    makers: Makers
    fetcher: Fetcher
    storage: Storage
    engines: EngineCatalog
    previews: Previews
    #: Makes room where the storage is full, as far as retention allows.
    relieve: Callable[[], object]

    @property
    def artifacts(self) -> Artifacts:
        return Artifacts(self.storage)

    def command(
        self, context: StepContext, command: Mapping[str, Any], patience: Patience, *, last: bool
    ) -> Header:
        """What the job's maker answers to a command about the job's folder.

        Its events become the job's progress and warnings. It ends when the job is to stop, after
        any error, and after the `last` command. Raises as `Maker.do`.
        """
        with self.makers.assign(context.job.id, last=last) as maker:
            context.on_stop(maker.stop)
            asked = {**command, "folder": str(context.folder)}
            return maker.do(asked, patience, lambda header: told(context, header))

    def render(
        self,
        engine: Capabilities,
        context: StepContext,
        command: Mapping[str, Any],
        patience: Patience,
    ) -> Header:
        """What the maker answers that keeps this engine in memory from job to job.

        It is asked to stop when the job is to, and given the time of one load for that: less would
        cost more. Raises as `Maker.do`.
        """
        stop_seconds = max(STOP_SECONDS, engine.load_seconds)
        with self.makers.keep(engine.id, context.on_stop, stop_seconds) as maker:
            asked = {**command, "folder": str(context.folder)}
            return maker.do(asked, patience, lambda header: told(context, header))

    def deliver(self, context: StepContext, products: Iterable[Product]) -> list[Output]:
        """Put files into the storage, where they stay.

        Raises:
            StorageFull: also after room was made.
            StorageUnavailable, StorageRefused.
        """
        kept = {artifact.name: artifact for artifact in self._known(context)}
        delivered = []
        for product in products:
            self._put(product, context.folder / product.file)
            delivered.append(
                Output(
                    name=product.name,
                    storage_key=product.storage_key,
                    sha256=kept[product.file].sha256,
                    bytes=kept[product.file].bytes,
                    content_type=product.content_type,
                )
            )
        return delivered

    def restore(self, context: StepContext) -> None:
        """Bring back what earlier steps left and this worker's folder does not have."""
        self.artifacts.restore(context.folder, self._known(context))

    def purge(self, job_id: str, *, previews: bool) -> None:
        """Remove what a job left outside of its folder."""
        self.makers.dismiss(job_id)
        self.artifacts.purge(job_id)
        if previews:
            self.previews.purge(job_id)

    def with_room(self, put: Callable[[], object]) -> None:
        """Put something into the storage, again where it was full and room was made."""
        try:
            put()
        except StorageFull:
            self.relieve()
            put()

    def _put(self, product: Product, path: Path) -> None:
        self.with_room(
            lambda: self.storage.put(product.storage_key, path, content_type=product.content_type)
        )

    def _known(self, context: StepContext) -> list[Artifact]:
        """The latest artifact of each name that earlier steps left."""
        latest = {
            document["name"]: Artifact.read(document)
            for result in context.results.values()
            for document in result.get("files", ())
        }
        return list(latest.values())


def told(context: StepContext, header: Header) -> None:
    """Pass on what a maker says; raises where the job is to stop."""
    if header["event"] == "warned":
        context.warn(header["message"])
    elif header["event"] == "progress":
        context.progress(header["stage"], header["fraction"], header["eta_seconds"])
