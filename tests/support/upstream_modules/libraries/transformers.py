"""The two classes of transformers that are needed."""

import types
from pathlib import Path


class Wav2Vec2FeatureExtractor:
    @classmethod
    def from_pretrained(cls, folder, *, local_files_only=False):
        assert local_files_only
        assert Path(folder).is_dir(), folder
        return cls()

    def __call__(self, raw_speech, sampling_rate=None):
        assert sampling_rate == 16000
        return types.SimpleNamespace(input_values=[raw_speech])


class AutoTokenizer:
    @classmethod
    def from_pretrained(cls, folder):
        assert Path(folder).is_dir(), folder
        return cls()
