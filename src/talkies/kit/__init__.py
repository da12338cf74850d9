"""Product-free parts: child processes, atomic files."""
