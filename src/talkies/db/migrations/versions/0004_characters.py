"""Characters, and timelines of what they do."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0004"
down_revision: str | None = "0003"

DOCUMENT = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "characters",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("job_id", sa.String(40), nullable=False),
        sa.Column(
            "sha256",
            sa.String(64),
            sa.ForeignKey("blobs.sha256", name="fk_characters_sha256"),
        ),
        sa.Column("bytes", sa.BigInteger()),
        sa.Column("facts", DOCUMENT),
        sa.Column("key_id", sa.String(40)),
        sa.Column("user_id", sa.String(200)),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_characters_key_id_created_at", "characters", ["key_id", "created_at"])
    op.create_index("ix_characters_user_id", "characters", ["user_id"])
    op.create_index("ix_characters_job_id", "characters", ["job_id"])
    op.create_index("ix_characters_sha256", "characters", ["sha256"])
    _timelines()


def _timelines() -> None:
    op.create_table(
        "timelines",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("character_id", sa.String(100), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column(
            "sound_sha256",
            sa.String(64),
            sa.ForeignKey("blobs.sha256", name="fk_timelines_sound_sha256"),
        ),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("exported_job_id", sa.String(40)),
        sa.Column("key_id", sa.String(40)),
        sa.Column("user_id", sa.String(200)),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_timelines_key_id_created_at", "timelines", ["key_id", "created_at"])
    op.create_index("ix_timelines_user_id", "timelines", ["user_id"])
    op.create_index("ix_timelines_character_id", "timelines", ["character_id"])
    op.create_index("ix_timelines_sound_sha256", "timelines", ["sound_sha256"])


def downgrade() -> None:
    """Remove the tables."""
    op.drop_table("timelines")
    op.drop_table("characters")
