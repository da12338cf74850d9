"""Characters: built from one drawing, read, written, packed, and played into video."""
