"""The service without its workers: every part is real but those that render and speak."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import uvicorn
from made_once import authorities, migrated, plug_ins
from sqlalchemy import Engine

from talkies.api.app import create_app
from talkies.api.seeds.sadtalker_answers import JobResponses, StoragePlace
from talkies.api.services import HttpOptions, Services
from talkies.core.alignment import Alignment, AlignmentSource
from talkies.core.timing_json import alignment_to_json
from talkies.engines.registry import EngineRegistry
from talkies.errors import MediaTooLarge
from talkies.jobs.jobs import Jobs
from talkies.jobs.kinds import Finished, JobKind, Phase, Step
from talkies.jobs.queue import PREPARE, Ticket, TicketState
from talkies.jobs.records import Document, Job
from talkies.kit.scratch import Scratch
from talkies.net.client import GuardedClient
from talkies.net.download import download
from talkies.net.guard import AddressPolicy
from talkies.net.resolver import SystemResolver
from talkies.storage.links import LinkSigner
from talkies.storage.local import LocalStorage
from talkies.studio.access.audit import Actor, AuditLog
from talkies.studio.access.idempotency import Idempotency
from talkies.studio.access.keys import KeyRing
from talkies.studio.access.limits import Limiter, RateLimits
from talkies.studio.access.principal import Scope
from talkies.studio.access.quotas import JobQuotas, Quotas
from talkies.studio.access.sessions import Sessions
from talkies.studio.assets.assets import Assets
from talkies.studio.audio.service import Audio
from talkies.studio.characters.book import CharacterBook
from talkies.studio.characters.drawing_memory import Drawings
from talkies.studio.characters.gallery import Gallery
from talkies.studio.characters.known_words import KnownWords
from talkies.studio.characters.passes import FramePasses
from talkies.studio.characters.places import CharacterPlaces
from talkies.studio.characters.service import Characters
from talkies.studio.characters.shelf import Shelf
from talkies.studio.engine_states import EngineStates
from talkies.studio.engines import EngineCatalog
from talkies.studio.face_rig.character import NamedCharacter
from talkies.studio.face_rig.export import SeedExports
from talkies.studio.face_rig.frames import CharacterFrames
from talkies.studio.face_rig.regeneration import SeedRegeneration
from talkies.studio.face_rig.rig import SeedRig
from talkies.studio.face_rig.sounds import SeedSounds
from talkies.studio.face_rig.voice import SeedVoice
from talkies.studio.fetching import Fetcher
from talkies.studio.health.fleet import FleetNumbers
from talkies.studio.health.readiness import Probe, Readiness, try_database, try_migrations
from talkies.studio.health.report import Build, Health
from talkies.studio.previews import Previews
from talkies.studio.removal.deletion import Deletion, Holdings
from talkies.studio.speaking import Script
from talkies.studio.timelines.book import TimelineBook
from talkies.studio.timelines.service import Surroundings, Timelines
from talkies.studio.usage.book import UsageBook
from talkies.studio.usage.prices import Prices
from talkies.studio.videos.casting import Casting
from talkies.studio.videos.choice import Choice
from talkies.studio.videos.choosing import EngineChooser
from talkies.studio.videos.estimates import Estimate
from talkies.studio.videos.pace import Pace
from talkies.studio.videos.service import Videos
from talkies.studio.videos.speeds import Range
from talkies.studio.videos.submission import VideoSubmission
from talkies.studio.webhooks.deliveries import Deliveries
from talkies.studio.webhooks.endpoints import Endpoints
from talkies.studio.webhooks.outbox import Outbox
from talkies.studio.webhooks.payloads import minimal_payload
from talkies.telemetry.gpu import GpuWatch
from talkies.telemetry.metrics import Metrics
from talkies.wiring.http_wire import HttpWire

#: Bytes of a file that a URL may give.
MOST_BYTES = 1_000_000


#: What is asked for here, and never worked off.
KINDS = ("video", "speech", "alignment", "character", "timeline", "export")

#: The character of the seed's routes; a test installs it below the folder `installed`.
SEED_CHARACTER = "robin"

#: A transcript at which the stand-in finds a recording too long to be waited for.
TOO_LONG = "This goes on for an hour."


class LineOfTickets:
    """A queue that nobody works off, in memory."""

    def __init__(self) -> None:
        self.tickets: dict[str, Ticket] = {}

    def add(self, ticket: Ticket) -> None:
        self.tickets.setdefault(ticket.id, ticket)

    def withdraw(self, ids: Sequence[str]) -> None:
        for id_ in ids:
            self.tickets.pop(id_, None)

    def forget(self, ids: Sequence[str]) -> None:
        self.withdraw(ids)

    def forget_ended(self, before: int, limit: int) -> int:
        return 0

    def close(self) -> None:
        self.tickets.clear()

    def states(self, ids: Sequence[str]) -> Mapping[str, TicketState]:
        return {id_: TicketState.WAITING for id_ in ids if id_ in self.tickets}


class StillSpeaker:
    """Says every text as a few bytes, or half a second of PCM; hears nothing in any recording."""

    def stream(self, script: Script, response_format: str) -> Iterator[bytes]:
        if response_format == "pcm":
            return iter((bytes(24_000),))
        return iter((b"first ", script.text.encode(), f" as {response_format}".encode()))

    def align(self, recording: Path, transcript: str | None, language: str | None) -> Document:
        if transcript == TOO_LONG:
            raise MediaTooLarge("It is too long.", details={"wait_seconds": 60})
        heard = Alignment(
            length=16_000, phonemes=(), language=language, source=AlignmentSource.RECOGNITION
        )
        timing: Document = json.loads(alignment_to_json(heard))
        return timing


class StillEstimator:
    """Guesses the same of everything."""

    def until_done(self, job: Job, position: int) -> float:
        return 10.0 * position

    def estimate(self, choice: Choice, submission: VideoSubmission) -> Estimate:
        some = Range(low=1.0, high=2.0)
        return Estimate(
            engine=choice.engine.id,
            engine_reason=choice.reason,
            preset=None,
            media_seconds=1.0,
            width=720,
            height=720,
            fps=25.0,
            frames=25,
            wait_seconds=some,
            work_seconds=some,
            total_seconds=some,
            cost=some,
            currency="USD",
            samples=0,
            warnings=(),
        )


def chooser_of(catalog: EngineCatalog, jobs: Jobs, assets: Assets, engine: Engine) -> EngineChooser:
    """What chooses engines for a service without workers."""
    return EngineChooser(
        catalog,
        jobs,
        Pace(engine),
        facts_of=assets.blobs.facts,
        commercial_only=False,
        auto_seconds=600,
    )


def still_kind(name: str) -> JobKind:
    """A kind of job that waits for ever."""
    wait = Step(name="wait", run=lambda _: None)
    return JobKind(
        name=name,
        phases=(Phase(queue=lambda _: PREPARE, steps=(wait,)),),
        finish=_never,
        purge=lambda _: None,
    )


def _never(*_: object) -> Finished:
    raise AssertionError("nobody works here")


@dataclass(frozen=True, kw_only=True)
class Stage:
    """The services, and what tests look at beside them."""

    services: Services
    engine: Engine
    #: A secret with every scope.
    key: str


def built(
    folder: Path, *, http: HttpOptions | None = None, limits: RateLimits | None = None
) -> Stage:
    """Every service on a database and a storage below `folder`."""
    engine = migrated(folder / "talkies.db")
    keys, audit = KeyRing(engine), AuditLog(engine)
    signer = LinkSigner(b"s" * 32)
    storage = LocalStorage(folder / "blobs", signer)
    assets = Assets(engine, storage)
    policy = AddressPolicy()
    client = GuardedClient(policy, SystemResolver(), tls=authorities())
    fetcher = Fetcher(
        assets,
        download=partial(_download, client),
        require_safe=partial(_check, policy),
    )
    scratch = Scratch(folder / "scratch")
    quotas = Quotas(engine, JobQuotas(per_key=0, per_user=0))
    idempotency = Idempotency(engine)
    responses = JobResponses(storage, StoragePlace(provider="local"), signer=signer)
    book = UsageBook(engine, Prices(), uses_gpu=lambda _: False)
    book_of_characters = CharacterBook(engine)
    jobs = Jobs(
        engine,
        kinds={name: still_kind(name) for name in KINDS},
        queue=LineOfTickets(),
        observers=(
            quotas.observe,
            idempotency.observe,
            book_of_characters.observe,
            Outbox({"v1": minimal_payload, "sadtalker": responses.webhook}).observer,
            book.observe,
        ),
    )
    catalog = EngineCatalog(EngineRegistry(points=plug_ins()))
    gpus = GpuWatch("/nowhere/nvidia-smi")
    probe = Probe("storage", storage.check)
    places = places_in(folder, assets)
    characters = Characters(
        jobs,
        fetcher,
        book_of_characters,
        places,
        check_webhook=client.check,
    )
    words = KnownWords(storage, book_of_characters.place, places.installed)
    timelines = timelines_of(engine, jobs, assets, fetcher, characters, words, client.check)
    audio = Audio(jobs, fetcher, StillSpeaker(), check_webhook=client.check)
    gallery = Gallery(
        book_of_characters, Drawings(storage, book_of_characters.place), FramePasses(b"p" * 32)
    )
    services = Services(
        http=http or HttpOptions(),
        jobs=jobs,
        assets=assets,
        deletion=Deletion(
            Holdings(
                jobs=jobs,
                assets=assets,
                storage=storage,
                scratch=scratch,
                erasers=(book_of_timelines(engine, assets).erase,),
            ),
            audit=audit,
            secret=b"r" * 32,
        ),
        videos=Videos(
            jobs,
            fetcher,
            storage,
            chooser=chooser_of(catalog, jobs, assets, engine),
            estimator=StillEstimator(),
            casting=Casting(characters, timelines, timelines.kept),
            check_webhook=client.check,
        ),
        previews=Previews(storage),
        audio=audio,
        characters=characters,
        timelines=timelines,
        gallery=gallery,
        engines=catalog,
        engine_states=EngineStates(engine, catalog, jobs.workers),
        storage=storage,
        links=signer,
        scratch=scratch,
        keys=keys,
        sessions=Sessions(engine),
        limiter=Limiter(limits or RateLimits(per_key=0, per_user=0)),
        quotas=quotas,
        idempotency=idempotency,
        endpoints=Endpoints(engine, client, audit),
        deliveries=Deliveries(engine),
        usage=book,
        health=Health(
            Build(version="1.2.3", git_sha="abc"), gpus=gpus, engines=catalog, warm=tuple
        ),
        readiness=Readiness(
            [
                Probe("database", partial(try_database, engine)),
                Probe("migrations", partial(try_migrations, engine)),
                probe,
            ]
        ),
        sadtalker=responses,
        face_rig=seed_rig_of(characters, gallery, timelines, assets, audio, places),
        metrics=Metrics(
            version="1.2.3",
            revision="abc",
            fleet=FleetNumbers(engine, depths=jobs.depths, storage_up=lambda: probe.look().ok),
            gpus=gpus,
        ),
    )
    secret = keys.create("stage", [Scope.ADMIN], by=Actor(name="stage")).secret
    return Stage(services=services, engine=engine, key=secret)


def book_of_timelines(engine: Engine, assets: Assets) -> TimelineBook:
    def release(digests: Iterable[str], made_at: int) -> object:
        return assets.release(digests, made_at=made_at)

    return TimelineBook(engine, release=release)


def timelines_of(
    engine: Engine,
    jobs: Jobs,
    assets: Assets,
    fetcher: Fetcher,
    characters: Characters,
    words: KnownWords,
    check_webhook: Callable[[str], str],
) -> Timelines:
    around = Surroundings(
        jobs=jobs,
        fetcher=fetcher,
        blobs=assets.blobs,
        characters=characters,
        words_of=words.of,
        check_webhook=check_webhook,
    )
    return Timelines(book_of_timelines(engine, assets), around)


def seed_rig_of(
    characters: Characters,
    gallery: Gallery,
    timelines: Timelines,
    assets: Assets,
    audio: Audio,
    places: CharacterPlaces,
) -> SeedRig:
    """The seed's routes of characters, over an installed one called robin."""
    sounds = SeedSounds(assets)
    return SeedRig(
        frames=CharacterFrames(characters, gallery, SEED_CHARACTER, clock=time.monotonic),
        character=NamedCharacter(SEED_CHARACTER),
        sounds=sounds,
        voice=SeedVoice(audio, sounds),
        exports=SeedExports(timelines, assets),
        regeneration=SeedRegeneration(places, SEED_CHARACTER),
    )


def places_in(folder: Path, assets: Assets) -> CharacterPlaces:
    """The shelf and the installed characters below `folder`."""
    shelf = Shelf(folder / "shelf", bytes_most=1 << 30, fetch=assets.fetch)
    return CharacterPlaces(shelf, folder / "installed")


def _check(policy: AddressPolicy, url: str) -> None:
    policy.check_url(url)


def _download(client: GuardedClient, url: str, path: Path) -> object:
    return download(client, url, path, max_bytes=MOST_BYTES, seconds=5)


@contextmanager
def serving(services: Services) -> Iterator[str]:
    """The address of a real server of these services, in a thread of this process."""
    app = create_app(services)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, http=HttpWire, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        app.state.live.end()
        server.should_exit = True
        thread.join(60)
        listener.close()
