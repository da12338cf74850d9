"""Durable execution: what was accepted is finished, whatever dies meanwhile. Knows no engine."""
