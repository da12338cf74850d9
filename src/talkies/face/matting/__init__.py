"""Who is in front, and what is behind."""
