"""Text to speech, and speech to timed phonemes."""
