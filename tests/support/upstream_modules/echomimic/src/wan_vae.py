import types
from pathlib import Path


class AutoencoderKLWan:
    config = types.SimpleNamespace(temporal_compression_ratio=4)

    @classmethod
    def from_pretrained(cls, pretrained_model_path, additional_kwargs=None):
        Path(pretrained_model_path).read_bytes()
        return cls()

    def to(self, dtype):
        return self
