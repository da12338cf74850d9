"""What the API is given: the services of an installation, and plain values of its settings."""

from collections.abc import Callable
from functools import partial

from talkies import __version__
from talkies.api.seeds.sadtalker_defaults import SadTalkerDefaults
from talkies.api.services import HttpOptions, Services
from talkies.pods.book import PodBook
from talkies.settings import Settings
from talkies.studio.audio.service import Audio
from talkies.studio.audio.speaker import Speaker
from talkies.studio.characters.service import Characters
from talkies.studio.engine_states import EngineStates
from talkies.studio.health.fleet import FleetNumbers
from talkies.studio.health.readiness import (
    Probe,
    Readiness,
    try_database,
    try_migrations,
    try_worker,
)
from talkies.studio.health.report import Build, Health
from talkies.studio.timelines.orders import Surroundings
from talkies.studio.timelines.service import Timelines
from talkies.studio.videos.casting import Casting
from talkies.studio.videos.choosing import EngineChooser
from talkies.studio.videos.estimates import Estimator
from talkies.studio.videos.pace import Pace
from talkies.studio.videos.service import Videos
from talkies.studio.webhooks.deliveries import Deliveries
from talkies.studio.webhooks.endpoints import Endpoints
from talkies.telemetry.gpu import GpuWatch
from talkies.telemetry.metrics import Metrics
from talkies.telemetry.tracing import tracing
from talkies.wiring.face_rig import face_rig_of
from talkies.wiring.foundation import asset_limits
from talkies.wiring.installation import Installation

#: Seconds for which an answer of the storage's probe is believed.
STORAGE_FRESH_SECONDS = 15

#: Bytes of a form's fields and of the lines between its parts.
FORM_BYTES = 1_000_000

UNKNOWN = "unknown"


def services_of(parts: Installation, worker_alive: Callable[[], bool] | None) -> Services:
    """The services; `worker_alive` is None where this process works nothing off."""
    base, access, work = parts.base, parts.access, parts.work
    gpus, storage = GpuWatch(), storage_probe(parts)
    characters, timelines, audio = characters_of(parts), timelines_of(parts), audio_of(parts)
    return Services(
        http=http_options(parts.settings),
        jobs=work.jobs,
        videos=videos_of(parts),
        assets=base.assets,
        deletion=parts.deletion,
        previews=work.previews,
        audio=audio,
        characters=characters,
        timelines=timelines,
        gallery=work.characters.gallery,
        engines=work.catalog,
        engine_states=engine_states_of(parts),
        storage=base.storage,
        links=base.links,
        scratch=base.scratch,
        keys=access.keys,
        sessions=access.sessions,
        limiter=access.limiter,
        quotas=access.quotas,
        idempotency=access.idempotency,
        endpoints=Endpoints(base.engine, base.client, access.audit),
        deliveries=Deliveries(base.engine),
        usage=work.usage,
        health=health_of(parts, gpus, worker_alive),
        readiness=readiness_of(parts, storage, worker_alive),
        sadtalker=work.sadtalker,
        sadtalker_defaults=sadtalker_defaults_of(parts.settings),
        face_rig=face_rig_of(parts, characters, timelines, audio),
        metrics=metrics_of(parts, gpus, storage),
        tracing=tracing(parts.settings.otel_endpoint, __version__),
    )


def engine_states_of(parts: Installation) -> EngineStates:
    work = parts.work
    return EngineStates(
        parts.base.engine,
        work.catalog,
        work.jobs.workers,
        commercial_only=parts.settings.commercial_only,
    )


def sadtalker_defaults_of(settings: Settings) -> SadTalkerDefaults:
    return SadTalkerDefaults(
        size=settings.sadtalker_default_size,
        preprocess=settings.sadtalker_default_preprocess,
        use_old_version=settings.sadtalker_use_old_version,
    )


def http_options(settings: Settings) -> HttpOptions:
    limits = asset_limits(settings)
    largest = max(limits.picture_bytes, limits.sound_bytes, limits.video_bytes)
    # A form may bring one file of each kind.
    whole = limits.picture_bytes * 2 + limits.sound_bytes + limits.video_bytes + FORM_BYTES
    return HttpOptions(
        version=__version__,
        public_url=settings.api_public_base_url,
        allowed_origins=settings.cors_origins,
        max_upload_bytes=whole,
        max_file_bytes=largest,
        max_archive_bytes=limits.archive_bytes,
        api_key_header=settings.api_key_header,
        legacy_wait_seconds=settings.legacy_wait,
        metrics_public=settings.metrics_public,
        public_seed_routes=settings.public_seed_routes,
    )


def videos_of(parts: Installation) -> Videos:
    base, work, settings = parts.base, parts.work, parts.settings
    timelines = timelines_of(parts)
    pace = Pace(base.engine)
    chooser = EngineChooser(
        work.catalog,
        work.jobs,
        pace,
        facts_of=base.assets.blobs.facts,
        commercial_only=settings.commercial_only,
        auto_seconds=settings.auto_seconds,
    )
    estimates = Estimator(
        work.makers,
        base.fetcher,
        base.scratch,
        engines=work.catalog,
        pace=pace,
        lines=work.jobs,
        prices=work.prices,
        open_character=work.characters.places.open,
    )
    return Videos(
        work.jobs,
        base.fetcher,
        base.storage,
        chooser=chooser,
        estimator=estimates,
        casting=Casting(characters_of(parts), timelines, timelines.kept),
        check_webhook=base.client.check,
    )


def audio_of(parts: Installation) -> Audio:
    base, work = parts.base, parts.work
    speaker = Speaker(work.makers, base.scratch)
    return Audio(work.jobs, base.fetcher, speaker, check_webhook=base.client.check)


def characters_of(parts: Installation) -> Characters:
    base, work = parts.base, parts.work
    return Characters(
        work.jobs,
        base.fetcher,
        work.characters.book,
        work.characters.places,
        check_webhook=base.client.check,
    )


def timelines_of(parts: Installation) -> Timelines:
    base, work = parts.base, parts.work
    around = Surroundings(
        jobs=work.jobs,
        fetcher=base.fetcher,
        blobs=base.assets.blobs,
        characters=characters_of(parts),
        words_of=work.characters.words.of,
        check_webhook=base.client.check,
    )
    return Timelines(work.timelines.book, around)


def storage_probe(parts: Installation) -> Probe:
    return Probe("storage", parts.base.storage.check, fresh_seconds=STORAGE_FRESH_SECONDS)


def readiness_of(
    parts: Installation, storage: Probe, worker_alive: Callable[[], bool] | None
) -> Readiness:
    engine = parts.base.engine
    probes = [
        Probe("database", partial(try_database, engine)),
        Probe("migrations", partial(try_migrations, engine)),
        storage,
    ]
    if worker_alive is not None:
        probes.append(Probe("worker", partial(try_worker, worker_alive)))
    return Readiness(probes)


def health_of(
    parts: Installation, gpus: GpuWatch, worker_alive: Callable[[], bool] | None
) -> Health:
    """Engines are warm where this process keeps makers ready for them."""
    settings, catalog = parts.settings, parts.work.catalog

    def warm() -> tuple[str, ...]:
        ready = worker_alive is not None and worker_alive()
        return tuple(engine.id for engine in catalog.list() if engine.ready) if ready else ()

    return Health(
        Build(version=__version__, git_sha=settings.git_sha or UNKNOWN),
        gpus=gpus,
        engines=catalog,
        warm=warm,
        bucket=settings.s3_bucket if settings.provider == "s3" or settings.use_s3 else None,
    )


def metrics_of(parts: Installation, gpus: GpuWatch, storage: Probe) -> Metrics:
    numbers = FleetNumbers(
        parts.base.engine,
        depths=parts.work.jobs.depths,
        storage_up=lambda: storage.look().ok,
        pods=PodBook(parts.base.engine).states,
    )
    revision = parts.settings.git_sha or UNKNOWN
    return Metrics(version=__version__, revision=revision, fleet=numbers, gpus=gpus)
