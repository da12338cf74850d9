"""The database: tables, migrations, and how to connect. Queries live with the nouns they serve."""
