"""Storages of other services, as the settings name them."""

from pydantic import SecretStr

from talkies.settings import Settings
from talkies.storage.base import Storage
from talkies.storage.s3 import S3Options, S3Storage
from talkies.storage.supabase import SupabaseOptions, SupabaseStorage


def bucket_storage(settings: Settings) -> Storage:
    """A bucket of R2, of S3, or of what speaks its protocol."""
    if settings.provider == "r2":
        options = S3Options(
            bucket=_set(settings.r2_bucket_name),
            endpoint_url=settings.r2_address,
            region="auto",
            access_key_id=settings.r2_access_key_id,
            secret_access_key=_shown(settings.r2_secret_access_key),
            prefix=settings.output_prefix,
            name="r2",
        )
    else:
        options = S3Options(
            bucket=_set(settings.s3_bucket),
            endpoint_url=settings.s3_endpoint,
            region=settings.s3_region,
            access_key_id=settings.s3_access_key_id,
            secret_access_key=_shown(settings.s3_secret_access_key),
            session_token=_shown(settings.s3_session_token),
            prefix=settings.output_prefix,
            public_base_url=settings.output_base_url,
        )
    return S3Storage(options)


def supabase_storage(settings: Settings) -> Storage:
    """A bucket of a Supabase project."""
    return SupabaseStorage(
        SupabaseOptions(
            url=_set(settings.supabase_url),
            service_role_key=_set(_shown(settings.supabase_service_role_key)),
            bucket=_set(settings.supabase_storage_bucket),
            prefix=settings.output_prefix,
        )
    )


def _shown(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()


def _set(value: str | None) -> str:
    """A value whose presence the settings have checked."""
    if value is None:
        raise ValueError("the settings are not checked")
    return value
