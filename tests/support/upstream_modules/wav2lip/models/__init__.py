import numpy as np
import torch
from stub_play import called, pause, told

KEYS = {"face_encoder_blocks.0.0.conv_block.0.weight"}


class Wav2Lip:
    def load_state_dict(self, state_dict):
        assert set(state_dict) == KEYS, "Missing key(s) in state_dict"
        called("load")

    def to(self, device):
        return self

    def eval(self):
        return self

    def __call__(self, audio_sequences, face_sequences):
        count = len(audio_sequences)
        assert audio_sequences.shape == (count, 1, 80, 16)
        assert face_sequences.shape == (count, 6, 96, 96)
        masked, whole = face_sequences.array[:, :3], face_sequences.array[:, 3:]
        assert not masked[:, :, 48:].any()
        assert np.array_equal(masked[:, :, :48], whole[:, :, :48])
        assert whole.max() <= 1.0
        called("mouths", count=count)
        pause()
        if told().get("fail") == "oom":
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return torch.Tensor(np.ones((count, 3, 96, 96), np.float32))
