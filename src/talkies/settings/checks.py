"""Settings that are good one by one, and not together."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from talkies.settings.model import Settings

#: Characters of a secret that nobody can guess from a link that it signed: 128 bits and more.
SECRET_MIN: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong, and what to do about it."""

    #: The variables to change.
    variables: tuple[str, ...]
    message: str
    hint: str


def contradictions(settings: Settings) -> list[Problem]:
    """Everything that does not fit together, or that no part could use."""
    return [problem for check in _CHECKS for problem in check(settings)]


def _missing(settings: Settings) -> Iterator[Problem]:
    """What the chosen storage needs."""
    for name in _NEEDED[settings.provider]:
        if getattr(settings, name) is None:
            variable = name.upper()
            yield Problem(
                variables=(variable,),
                message=f"The storage `{settings.provider}` needs {variable}, which is not set.",
                hint=f"Set {variable}, or STORAGE_PROVIDER=local.",
            )
    if settings.provider == "r2" and not (settings.r2_account_id or settings.r2_endpoint):
        yield Problem(
            variables=("R2_ACCOUNT_ID",),
            message="The storage `r2` needs R2_ACCOUNT_ID or R2_ENDPOINT, and neither is set.",
            hint="Set R2_ACCOUNT_ID, or STORAGE_PROVIDER=local.",
        )
    if settings.use_s3 and settings.s3_bucket is None:
        yield Problem(
            variables=("S3_BUCKET", "USE_S3"),
            message="USE_S3 needs S3_BUCKET, which is not set.",
            hint="Set S3_BUCKET, or unset USE_S3.",
        )


def _halves(settings: Settings) -> Iterator[Problem]:
    """Credentials of which one half is missing."""
    if (settings.s3_access_key_id is None) != (settings.s3_secret_access_key is None):
        yield Problem(
            variables=("S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"),
            message="Of S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY only one is set.",
            hint="Set both, or neither to use the role of the machine.",
        )


def _addresses(settings: Settings) -> Iterator[Problem]:
    for name in _WEB_ADDRESSES:
        value = getattr(settings, name)
        parts = urlsplit(value or "https://unset")
        if parts.scheme not in {"http", "https"} or not parts.netloc or parts.query:
            yield Problem(
                variables=(name.upper(),),
                message=f"{name.upper()}={value} is no address of a service.",
                hint="Write it as https://example.com.",
            )


def _schemes(settings: Settings) -> Iterator[Problem]:
    """Secret addresses: named, and never shown."""
    for name, schemes in _SCHEMES.items():
        value = getattr(settings, name)
        if value is None:
            continue
        scheme = value.get_secret_value().partition(":")[0]
        if scheme not in schemes:
            yield Problem(
                variables=(name.upper(),),
                message=f"{name.upper()} begins with none of {', '.join(schemes)}.",
                hint=f"Write it as {schemes[0]}://…",
            )


def _secret_key(settings: Settings) -> Iterator[Problem]:
    given = settings.secret_key
    if given is not None and len(given.get_secret_value()) < SECRET_MIN:
        yield Problem(
            variables=("SECRET_KEY",),
            message=f"SECRET_KEY has fewer than {SECRET_MIN} characters.",
            hint="Give it the output of `openssl rand -hex 32`.",
        )


def _folders(settings: Settings) -> Iterator[Problem]:
    for name in ("storage_prefix", "s3_prefix", "supabase_prefix"):
        value = getattr(settings, name) or ""
        if any(part in {".", ".."} for part in value.split("/")) or "//" in value:
            yield Problem(
                variables=(name.upper(),),
                message=f"{name.upper()}={value} is no folder of a bucket.",
                hint="Write it as a/b.",
            )


_CHECKS: Final[tuple[Callable[[Settings], Iterator[Problem]], ...]] = (
    *(_missing, _halves, _addresses, _schemes, _secret_key, _folders),
)

_NEEDED: Final = {
    "local": (),
    "s3": ("s3_bucket",),
    "r2": ("r2_access_key_id", "r2_secret_access_key", "r2_bucket_name"),
    "supabase": ("supabase_url", "supabase_service_role_key", "supabase_storage_bucket"),
}

_WEB_ADDRESSES: Final = (
    *("api_public_base_url", "s3_endpoint", "s3_base_url", "r2_endpoint", "supabase_url"),
    "otel_exporter_otlp_endpoint",
)

_SCHEMES: Final = {
    "database_url": ("postgresql", "postgres", "sqlite"),
    "redis_url": ("redis", "rediss", "redis+unix"),
    "supabase_db_url": ("postgresql", "postgres"),
}
