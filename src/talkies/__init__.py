"""Talkies: a portrait and speech in, a lip-synced talking video out."""

__version__ = "0.1.0"
