"""What the routes work with: every use case of the studio, and plain values from the settings."""

from dataclasses import dataclass, field

from talkies.api.seeds.avatar_checks import AvatarChecks
from talkies.api.seeds.sadtalker_answers import JobResponses
from talkies.api.seeds.sadtalker_defaults import SadTalkerDefaults
from talkies.jobs.jobs import Jobs
from talkies.kit.clock import Clock, now
from talkies.kit.scratch import Scratch
from talkies.storage.base import Storage
from talkies.storage.links import LinkSigner
from talkies.studio.access.idempotency import Idempotency
from talkies.studio.access.keys import KeyRing
from talkies.studio.access.limits import Limiter
from talkies.studio.access.quotas import Quotas
from talkies.studio.access.sessions import Sessions
from talkies.studio.assets.assets import Assets
from talkies.studio.audio.service import Audio
from talkies.studio.characters.gallery import Gallery
from talkies.studio.characters.service import Characters
from talkies.studio.engine_states import EngineStates
from talkies.studio.engines import EngineCatalog
from talkies.studio.face_rig.rig import SeedRig
from talkies.studio.health.readiness import Readiness
from talkies.studio.health.report import Health
from talkies.studio.previews import Previews
from talkies.studio.removal.deletion import Deletion
from talkies.studio.timelines.service import Timelines
from talkies.studio.usage.book import UsageBook
from talkies.studio.videos.service import Videos
from talkies.studio.webhooks.deliveries import Deliveries
from talkies.studio.webhooks.endpoints import Endpoints
from talkies.telemetry.metrics import Metrics
from talkies.telemetry.tracing import Tracing, Untraced


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpOptions:
    """Plain values of the HTTP side."""

    #: Of the product, for the API's description.
    version: str = "0"
    #: Where callers reach this server (`https://api.example.com`); None is what they asked for.
    public_url: str | None = None
    #: Origins whose pages may call with the user's browser; none by default.
    allowed_origins: tuple[str, ...] = ()
    #: Bytes of a body without files.
    max_body_bytes: int = 1_000_000
    #: Bytes of a body with files, and of one of its files.
    max_upload_bytes: int = 120_000_000
    max_file_bytes: int = 100_000_000
    #: Bytes of an archive of a character's frames.
    max_archive_bytes: int = 5 << 30
    #: The header in which SadTalker's clients (S9) show their key.
    api_key_header: str = "X-API-Key"
    #: Seconds for which `/generate_talking_video` (S9) waits for its video.
    legacy_wait_seconds: float = 480.0
    #: Whether `/metrics` needs no key.
    metrics_public: bool = False
    #: Whether routes that a seed left open need no key, also away from loopback.
    public_seed_routes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything that a route may call."""

    http: HttpOptions = field(default_factory=HttpOptions)
    jobs: Jobs
    videos: Videos
    assets: Assets
    deletion: Deletion
    previews: Previews
    audio: Audio
    characters: Characters
    gallery: Gallery
    timelines: Timelines
    engines: EngineCatalog
    engine_states: EngineStates
    storage: Storage
    #: Of links to this server; only where the storage is `local`.
    links: LinkSigner | None
    #: Private folders for files that are being received.
    scratch: Scratch
    keys: KeyRing
    sessions: Sessions
    limiter: Limiter
    quotas: Quotas
    idempotency: Idempotency
    endpoints: Endpoints
    deliveries: Deliveries
    usage: UsageBook
    health: Health
    readiness: Readiness
    #: What the seeds' contracts need of their own.
    sadtalker: JobResponses
    sadtalker_defaults: SadTalkerDefaults = field(default_factory=SadTalkerDefaults)
    avatar: AvatarChecks = field(default_factory=AvatarChecks)
    face_rig: SeedRig
    metrics: Metrics
    tracing: Tracing = field(default_factory=Untraced)
    clock: Clock = field(default=now)
