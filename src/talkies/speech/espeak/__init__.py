"""espeak-ng behind a process of its own: text to phonemes and sound, in any language."""
