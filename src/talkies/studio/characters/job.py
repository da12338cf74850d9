"""The jobs of characters: inputs are brought, a maker builds or imports, the bundle is kept."""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Protocol, TypeAlias

from talkies.jobs.kinds import Finished, JobKind, Phase, Step, StepContext
from talkies.jobs.queue import CHARACTERS
from talkies.jobs.records import Job
from talkies.kit.files import sha256_of
from talkies.studio.characters.kinds import ARCHIVE, BUNDLE, BUNDLE_TYPE, CHARACTER_KIND
from talkies.studio.characters.requests import CharacterSubmission, character_from
from talkies.studio.characters.steps import INPUTS, ORDER, SHARES, Order
from talkies.studio.fetching import Fetcher
from talkies.studio.maker_process import Patience
from talkies.studio.progress import Stage
from talkies.studio.workshop import TRANSFER_TRIES, Workshop

#: Seconds for the largest tree, and for a drawing or a file of which nothing is heard.
PATIENCE: Final = Patience(wall_seconds=4 * 3_600.0, silence_seconds=600.0)

FETCH: Final = Stage.FETCH.value

#: What is done of a job when its inputs are there.
BROUGHT: Final = SHARES[Stage.FETCH]


FetchS3: TypeAlias = Callable[[str, Path, Callable[[int, int], None]], None]


class Keeper(Protocol):
    """What is asked of `assets.Assets`."""

    def keep(self, path: Path, *, content_type: str, sha256: str | None = None) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CharacterShop:
    """What jobs of characters work with beside the workshop."""

    #: Takes archives as large as the settings allow.
    fetcher: Fetcher
    #: Brings a tree of a bucket (`s3://bucket/prefix/`) into a new folder; hears of files that
    #: came, and of how many.
    fetch_s3: FetchS3
    keeper: Keeper
    #: Processes that draw one character.
    workers: int


def character_kind(workshop: Workshop, shop: CharacterShop) -> JobKind:
    """The kind `character`: what is asked for is a `CharacterSubmission`'s document."""
    steps = _Steps(workshop, shop)
    make = Step(name=Stage.BUILD.value, run=steps.make, tries=TRANSFER_TRIES)
    return JobKind(
        name=CHARACTER_KIND,
        phases=(Phase(queue=lambda _: CHARACTERS, steps=(make,)),),
        finish=_finished,
        purge=lambda job: workshop.purge(job.id, previews=False),
    )


class _Steps:
    """The one step of a character: a bundle is large, and goes to the storage once."""

    def __init__(self, workshop: Workshop, shop: CharacterShop) -> None:
        self._workshop = workshop
        self._shop = shop

    def make(self, context: StepContext) -> dict[str, Any]:
        """Bring, make and keep; what an earlier try drew is found again in the folder."""
        asked = character_from(context.job.request)
        context.progress(FETCH, 0.0)
        self._bring(asked, context)
        context.progress(Stage.BUILD.value, BROUGHT)
        answer = self._workshop.command(context, {"do": "character"}, PATIENCE, last=True)
        return {"facts": answer["facts"], "bundle": self._kept(context.folder / BUNDLE)}

    def _bring(self, asked: CharacterSubmission, context: StepContext) -> None:
        inputs = context.folder / INPUTS
        inputs.mkdir(exist_ok=True)
        for role, source in asked.sources.items():
            self._shop.fetcher.bring(source, inputs / role)
        if asked.s3_url is not None:
            shutil.rmtree(inputs / ARCHIVE, ignore_errors=True)
            self._shop.fetch_s3(
                asked.s3_url,
                inputs / ARCHIVE,
                lambda done, total: context.progress(FETCH, BROUGHT * done / total),
            )
        order = Order(
            name=asked.name,
            config=asked.config,
            key_color=asked.key_color,
            build=asked.build,
            workers=self._shop.workers,
        )
        (context.folder / ORDER).write_text(json.dumps(asdict(order)), encoding="utf-8")

    def _kept(self, bundle: Path) -> dict[str, Any]:
        """The bundle in the storage; to keep it twice is harmless."""
        digest, size = sha256_of(bundle), bundle.stat().st_size
        self._workshop.with_room(
            lambda: self._shop.keeper.keep(bundle, content_type=BUNDLE_TYPE, sha256=digest)
        )
        return {"sha256": digest, "bytes": size}


def _finished(job: Job, results: Mapping[str, Any]) -> Finished:
    made = results[Stage.BUILD.value]
    facts = dict(made["facts"])
    if "published_url" in job.request:
        facts["published_url"] = job.request["published_url"]
    return Finished(result={**facts, BUNDLE: made["bundle"]})
