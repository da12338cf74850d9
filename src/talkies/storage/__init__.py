"""Blobs: files under keys, on this disk or in a bucket, behind one small interface."""
