"""The first tables, as they were then: a copy that later changes of `db.tables` leave alone."""

from typing import Final

from alembic import op
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

revision: str = "0001"
down_revision: str | None = None

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

DOCUMENT: Final = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
COUNTER: Final = BigInteger().with_variant(Integer(), "sqlite")

Table(
    "api_keys",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("prefix", String(20), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
    Column("previous_hash", String(64), unique=True),
    Column("previous_hash_expires_at", BigInteger),
    Column("scopes", DOCUMENT, nullable=False),
    Column("requests_per_minute", Integer),
    Column("max_unfinished_jobs", Integer),
    Column("webhook_secret", String(100), nullable=False),
    Column("previous_webhook_secret", String(100)),
    Column("previous_webhook_secret_expires_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
    Column("last_used_at", BigInteger),
)

Table(
    "sessions",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("kind", String(10), nullable=False),
    Column("key_id", String(40), ForeignKey("api_keys.id", ondelete="CASCADE")),
    Column("scopes", DOCUMENT, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)

Table(
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

Table(
    "jobs",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("origin", String(20), nullable=False, default="v1"),
    Column("key_id", String(40)),
    Column("user_id", String(200)),
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
    Column("metrics", DOCUMENT, nullable=False),
    Column("priority", Integer, nullable=False, default=1),
    Column("fair_tag", BigInteger, nullable=False, default=0),
    Column("queue", String(80), nullable=False),
    Column("phase", Integer, nullable=False, default=0),
    Column("waiting", Boolean, nullable=False, default=True),
    Column("run", Integer, nullable=False, default=1),
    Column("attempts", Integer, nullable=False, default=0),
    Column("strikes", Integer, nullable=False, default=0),
    Column("attempt_token", String(100)),
    Column("dead_letter", Boolean, nullable=False, default=False),
    Column("cancel_requested_at", BigInteger),
    Column("deadline_at", BigInteger),
    Column("webhook_url", Text),
    Column("webhook_events", DOCUMENT),
    Column("created_at", BigInteger, nullable=False),
    Column("enqueued_at", BigInteger),
    Column("started_at", BigInteger),
    Column("heartbeat_at", BigInteger),
    Column("progressed_at", BigInteger),
    Column("finished_at", BigInteger),
    Column("expires_at", BigInteger),
    Column("swept_at", BigInteger),
    UniqueConstraint("key_id", "external_id"),
    Index(None, "waiting", "queue", "priority", "fair_tag"),
    Index(None, "waiting", "deadline_at"),
    Index(None, "waiting", "enqueued_at"),
    Index(None, "waiting", "kind", "engine", "priority", "fair_tag"),
    Index(
        "ix_jobs_fair_order",
        *("status", "key_id", "user_id", "kind", "engine", "priority", "fair_tag"),
    ),
    Index(None, "key_id", "created_at", "id"),
    Index(None, "created_at", "id"),
    Index(None, "key_id", "status"),
    Index(None, "user_id", "status"),
    Index(None, "expires_at"),
)

Table(
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

Table(
    "idempotency",
    metadata,
    Column("owner", String(40), primary_key=True),
    Column("route", String(100), primary_key=True),
    Column("token", String(255), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("resource_id", String(40), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("leased_until", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
    Index(None, "resource_id"),
    Index(None, "created_at"),
)

Table(
    "blobs",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("storage_key", String(300), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("content_type", String(100), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("kept_at", BigInteger, nullable=False),
)

Table(
    "assets",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("sha256", String(64), ForeignKey("blobs.sha256")),
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

Table(
    "job_inputs",
    metadata,
    Column("job_id", String(40), ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("role", String(40), primary_key=True),
    Column("sha256", String(64), ForeignKey("blobs.sha256"), nullable=False),
    Index(None, "sha256"),
)

Table(
    "job_outputs",
    metadata,
    Column("job_id", String(40), ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String(40), primary_key=True),
    Column("storage_key", String(300), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("content_type", String(100), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("removed_at", BigInteger),
)

Table(
    "webhook_endpoints",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("key_id", String(40)),
    Column("url", Text, nullable=False),
    Column("events", DOCUMENT),
    Column("secret", String(100), nullable=False),
    Column("previous_secret", String(100)),
    Column("previous_secret_expires_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("disabled_at", BigInteger),
    Column("disabled_reason", String(200)),
    Index(None, "key_id"),
)

Table(
    "webhook_deliveries",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("endpoint_id", String(40), ForeignKey("webhook_endpoints.id", ondelete="CASCADE")),
    Column("key_id", String(40)),
    Column("job_id", String(40)),
    Column("url", Text, nullable=False),
    Column("receiver", String(300), nullable=False, default=""),
    Column("origin", String(20), nullable=False, default="v1"),
    Column("event", String(40), nullable=False),
    Column("payload", DOCUMENT, nullable=False),
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

Table(
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

Table(
    "workers",
    metadata,
    Column("executor_id", String(80), primary_key=True),
    Column("host", String(200), nullable=False),
    Column("namespace", String(120), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("pid_started", BigInteger, nullable=False),
    Column("engines", DOCUMENT, nullable=False),
    Column("concurrency", Integer, nullable=False),
    Column("version", String(40), nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("draining", Boolean, nullable=False, default=False),
)

Table(
    "chores",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("due_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
)

Table(
    "usage",
    metadata,
    Column("job_id", String(40), primary_key=True),
    Column("run", Integer, primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("key_id", String(40)),
    Column("user_id", String(200)),
    Column("engine", String(60)),
    Column("status", String(12), nullable=False),
    Column("error_code", String(60)),
    Column("media_seconds", Float, nullable=False),
    Column("work_seconds", Float, nullable=False),
    Column("gpu_seconds", Float, nullable=False),
    Column("stored_bytes", BigInteger, nullable=False),
    Column("cost", Float, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index(None, "at"),
    Index(None, "key_id", "at"),
    Index(None, "user_id"),
)

Table(
    "deletions",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("subject_kind", String(10), nullable=False),
    Column("subject_hash", String(64), nullable=False),
    Column("key_id", String(40)),
    Column("counts", DOCUMENT, nullable=False),
    Column("signature", String(64), nullable=False),
    Column("at", BigInteger, nullable=False),
)


def upgrade() -> None:
    metadata.create_all(op.get_bind())


def downgrade() -> None:
    metadata.drop_all(op.get_bind())
