"""Whether a deployment works, seen from outside: every route of its API is called."""
