"""Jobs of all kinds: look, cancel, retry, delete, retain."""
