"""The character of the seed's routes (S22, S23): its frames, sounds, words and videos."""
