"""Blobs: s3."""
