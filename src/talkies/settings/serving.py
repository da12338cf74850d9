"""Settings of the server: where it listens, where its data is, and who gets in."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field, SecretStr

from talkies.settings.about import About, Hours, Limit, Names, Port, Secrets

#: A loopback proxy may say who a client is.
PROXIES = ("127.0.0.1",)


class Serving(BaseModel):
    """Server."""

    profile: Annotated[
        Literal["default", "avatar-api"],
        About(
            meaning="Defaults of another service: `avatar-api` keeps videos for 6 hours.",
            seeds="S1 S5",
            used_by="settings",
        ),
    ] = "default"
    api_host: Annotated[
        str,
        About(
            meaning="Address to listen on; `0.0.0.0` is every one.",
            flag="--host",
            seeds="S9",
            used_by="api",
        ),
    ] = "127.0.0.1"
    api_port: Annotated[
        Port,
        About(
            meaning="Port to listen on; 0 takes a free one.",
            flag="--port",
            aliases=("PORT",),
            seeds="S9 S13",
            used_by="api",
        ),
    ] = 8000
    api_public_base_url: Annotated[
        str | None,
        About(
            meaning="Address that clients reach the API by, for links in answers and webhooks.",
            aliases=("PUBLIC_BASE_URL", "RUNPOD_PUBLIC_URL"),
            seeds="S9 S14",
            used_by="api, webhooks",
            default="the address of the request",
        ),
    ] = None
    forwarded_allow_ips: Annotated[
        Names,
        About(
            meaning="Addresses of proxies whose `X-Forwarded-*` headers are believed.",
            used_by="api",
        ),
    ] = PROXIES
    allowed_origins: Annotated[
        Names,
        About(
            meaning="Web pages that may call the API from a browser (CORS); `*` is every one.",
            aliases=("CORS_ORIGINS", "API_CORS_ALLOW_ORIGINS"),
            seeds="S1 S6 S9 S22",
            used_by="api",
            default="none",
        ),
    ] = ()
    api_enable_cors: Annotated[
        bool | None,
        About(
            meaning="`false` switches CORS off; `true` with no origins named allows every one.",
            seeds="S9",
            used_by="api",
            default="on where origins are named",
        ),
    ] = None
    public_seed_routes: Annotated[
        bool,
        About(
            meaning="Routes that a seed left open need no key, also when not on loopback.",
            seeds="S22",
            used_by="api",
        ),
    ] = False
    metrics_public: Annotated[
        bool,
        About(meaning="`/metrics` needs no key.", seeds="S7 S15", used_by="api"),
    ] = False
    git_sha: Annotated[
        str | None,
        About(
            meaning="The commit that runs, as `/healthz` tells it.",
            seeds="S15",
            used_by="api",
            default="unknown",
        ),
    ] = None
    uvicorn_args: Annotated[
        str | None,
        About(meaning="More arguments of uvicorn.", seeds="S13", used_by="deploy/run.sh"),
    ] = None


class Data(BaseModel):
    """Data."""

    data_dir: Annotated[
        Path,
        About(
            meaning="Folder of the database, of stored files and of scratch.",
            flag="--data-dir",
            used_by="all",
        ),
    ] = Path("data")
    database_url: Annotated[
        SecretStr | None,
        About(
            meaning="`sqlite:///path` or `postgresql://user:password@host/name`.",
            flag="--database-url",
            used_by="all",
            default="`talkies.db` in DATA_DIR",
        ),
    ] = None
    scratch_dir: Annotated[
        Path | None,
        About(
            meaning="Folder for work in progress; give it an encrypted or ephemeral disk.",
            seeds="S18",
            used_by="worker",
            default="`scratch` in DATA_DIR",
        ),
    ] = None


class Access(BaseModel):
    """Access."""

    api_keys: Annotated[
        Secrets,
        About(
            meaning="Keys that clients may show, beside those of `talkies keys`; scope `admin`.",
            aliases=("API_KEY", "SADTALKER_API_KEYS"),
            seeds="S1 S9 S13",
            used_by="api",
            default="none",
            union=True,
        ),
    ] = ()
    api_key_header: Annotated[
        str,
        Field(pattern=r"^[A-Za-z0-9-]+$"),
        About(
            meaning="Header in which the SadTalker routes look for a key; the others take "
            "`X-API-Key` and `Authorization`.",
            seeds="S9",
            used_by="api",
        ),
    ] = "X-API-Key"
    secret_key: Annotated[
        SecretStr | None,
        About(
            meaning="Signs links and receipts. The same on every machine; 32 characters or more.",
            used_by="api, storage",
            default="made once, in `secret.key` of DATA_DIR",
        ),
    ] = None
    session_hours: Annotated[
        Hours,
        About(meaning="Hours after its last use for which a sign-in lasts.", used_by="api"),
    ] = 12.0
    rate_limit_per_key: Annotated[
        Limit,
        About(meaning="Requests a minute of one key; 0 is no limit.", seeds="S6", used_by="api"),
    ] = 600
    rate_limit_per_user: Annotated[
        Limit,
        About(
            meaning="Requests a minute that create something for one `user_id`; 0 is no limit.",
            seeds="S16",
            used_by="api",
        ),
    ] = 60
    max_unfinished_jobs_per_key: Annotated[
        Limit,
        About(meaning="Unfinished jobs of one key; 0 is no limit.", used_by="api"),
    ] = 1000
    max_unfinished_jobs_per_user: Annotated[
        Limit,
        About(meaning="Unfinished jobs of one `user_id`; 0 is no limit.", used_by="api"),
    ] = 50
    redis_url: Annotated[
        SecretStr | None,
        About(
            meaning="`redis://…` that several API processes count requests in. The queue is in "
            "the database and needs no Redis.",
            aliases=("SADTALKER_REDIS_URL",),
            seeds="S6 S11",
            used_by="api",
            default="counted in each process",
        ),
    ] = None
