"""Usage remembers the preset of an engine, because presets differ in speed by ten times."""

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"


def upgrade() -> None:
    """Add the column."""
    op.add_column("usage", sa.Column("preset", sa.String(60)))


def downgrade() -> None:
    """Remove the column."""
    op.drop_column("usage", "preset")
