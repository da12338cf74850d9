"""Blobs: local."""
