"""Renderers: a performance or audio in, a video out."""
