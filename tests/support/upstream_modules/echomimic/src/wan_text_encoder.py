from pathlib import Path


class WanT5EncoderModel:
    @classmethod
    def from_pretrained(
        cls,
        pretrained_model_path,
        additional_kwargs=None,
        low_cpu_mem_usage=False,
        torch_dtype=None,
    ):
        Path(pretrained_model_path).read_bytes()
        return cls()

    def eval(self):
        return self
