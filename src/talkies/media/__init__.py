"""Bytes to pictures and sound and back; the only room that opens user files."""
