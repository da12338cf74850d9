"""What each worker sees of the remote pods, so that all of them and people know it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0003"
down_revision: str | None = "0002"

DOCUMENT = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "pod_reports",
        sa.Column("executor_id", sa.String(80), primary_key=True),
        sa.Column("pod", sa.String(100), primary_key=True),
        sa.Column("report", DOCUMENT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_pod_reports_at", "pod_reports", ["at"])


def downgrade() -> None:
    """Remove the table."""
    op.drop_table("pod_reports")
