"""The jobs of an installation: what kinds there are, what they are made with, who hears of them."""

from dataclasses import dataclass
from functools import partial

from talkies.api.links import Links
from talkies.api.seeds.sadtalker_answers import JobResponses, StoragePlace
from talkies.api.v1.job_urls import urls_of
from talkies.engines.registry import EngineRegistry
from talkies.engines.terms import RenderTerms
from talkies.jobs.dbos_queue import DbosQueue
from talkies.jobs.jobs import Jobs
from talkies.jobs.kinds import JobKind
from talkies.jobs.records import Document, Job
from talkies.settings import Settings
from talkies.studio.audio.jobs import alignment_kind, speech_kind
from talkies.studio.characters.job import character_kind
from talkies.studio.engines import EngineCatalog
from talkies.studio.health.job_log import log_job
from talkies.studio.making import Makers
from talkies.studio.previews import Previews
from talkies.studio.removal.retention import Retention
from talkies.studio.timelines.export_jobs import export_kind
from talkies.studio.timelines.jobs import TimelineParts, timeline_kind
from talkies.studio.usage.book import UsageBook
from talkies.studio.usage.prices import Prices
from talkies.studio.videos.job import video_kind
from talkies.studio.webhooks.outbox import Outbox
from talkies.studio.webhooks.payloads import minimal_payload
from talkies.studio.workshop import Workshop
from talkies.wiring.access import Access
from talkies.wiring.character_work import CharacterParts, characters_over
from talkies.wiring.engines import engine_home, render_terms
from talkies.wiring.foundation import Foundation, client_of
from talkies.wiring.pod_terms import terms_of
from talkies.wiring.pods import Pods, Surroundings, pods_of
from talkies.wiring.timelines import timelines_over

#: The origin of jobs whose webhooks have a body of their own.
SADTALKER = "sadtalker"


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Jobs, and what belongs to them."""

    registry: EngineRegistry
    catalog: EngineCatalog
    makers: Makers
    previews: Previews
    retention: Retention
    prices: Prices
    usage: UsageBook
    sadtalker: JobResponses
    #: None where there are no pods.
    pods: Pods | None
    characters: CharacterParts
    timelines: TimelineParts
    queue: DbosQueue
    jobs: Jobs


def work_of(base: Foundation, access: Access, *, spares: int) -> Work:
    """Build the parts; `spares` makers are kept ready once they are started."""
    settings, engine = base.settings, base.engine
    home, terms = engine_home(settings), render_terms(settings)
    registry = EngineRegistry(home)
    catalog, prices = EngineCatalog(registry), prices_of(settings)
    retention = Retention(engine, base.storage, base.assets.blobs, hours=settings.keep_hours)
    workshop = Workshop(
        makers=Makers(spares=spares, home=home, terms=terms),
        fetcher=base.fetcher,
        storage=base.storage,
        engines=catalog,
        previews=Previews(base.storage),
        relieve=retention.relieve,
    )
    usage = UsageBook(engine, prices, uses_gpu=lambda id_: catalog.choose(id_).vram_gib > 0)
    sadtalker = sadtalker_of(base)
    outbox = Outbox({"v1": partial(v1_payload, settings), SADTALKER: sadtalker.webhook})
    queue, pods = DbosQueue(engine.url), pods_around(base, registry)
    characters = characters_over(base)
    timelines = timelines_over(base, characters)
    kinds = kinds_of(workshop, terms, pods, characters, timelines)
    told = (characters.book.observe, access.quotas.observe, access.idempotency.observe)
    observers = (*told, retention.expire, usage.observe, outbox.observer, log_job)
    return Work(
        registry=registry,
        catalog=catalog,
        makers=workshop.makers,
        previews=workshop.previews,
        retention=retention,
        prices=prices,
        usage=usage,
        sadtalker=sadtalker,
        pods=pods,
        characters=characters,
        timelines=timelines,
        queue=queue,
        jobs=Jobs(engine, kinds=kinds, queue=queue, observers=observers),
    )


def pods_around(base: Foundation, registry: EngineRegistry) -> Pods | None:
    """The pods of the settings; None where there are none. Raises `Misconfigured`."""
    around = Surroundings(
        engine=base.engine,
        storage=base.storage,
        registry=registry,
        links=partial(client_of, base.settings, hosts=()),
    )
    return pods_of(terms_of(base.settings), around)


def kinds_of(
    workshop: Workshop,
    terms: RenderTerms,
    pods: Pods | None,
    characters: CharacterParts,
    timelines: TimelineParts,
) -> dict[str, JobKind]:
    """Every kind of job there is, by name."""
    remote = None if pods is None else pods.remote
    kinds = (
        video_kind(workshop, terms, remote, characters.places.open),
        *(speech_kind(workshop), alignment_kind(workshop)),
        character_kind(workshop, characters.shop),
        *(timeline_kind(workshop, timelines), export_kind(workshop, timelines)),
    )
    return {kind.name: kind for kind in kinds}


def sadtalker_of(base: Foundation) -> JobResponses:
    """What writes the answers and webhooks of the SadTalker routes."""
    return JobResponses(
        base.storage,
        place_of(base.settings),
        signer=base.links,
        public_url=base.settings.api_public_base_url,
    )


def v1_payload(settings: Settings, job: Job, event: str) -> Document:
    """The body of a webhook; links in it are absolute where the public address is known."""
    links = Links(settings.api_public_base_url or "")
    return minimal_payload(
        job, event, {name: links.to(path) for name, path in urls_of(job).items()}
    )


def prices_of(settings: Settings) -> Prices:
    return Prices(
        gpu_per_hour=settings.gpu_price_per_hour,
        storage_per_gb_month=settings.storage_price_per_gb_month,
        currency=settings.currency,
        retention_hours=settings.keep_hours,
    )


def place_of(settings: Settings) -> StoragePlace:
    """Where results lie, as the SadTalker routes say it."""
    buckets = {
        "s3": settings.s3_bucket,
        "r2": settings.r2_bucket_name,
        "supabase": settings.supabase_storage_bucket,
    }
    return StoragePlace(
        provider=settings.provider,
        bucket=buckets.get(settings.provider),
        prefix=settings.output_prefix,
    )
