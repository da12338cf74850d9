"""All settings as one value: what was given, and what follows from it."""

from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from talkies.settings.about import About
from talkies.settings.characters import Characters, Helpers
from talkies.settings.later import Web
from talkies.settings.pods import Pods, RunPod, SadTalker
from talkies.settings.rendering import Rendering
from talkies.settings.serving import Access, Data, Serving
from talkies.settings.storing import Storing
from talkies.settings.working import Intake, Keeping, Outbound, Telling, Working

#: The sections of the table, in its order; the docstring of each is its title.
SECTIONS: Final[tuple[type[BaseModel], ...]] = (
    *(Serving, Data, Access, Working, Intake, Storing, Keeping, Outbound, Telling),
    *(Rendering, Characters, Helpers, Pods, RunPod, SadTalker, Web),
)

#: Hours that the profile of S1 and S5 keeps videos (avatar-api-tech-spec, "auto-cleanup").
AVATAR_API_HOURS: Final = 6.0


class Settings(
    Serving,
    Data,
    Access,
    Working,
    Intake,
    Storing,
    Keeping,
    Outbound,
    Telling,
    Rendering,
    Characters,
    Helpers,
    Pods,
    RunPod,
    SadTalker,
    Web,
    BaseSettings,
):
    """Every setting by the lower-case name of its variable. `reading.load` makes one."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid")

    #: What whoever set this should know: variables that were given and not used.
    notices: tuple[str, ...] = ()

    @classmethod
    def settings_customise_sources(  # type: ignore[override]  # the others are not looked at
        cls, _: type[BaseSettings], init_settings: PydanticBaseSettingsSource, **__: Any
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take what `load` found by the table, and look nowhere else."""
        return (init_settings,)

    @property
    def database(self) -> str:
        """The URL of the database; it may hold a password."""
        if self.database_url is None:
            return f"sqlite:///{self.data_dir / 'talkies.db'}"
        return self.database_url.get_secret_value()

    @property
    def scratch_folder(self) -> Path:
        return self.scratch_dir or self.data_dir / "scratch"

    @property
    def storage_folder(self) -> Path:
        return self.storage_dir or self.data_dir / "storage"

    @property
    def provider(self) -> Literal["local", "s3", "r2", "supabase"]:
        """The storage that is used."""
        if self.storage_provider is not None:
            return self.storage_provider
        r2 = (self.r2_account_id, self.r2_endpoint, self.r2_bucket_name)
        return "r2" if any(r2) else "local"

    @property
    def output_prefix(self) -> str:
        """The folder of the bucket that is ours, without slashes around it."""
        if self.storage_prefix is not None:
            return self.storage_prefix.strip("/")
        of_s3 = None if self.use_s3 else self.s3_prefix
        by_provider = {"s3": of_s3, "r2": of_s3, "supabase": self.supabase_prefix}
        return (by_provider.get(self.provider) or "").strip("/")

    @property
    def output_base_url(self) -> str | None:
        """Where everybody can read what is stored, if anywhere."""
        return None if self.use_s3 or self.provider != "s3" else self.s3_base_url

    @property
    def frames_prefix(self) -> str:
        """The folder of the bucket that has the frames of characters, without slashes around."""
        return (self.s3_prefix or "frames/").strip("/") if self.use_s3 else "frames"

    @property
    def r2_address(self) -> str:
        """Where R2 is."""
        return self.r2_endpoint or f"https://{self.r2_account_id}.r2.cloudflarestorage.com"

    @property
    def keep_hours(self) -> float | None:
        """Hours for which a job's files are kept; None keeps them until they are deleted."""
        if self.retention_hours is None and self.profile == "avatar-api":
            return AVATAR_API_HOURS
        return self.retention_hours

    @property
    def cors_origins(self) -> tuple[str, ...]:
        """Web pages that may call the API from a browser; empty switches CORS off."""
        if self.api_enable_cors is False:
            return ()
        return self.allowed_origins or (("*",) if self.api_enable_cors else ())

    @property
    def legacy_wait(self) -> float:
        """Seconds that `POST /generate_talking_video` waits for its video."""
        return self.legacy_wait_seconds or self.sadtalker_job_timeout_ms / 1000

    @property
    def otel_endpoint(self) -> str | None:
        """Where traces are sent; None sends none."""
        return self.otel_exporter_otlp_endpoint if self.otel_enabled else None

    @property
    def limits_storage(self) -> str:
        """Where requests are counted, as `studio.access.limits.Limiter` takes it."""
        return "memory://" if self.redis_url is None else self.redis_url.get_secret_value()

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        return is_loopback(self.api_host)


def is_loopback(host: str) -> bool:
    """Whether a name or address is this machine's own."""
    bare = host.strip("[]").lower()
    try:
        return ip_address(bare).is_loopback
    except ValueError:
        return bare == "localhost"


def about(name: str) -> About | None:
    """What is said about a setting; None for a field that is no setting."""
    found = (part for part in Settings.model_fields[name].metadata if isinstance(part, About))
    return next(found, None)
