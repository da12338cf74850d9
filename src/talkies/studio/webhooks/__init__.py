"""Telling the outside: endpoints, the outbox, signed deliveries."""
