"""The mirror: our jobs as rows of a table in somebody else's Postgres, such as Supabase's."""
