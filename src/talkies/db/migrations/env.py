"""What Alembic runs to apply revisions, on the connection it is handed."""

from alembic import context

import talkies.db.character_tables  # noqa: F401 - more tables of the same metadata
from talkies.db.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    # SQLite cannot alter a column: batches write the table anew.
    render_as_batch=True,
)
context.run_migrations()
