"""As much of librosa 0.10 as the adapters and upstreams touch."""

import wave

import numpy as np

from . import filters as filters


def load(path, *, sr=22050, mono=True):
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels()) == (sr, 1)
        data = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    return data.astype(np.float32) / 32768, sr
