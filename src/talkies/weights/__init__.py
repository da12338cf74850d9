"""Model files: which are needed, where they come from, and whether they are whole."""
