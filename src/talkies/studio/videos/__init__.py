"""Making one talking video, step by step, and many by a manifest."""
