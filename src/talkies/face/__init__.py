"""Find a face, judge it, and move it."""
