"""Settings of the work: who renders, what is taken in, what is kept, what is told."""

from typing import Annotated, Literal

from pydantic import BaseModel, ByteSize, Field

from talkies.settings.about import (
    About,
    Count,
    Hours,
    LogLevel,
    Names,
    Price,
    Schemes,
    Seconds,
)

MEBIBYTE = 1 << 20


class Working(BaseModel):
    """Work."""

    engines: Annotated[
        Names,
        About(
            meaning="Engines that this worker renders with.",
            flag="--engines",
            used_by="worker",
            default="all that are ready",
        ),
    ] = ()
    worker_concurrency: Annotated[
        Count,
        About(
            meaning="Renders at a time of each engine.",
            flag="--concurrency",
            aliases=("SADTALKER_WORKER_CONCURRENCY",),
            seeds="S11",
            used_by="worker",
        ),
    ] = 1
    prepare_concurrency: Annotated[
        Count,
        About(
            meaning="Jobs at a time that are fetched, spoken, checked or delivered.",
            used_by="worker",
        ),
    ] = 2
    lease_seconds: Annotated[
        Seconds,
        About(
            meaning="A worker that was not heard of for so long has lost its jobs to others.",
            used_by="worker",
        ),
    ] = 20.0
    drain_seconds: Annotated[
        Seconds,
        About(meaning="Time that running jobs get to end after SIGTERM.", used_by="api, worker"),
    ] = 25.0
    legacy_wait_seconds: Annotated[
        Seconds | None,
        About(
            meaning="How long `POST /generate_talking_video` waits for its video.",
            seeds="S9",
            used_by="api",
            default="SADTALKER_JOB_TIMEOUT_MS",
        ),
    ] = None


class Intake(BaseModel):
    """Sizes."""

    max_image_bytes: Annotated[
        ByteSize,
        Field(gt=0),
        About(
            meaning="Largest picture, as a number of bytes or as in `10MiB`.",
            aliases=("SADTALKER_MAX_IMAGE_BYTES",),
            seeds="S2 S11",
            used_by="api, worker",
        ),
    ] = ByteSize(10 * MEBIBYTE)
    max_audio_bytes: Annotated[
        ByteSize,
        Field(gt=0),
        About(
            meaning="Largest recording.",
            aliases=("SADTALKER_MAX_AUDIO_BYTES",),
            seeds="S2 S11",
            used_by="api, worker",
        ),
    ] = ByteSize(50 * MEBIBYTE)
    max_video_bytes: Annotated[
        ByteSize,
        Field(gt=0),
        About(meaning="Largest video that is given as an input.", used_by="api, worker"),
    ] = ByteSize(500 * MEBIBYTE)


class Keeping(BaseModel):
    """Retention."""

    retention_hours: Annotated[
        Hours | None,
        About(
            meaning="Hours after its end for which a job's files are kept.",
            aliases=("VIDEO_RETENTION_HOURS",),
            seeds="S1 S5 S18",
            used_by="retention",
            default="kept until deleted; 6 in the profile `avatar-api`",
        ),
    ] = None


class Telling(BaseModel):
    """Logs, metrics and cost."""

    log_level: Annotated[
        LogLevel,
        About(
            meaning="Least that is logged.",
            aliases=("API_LOG_LEVEL",),
            seeds="S1 S6 S9",
            used_by="all",
        ),
    ] = "INFO"
    log_format: Annotated[
        Literal["auto", "json", "text"],
        About(
            meaning="`auto` writes text to a terminal, and JSON lines to anything else.",
            seeds="S6",
            used_by="all",
        ),
    ] = "auto"
    otel_enabled: Annotated[
        bool,
        About(
            meaning="Send traces by OpenTelemetry; needs `pip install 'talkies[telemetry]'`.",
            used_by="all",
        ),
    ] = False
    otel_exporter_otlp_endpoint: Annotated[
        str, About(meaning="Where traces are sent, by OTLP over HTTP.", used_by="all")
    ] = "http://localhost:4318"
    gpu_price_per_hour: Annotated[
        Price,
        About(meaning="Price of an hour of a GPU's work.", seeds="S7", used_by="usage"),
    ] = 0.0
    storage_price_per_gb_month: Annotated[
        Price,
        About(meaning="Price of a gigabyte stored for a month.", seeds="S7", used_by="usage"),
    ] = 0.0
    currency: Annotated[
        str,
        Field(pattern=r"^[A-Z]{3}$"),
        About(meaning="Currency of the prices (ISO 4217).", seeds="S7", used_by="usage"),
    ] = "USD"


class Outbound(BaseModel):
    """Addresses that are contacted."""

    allowed_fetch_hosts: Annotated[
        Names,
        About(
            meaning="Hosts that inputs are fetched from, with `*.` for all below one; a "
            "Supabase project's is `<project>.supabase.co`.",
            seeds="S16",
            used_by="net",
            default="every public one",
        ),
    ] = ()
    allowed_fetch_schemes: Annotated[
        Schemes,
        About(meaning="Schemes of input and webhook URLs.", used_by="net"),
    ] = ("https",)
    allow_private_addresses: Annotated[
        bool,
        About(
            meaning="Contact hosts of this machine and its private network too. Whoever may "
            "make jobs can then reach what is there.",
            used_by="net",
        ),
    ] = False
    allowed_addresses: Annotated[
        Names,
        About(
            meaning="Single private addresses that are contacted, each as `address:port`.",
            used_by="net",
            default="none",
        ),
    ] = ()
    fetch_seconds: Annotated[
        Seconds,
        About(meaning="Longest that one input may take to fetch.", seeds="S11", used_by="net"),
    ] = 120.0
    webhook_timeout_seconds: Annotated[
        Seconds,
        About(
            meaning="Longest that a receiver may take to answer.", seeds="S9", used_by="webhooks"
        ),
    ] = 10.0
    webhook_concurrency: Annotated[
        Count, About(meaning="Deliveries at a time of one process.", used_by="webhooks")
    ] = 8
