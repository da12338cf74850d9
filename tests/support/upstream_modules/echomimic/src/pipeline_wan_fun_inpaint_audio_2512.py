import types

import numpy as np
import torch
from stub_play import called, pause, told


class WanFunInpaintAudioPipeline:
    def __init__(self, tokenizer, text_encoder, vae, transformer, clip_image_encoder, scheduler):
        self.vae, self.transformer = vae, transformer
        called("load", scheduler=type(scheduler).__name__)

    def to(self, device=None, dtype=None):
        return self

    def __call__(
        self,
        prompt=None,
        negative_prompt=None,
        height=480,
        width=720,
        video=None,
        mask_video=None,
        num_frames=49,
        num_inference_steps=50,
        timesteps=None,
        guidance_scale=6,
        audio_guidance_scale=3.0,
        generator=None,
        clip_image=None,
        audio_embeds=None,
        audio_scale=1.0,
        ip_mask=None,
        use_un_ip_mask=False,
        neg_scale=1.0,
        neg_steps=0,
        use_dynamic_cfg=False,
        use_dynamic_acfg=False,
        cfg_skip_ratio=None,
        shift=5,
        callback_on_step_end=None,
        callback_on_step_end_tensor_inputs=("latents",),
    ):
        assert audio_embeds.shape == (1, num_frames, 5, 12, 768), audio_embeds.shape
        assert video[1:] == (num_frames, [height, width])
        called("render", prompt=prompt, seed=generator.seed, steps=num_inference_steps, w=width)
        for step in range(num_inference_steps):
            pause()
            if told().get("fail") == "oom":
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
            given = {"latents": "latents"}
            assert callback_on_step_end(self, step, 0, given).pop("latents") == "latents"
        shape = (1, 3, num_frames, height, width)
        return types.SimpleNamespace(videos=np.zeros(shape, np.uint8))
