"""Who may do what, and how much of it: keys, sessions, limits, the audit log."""
