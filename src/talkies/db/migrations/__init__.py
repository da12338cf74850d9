"""Alembic's folder: one revision a change of the tables, never edited once released."""
