import numpy as np


def mel(*, sr, n_fft, n_mels=128, fmin=0.0, fmax=None):
    return np.ones((n_mels, 1 + n_fft // 2), np.float32) / n_fft
