"""Speech without a picture: timing of recordings, and spoken text."""
