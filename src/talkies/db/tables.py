"""Every table of ours. Moments are UTC milliseconds since 1970; documents are JSON."""

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB

#: Constraints have names, so that migrations can change them on both databases.
metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

#: None is SQL's NULL, not JSON's.
DOCUMENT: Final = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
#: SQLite counts up only in an INTEGER primary key.
COUNTER: Final = BigInteger().with_variant(Integer(), "sqlite")

api_keys: Final = Table(
    "api_keys",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("name", String(200), nullable=False),
    #: The first characters of the secret, to tell keys apart in a list.
    Column("prefix", String(20), nullable=False),
    #: SHA-256 of the secret, in hexadecimal.
    Column("hash", String(64), nullable=False, unique=True),
    #: The secret before a rotation, good until its moment.
    Column("previous_hash", String(64), unique=True),
    Column("previous_hash_expires_at", BigInteger),
    Column("scopes", DOCUMENT, nullable=False),
    #: None takes the installation's defaults.
    Column("requests_per_minute", Integer),
    Column("max_unfinished_jobs", Integer),
    #: Signs what is sent to a job's own `webhook_url`.
    Column("webhook_secret", String(100), nullable=False),
    Column("previous_webhook_secret", String(100)),
    Column("previous_webhook_secret_expires_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
    Column("last_used_at", BigInteger),
)

sessions: Final = Table(
    "sessions",
    metadata,
    Column("hash", String(64), primary_key=True),
    #: `link` can be used once, to get a `cookie`.
    Column("kind", String(10), nullable=False),
    Column("key_id", String(40), ForeignKey("api_keys.id", ondelete="CASCADE")),
    Column("scopes", DOCUMENT, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)

audit_log: Final = Table(
    "audit_log",
    metadata,
    Column("id", COUNTER, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("actor", String(60), nullable=False),
    Column("action", String(60), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("request_id", String(100)),
    Column("details", DOCUMENT, nullable=False),
    Index(None, "at"),
)

jobs: Final = Table(
    "jobs",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("kind", String(20), nullable=False),
    #: Which contract it came by: `v1`, or a seed's.
    Column("origin", String(20), nullable=False, default="v1"),
    #: None for jobs of the sign-in session.
    Column("key_id", String(40)),
    Column("user_id", String(200)),
    #: The caller's own name of the job.
    Column("external_id", String(200)),
    Column("engine", String(60)),
    Column("request", DOCUMENT, nullable=False),
    Column("metadata", DOCUMENT, nullable=False),
    Column("status", String(12), nullable=False),
    Column("stage", String(12)),
    Column("progress", Float, nullable=False, default=0.0),
    Column("eta_seconds", Float),
    Column("result", DOCUMENT),
    Column("error", DOCUMENT),
    Column("warnings", DOCUMENT, nullable=False),
    #: Seconds by stage, and what else was measured.
    Column("metrics", DOCUMENT, nullable=False),
    #: 0 before 1 before 2.
    Column("priority", Integer, nullable=False, default=1),
    #: Place in the fair order of its priority; see `jobs.fairness`.
    Column("fair_tag", BigInteger, nullable=False, default=0),
    #: The queue of the phase it is in.
    Column("queue", String(80), nullable=False),
    #: Index of the phase it is in.
    Column("phase", Integer, nullable=False, default=0),
    #: Whether it is in its queue, held by no worker: before its first phase, or between two.
    Column("waiting", Boolean, nullable=False, default=True),
    #: Counts how often it was started by hand: once, and again for every retry.
    Column("run", Integer, nullable=False, default=1),
    #: How often a worker began this run: once, and again for each one that died holding it.
    Column("attempts", Integer, nullable=False, default=0),
    #: How many workers have died holding it since it last finished a step.
    Column("strikes", Integer, nullable=False, default=0),
    #: Who may write progress; a new attempt takes it from the old one.
    Column("attempt_token", String(100)),
    Column("dead_letter", Boolean, nullable=False, default=False),
    Column("cancel_requested_at", BigInteger),
    Column("deadline_at", BigInteger),
    Column("webhook_url", Text),
    #: None means all events.
    Column("webhook_events", DOCUMENT),
    Column("created_at", BigInteger, nullable=False),
    #: When its workflow was put into the queue; None where that was lost.
    Column("enqueued_at", BigInteger),
    Column("started_at", BigInteger),
    Column("heartbeat_at", BigInteger),
    Column("progressed_at", BigInteger),
    Column("finished_at", BigInteger),
    #: When retention may remove its files; None keeps them.
    Column("expires_at", BigInteger),
    #: When retention did.
    Column("swept_at", BigInteger),
    UniqueConstraint("key_id", "external_id"),
    Index(None, "waiting", "queue", "priority", "fair_tag"),
    Index(None, "waiting", "deadline_at"),
    Index(None, "waiting", "enqueued_at"),
    Index(None, "waiting", "kind", "engine", "priority", "fair_tag"),
    #: The last place in the fair order that one owner took; how many jobs of a key are unfinished.
    Index(
        "ix_jobs_fair_order",
        *("status", "key_id", "user_id", "kind", "engine", "priority", "fair_tag"),
    ),
    Index(None, "key_id", "created_at", "id"),
    Index(None, "created_at", "id"),
    #: Counts what is unfinished, for quotas.
    Index(None, "key_id", "status"),
    Index(None, "user_id", "status"),
    Index(None, "expires_at"),
)

job_events: Final = Table(
    "job_events",
    metadata,
    Column("seq", COUNTER, primary_key=True, autoincrement=True),
    Column("job_id", String(40), ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False),
    Column("key_id", String(40)),
    Column("type", String(20), nullable=False),
    Column("data", DOCUMENT, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index(None, "job_id", "seq"),
    sqlite_autoincrement=True,
)

idempotency: Final = Table(
    "idempotency",
    metadata,
    #: The key's id, or "session".
    Column("owner", String(40), primary_key=True),
    Column("route", String(100), primary_key=True),
    Column("token", String(255), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    #: The id of what is created, fixed before its making begins.
    Column("resource_id", String(40), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    #: Until then nobody else makes it.
    Column("leased_until", BigInteger, nullable=False),
    #: When it was made; None while that is under way.
    Column("finished_at", BigInteger),
    Index(None, "resource_id"),
    Index(None, "created_at"),
)

blobs: Final = Table(
    "blobs",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("storage_key", String(300), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("content_type", String(100), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    #: When these bytes were last handed in: nobody removes what a request may be about to use.
    Column("kept_at", BigInteger, nullable=False),
)

assets: Final = Table(
    "assets",
    metadata,
    Column("id", String(40), primary_key=True),
    #: None while a direct upload is awaited.
    Column("sha256", String(64), ForeignKey("blobs.sha256")),
    #: Where a direct upload is awaited.
    Column("upload_key", String(300)),
    Column("kind", String(12), nullable=False),
    Column("filename", String(300)),
    Column("content_type", String(100), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("key_id", String(40)),
    Column("user_id", String(200)),
    Column("created_at", BigInteger, nullable=False),
    Index(None, "key_id", "sha256"),
    Index(None, "user_id"),
)

job_inputs: Final = Table(
    "job_inputs",
    metadata,
    Column("job_id", String(40), ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    #: `portrait`, `audio`, `background`…
    Column("role", String(40), primary_key=True),
    Column("sha256", String(64), ForeignKey("blobs.sha256"), nullable=False),
    Index(None, "sha256"),
)

job_outputs: Final = Table(
    "job_outputs",
    metadata,
    Column("job_id", String(40), ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    #: `video`, `captions.vtt`, `timing.json`, `poster`…
    Column("name", String(40), primary_key=True),
    Column("storage_key", String(300), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("content_type", String(100), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    #: When retention removed it.
    Column("removed_at", BigInteger),
)

webhook_endpoints: Final = Table(
    "webhook_endpoints",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("key_id", String(40)),
    Column("url", Text, nullable=False),
    #: None means all events.
    Column("events", DOCUMENT),
    Column("secret", String(100), nullable=False),
    Column("previous_secret", String(100)),
    Column("previous_secret_expires_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("disabled_at", BigInteger),
    Column("disabled_reason", String(200)),
    Index(None, "key_id"),
)

webhook_deliveries: Final = Table(
    "webhook_deliveries",
    metadata,
    #: The `webhook-id`: the same on every try.
    Column("id", String(60), primary_key=True),
    Column("endpoint_id", String(40), ForeignKey("webhook_endpoints.id", ondelete="CASCADE")),
    #: Whose secret signs where there is no endpoint.
    Column("key_id", String(40)),
    Column("job_id", String(40)),
    Column("url", Text, nullable=False),
    #: Scheme, host and port of the URL, by which crowded receivers are passed over.
    Column("receiver", String(300), nullable=False, default=""),
    #: How the body is written: `v1`, or a seed's.
    Column("origin", String(20), nullable=False, default="v1"),
    Column("event", String(40), nullable=False),
    Column("payload", DOCUMENT, nullable=False),
    #: pending, delivered, failed
    Column("status", String(12), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_at", BigInteger),
    Column("leased_until", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("delivered_at", BigInteger),
    Index(None, "status", "next_at"),
    Index(None, "status", "receiver", "next_at"),
    Index(None, "job_id"),
)

webhook_attempts: Final = Table(
    "webhook_attempts",
    metadata,
    Column("id", COUNTER, primary_key=True, autoincrement=True),
    Column(
        "delivery_id",
        String(60),
        ForeignKey("webhook_deliveries.id", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("at", BigInteger, nullable=False),
    Column("milliseconds", Integer, nullable=False),
    Column("http_status", Integer),
    Column("error", String(300)),
    Index(None, "delivery_id"),
)

workers: Final = Table(
    "workers",
    metadata,
    #: Unique for every start of a process.
    Column("executor_id", String(80), primary_key=True),
    Column("host", String(200), nullable=False),
    #: Machine boot and process namespace: who shares it can see whether the process lives.
    Column("namespace", String(120), nullable=False),
    Column("pid", Integer, nullable=False),
    #: Start of the process in clock ticks, which tells it from a later one with its number.
    Column("pid_started", BigInteger, nullable=False),
    Column("engines", DOCUMENT, nullable=False),
    Column("concurrency", Integer, nullable=False),
    Column("version", String(40), nullable=False),
    Column("started_at", BigInteger, nullable=False),
    #: On the database's clock.
    Column("seen_at", BigInteger, nullable=False),
    Column("draining", Boolean, nullable=False, default=False),
)

chores: Final = Table(
    "chores",
    metadata,
    Column("name", String(60), primary_key=True),
    #: On the database's clock; nobody else runs it before.
    Column("due_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
)

pod_reports: Final = Table(
    "pod_reports",
    metadata,
    #: Of the worker that sees the pod so; what is known of a pod by itself has none of theirs.
    Column("executor_id", String(80), primary_key=True),
    Column("pod", String(100), primary_key=True),
    Column("report", DOCUMENT, nullable=False),
    #: On the database's clock.
    Column("at", BigInteger, nullable=False),
    Index(None, "at"),
)

usage: Final = Table(
    "usage",
    metadata,
    Column("job_id", String(40), primary_key=True),
    Column("run", Integer, primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("key_id", String(40)),
    Column("user_id", String(200)),
    Column("engine", String(60)),
    #: Of the engine, as it was asked for.
    Column("preset", String(60)),
    Column("status", String(12), nullable=False),
    Column("error_code", String(60)),
    Column("media_seconds", Float, nullable=False),
    Column("work_seconds", Float, nullable=False),
    Column("gpu_seconds", Float, nullable=False),
    Column("stored_bytes", BigInteger, nullable=False),
    #: In the installation's currency.
    Column("cost", Float, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index(None, "at"),
    Index(None, "key_id", "at"),
    Index(None, "user_id"),
)

deletions: Final = Table(
    "deletions",
    metadata,
    Column("id", String(40), primary_key=True),
    #: `job` or `user`.
    Column("subject_kind", String(10), nullable=False),
    Column("subject_hash", String(64), nullable=False),
    Column("key_id", String(40)),
    Column("counts", DOCUMENT, nullable=False),
    Column("signature", String(64), nullable=False),
    Column("at", BigInteger, nullable=False),
)
