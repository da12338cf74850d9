"""Pure rules: time, phonemes, visemes, mouth curves, captions. No I/O, no clock."""
