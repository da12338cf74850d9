"""From a recording to timed phonemes, with a transcript or without."""
