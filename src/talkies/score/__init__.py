"""How good a finished video is."""
