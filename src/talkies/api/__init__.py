"""The HTTP API: every route is a call and a return."""
