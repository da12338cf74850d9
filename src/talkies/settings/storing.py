"""Settings of the storage: which one, where it is, and who we are there."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, SecretStr

from talkies.settings.about import LATER, About


class Storing(BaseModel):
    """Storage."""

    storage_provider: Annotated[
        Literal["local", "s3", "r2", "supabase"] | None,
        About(
            meaning="Where files are stored.",
            seeds="S5 S9 S16",
            used_by="storage",
            default="`r2` where R2_* is set, else `local`",
        ),
    ] = None
    storage_dir: Annotated[
        Path | None,
        About(
            meaning="Folder of the provider `local`.",
            aliases=("SADTALKER_OUTPUT_DIR",),
            seeds="S9",
            used_by="storage",
            default="`storage` in DATA_DIR",
        ),
    ] = None
    storage_prefix: Annotated[
        str | None,
        About(
            meaning="Folder of the bucket that everything is stored in; no other name for it "
            "is looked at where this is set.",
            used_by="storage",
            default="S3_PREFIX or SUPABASE_PREFIX, by the provider",
        ),
    ] = None
    use_s3: Annotated[
        bool,
        About(
            meaning="Frames of characters are in S3: S3_PREFIX and S3_BASE_URL are then about "
            "frames, and no more about results.",
            seeds="S21 S22",
            used_by="settings",
        ),
    ] = False
    s3_bucket: Annotated[
        str | None, About(meaning="Bucket.", seeds="S9 S21 S22", used_by="storage")
    ] = None
    s3_region: Annotated[
        str,
        About(
            meaning="Region of the bucket.",
            aliases=("AWS_REGION", "AWS_DEFAULT_REGION"),
            seeds="S9 S21 S22",
            used_by="storage",
        ),
    ] = "us-east-1"
    s3_endpoint: Annotated[
        str | None,
        About(
            meaning="Address of a service that speaks S3's protocol.",
            aliases=("S3_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"),
            seeds="S9",
            used_by="storage",
            default="AWS",
        ),
    ] = None
    s3_prefix: Annotated[
        str | None,
        About(
            meaning="Folder of the bucket: of frames with USE_S3, else of what is stored.",
            seeds="S9 S21 S22",
            used_by="storage",
            default="`frames/` with USE_S3, else none",
        ),
    ] = None
    s3_base_url: Annotated[
        str | None,
        About(
            meaning="Address by which everybody can read the bucket, as through a CDN: of "
            "frames with USE_S3, else of results, whose links then never expire.",
            seeds="S9 S21 S22",
            used_by="storage",
            default="signed links",
        ),
    ] = None
    s3_access_key_id: Annotated[
        str | None,
        About(
            meaning="Who we are at S3.",
            aliases=("AWS_ACCESS_KEY_ID",),
            seeds="S9 S21 S22",
            used_by="storage",
            default="the role of the machine",
        ),
    ] = None
    s3_secret_access_key: Annotated[
        SecretStr | None,
        About(
            meaning="The secret to S3_ACCESS_KEY_ID.",
            aliases=("AWS_SECRET_ACCESS_KEY",),
            seeds="S9 S21 S22",
            used_by="storage",
        ),
    ] = None
    s3_session_token: Annotated[
        SecretStr | None,
        About(
            meaning="The token of temporary credentials.",
            aliases=("AWS_SESSION_TOKEN",),
            used_by="storage",
        ),
    ] = None
    r2_account_id: Annotated[
        str | None, About(meaning="Account at Cloudflare.", seeds="S5", used_by="storage")
    ] = None
    r2_endpoint: Annotated[
        str | None,
        About(
            meaning="Address of R2.",
            used_by="storage",
            default="`https://<account>.r2.cloudflarestorage.com`",
        ),
    ] = None
    r2_access_key_id: Annotated[
        str | None, About(meaning="Who we are at R2.", seeds="S5", used_by="storage")
    ] = None
    r2_secret_access_key: Annotated[
        SecretStr | None,
        About(meaning="The secret to R2_ACCESS_KEY_ID.", seeds="S5", used_by="storage"),
    ] = None
    r2_bucket_name: Annotated[
        str | None,
        About(meaning="Bucket of R2.", aliases=("R2_BUCKET",), seeds="S5", used_by="storage"),
    ] = None
    supabase_url: Annotated[
        str | None,
        About(meaning="Address of the project.", seeds="S9 S16 S17", used_by="storage"),
    ] = None
    supabase_service_role_key: Annotated[
        SecretStr | None,
        About(
            meaning="The service-role key; it stays on the server.",
            aliases=("SUPABASE_KEY",),
            seeds="S9 S16",
            used_by="storage",
        ),
    ] = None
    supabase_storage_bucket: Annotated[
        str | None,
        About(
            meaning="Bucket of the project.",
            aliases=("SUPABASE_BUCKET",),
            seeds="S9 S14 S16",
            used_by="storage",
        ),
    ] = None
    supabase_prefix: Annotated[
        str | None,
        About(meaning="Folder of the bucket.", seeds="S9", used_by="storage", default="none"),
    ] = None
    supabase_db_url: Annotated[
        SecretStr | None,
        About(
            meaning="The project's database, whose job table is kept current.",
            seeds="S16",
            used_by="mirror",
            default="no job table",
        ),
    ] = None
    supabase_jobs_table: Annotated[
        str,
        About(meaning="Schema and name of the job table.", seeds="S16", used_by="mirror"),
    ] = "public.avatar_jobs"
    supabase_anon_key: Annotated[
        SecretStr | None,
        About(meaning="The key of the project's web pages.", seeds="S17", used_by=LATER),
    ] = None
