"""Storages of other services, as the settings name them."""

from pydantic import SecretStr

from talkies.settings import Settings
from talkies.storage.base import Storage
from talkies.storage.s3 import S3Options, S3Storage
from talkies.storage.s3_tree import S3Tree
from talkies.storage.supabase import SupabaseOptions, SupabaseStorage
from talkies.wiring.characters import FramesInBucket


def bucket_storage(settings: Settings) -> Storage:
    """A bucket of R2, of S3, or of what speaks its protocol."""
    own = settings.r2_bucket_name if settings.provider == "r2" else settings.s3_bucket
    return S3Storage(_options(settings, _set(own)))


def tree_of(settings: Settings, bucket: str) -> S3Tree:
    """The objects of any bucket that our own credentials may read."""
    return S3Tree(_options(settings, bucket))


def _options(settings: Settings, bucket: str) -> S3Options:
    if settings.provider == "r2":
        return S3Options(
            bucket=bucket,
            endpoint_url=settings.r2_address,
            region="auto",
            access_key_id=settings.r2_access_key_id,
            secret_access_key=_shown(settings.r2_secret_access_key),
            prefix=settings.output_prefix,
            name="r2",
        )
    return S3Options(
        bucket=bucket,
        endpoint_url=settings.s3_endpoint,
        region=settings.s3_region,
        access_key_id=settings.s3_access_key_id,
        secret_access_key=_shown(settings.s3_secret_access_key),
        session_token=_shown(settings.s3_session_token),
        prefix=settings.output_prefix,
        public_base_url=settings.output_base_url,
    )


def frames_bucket(settings: Settings, place: FramesInBucket) -> Storage:
    """The bucket of a character's frames; its links are public, and do not expire."""
    return S3Storage(
        S3Options(
            bucket=place.bucket,
            endpoint_url=place.endpoint,
            region=place.region,
            access_key_id=settings.s3_access_key_id,
            secret_access_key=_shown(settings.s3_secret_access_key),
            session_token=_shown(settings.s3_session_token),
            prefix=place.prefix,
            public_base_url=place.base_url or _own_address(place),
        )
    )


def _own_address(place: FramesInBucket) -> str:
    """Where a bucket is read without a CDN before it."""
    if place.endpoint is not None:
        return f"{place.endpoint.rstrip('/')}/{place.bucket}"
    return f"https://{place.bucket}.s3.{place.region}.amazonaws.com"


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
