"""Timelines of the service: made, edited, exported."""
