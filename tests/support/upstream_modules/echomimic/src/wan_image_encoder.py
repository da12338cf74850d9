from pathlib import Path


class CLIPModel:
    @classmethod
    def from_pretrained(cls, pretrained_model_path, transformer_additional_kwargs=None):
        Path(pretrained_model_path).read_bytes()
        return cls()

    def to(self, dtype):
        return self

    def eval(self):
        return self
