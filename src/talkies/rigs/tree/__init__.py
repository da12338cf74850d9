"""The tree of frames: read with what is really there, written, and brought from elsewhere."""
