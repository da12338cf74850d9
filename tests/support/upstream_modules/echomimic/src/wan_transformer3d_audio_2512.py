from pathlib import Path

from stub_play import called


class WanTransformerAudioMask3DModel:
    @classmethod
    def from_pretrained(
        cls,
        pretrained_model_path,
        subfolder=None,
        transformer_additional_kwargs=None,
        low_cpu_mem_usage=False,
        torch_dtype=None,
    ):
        assert Path(pretrained_model_path).is_dir()
        return cls()

    def load_state_dict(self, state_dict, strict=True):
        assert not strict
        return [], list(state_dict)

    def enable_teacache(
        self, coefficients, num_steps, rel_l1_thresh, num_skip_start_steps=0, offload=True
    ):
        assert num_skip_start_steps <= num_steps
        called("teacache", steps=num_steps, threshold=rel_l1_thresh)

    def disable_teacache(self):
        called("teacache", steps=0)
