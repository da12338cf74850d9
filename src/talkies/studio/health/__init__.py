"""Whether this installation works: small trials of every part, and what mends a broken one."""
