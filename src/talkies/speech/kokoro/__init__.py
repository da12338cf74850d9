"""Kokoro, the neural English voice of the extra `talkies[voice]`."""
