import json
import math
from functools import partial
from inspect import ArgSpec as ArgSpec
from pathlib import Path

import numpy as np
import torch
from stub_play import called, pause, told
from tqdm import tqdm


class InfiniteTalkPipeline:
    def __init__(
        self,
        config,
        checkpoint_dir,
        quant_dir=None,
        device_id=0,
        rank=0,
        t5_fsdp=False,
        dit_fsdp=False,
        use_usp=False,
        t5_cpu=False,
        init_on_cpu=True,
        num_timesteps=1000,
        use_timestep_transform=True,
        lora_dir=None,
        lora_scales=None,
        quant=None,
        dit_path=None,
        infinitetalk_dir=None,
    ):
        assert config == "the configuration"
        for file in (quant_dir or infinitetalk_dir, *(lora_dir or ())):
            Path(file).read_bytes()
        called(
            "load", checkpoint_dir=checkpoint_dir, quant=quant, lora=lora_dir, scales=lora_scales
        )
        self.vram_management = False

    def enable_vram_management(self, num_persistent_param_in_dit=None):
        called("vram", persistent=num_persistent_param_in_dit, management=self.vram_management)

    def generate_infinitetalk(
        self,
        input_data,
        size_buckget="infinitetalk-480",
        motion_frame=25,
        frame_num=81,
        shift=5.0,
        sampling_steps=40,
        text_guide_scale=5.0,
        audio_guide_scale=4.0,
        n_prompt="",
        seed=-1,
        offload_model=True,
        max_frames_num=1000,
        face_scale=0.05,
        progress=True,
        color_correction_strength=0.0,
        extra_args=None,
    ):
        extra = {
            name: getattr(extra_args, name)
            for name in ("use_teacache", "teacache_thresh", "size", "use_apg")
        }
        assert not extra_args.enable_torch_deterministic
        called(
            "render",
            prompt=input_data["prompt"],
            size=size_buckget,
            steps=sampling_steps,
            shift=shift,
            seed=seed,
            most=max_frames_num,
            offload=offload_model,
            extra=json.dumps(extra),
        )
        Path(input_data["cond_video"]).read_bytes()
        features = torch.load(input_data["cond_audio"]["person1"])
        assert features.shape[1:] == (12, 768)
        length = features.shape[0]
        assert length > frame_num, "Aduio file not exists or length not satisfies frame nums."
        frames = min(max_frames_num, length)
        chunks = 1 + math.ceil((frames - frame_num) / (frame_num - motion_frame))
        bar = partial(tqdm, total=sampling_steps)
        for _ in range(chunks):
            for step in bar(range(sampling_steps)):
                pause()
                if told().get("fail") == "oom" and step == 1:
                    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return torch.Tensor(np.zeros((3, frames, 64, 96), np.float32))
