# ruff: noqa: INP001 - part of a program; see run.py
"""Knows EchoMimicV3 flash: a small video diffusion model, the whole video in one pass."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from talkies.engines.hosts import shims
from talkies.engines.hosts.speech import FPS, SpeechEncoder
from talkies.engines.hosts.values import Values

#: Frames before and after a frame whose speech it hears.
NEIGHBOURS = 2

#: Its sides are multiples of this, pixels.
GRID = 16

#: What its own program asks not to have.
NEGATIVE = (
    "Gesture is bad. Gesture is unclear. Strange and twisted hands. Bad hands. Bad fingers. "
    "Unclear and blurry hands. Unclear gestures, broken hands, fused fingers. "
)

#: Its own, beside those of diffusers.
SAMPLERS = {
    "Flow": ("diffusers", "FlowMatchEulerDiscreteScheduler"),
    "Flow_Unipc": ("src.fm_solvers_unipc", "FlowUniPCMultistepScheduler"),
    "Flow_DPM++": ("src.fm_solvers", "FlowDPMSolverMultistepScheduler"),
}


class Adapter:
    """Builds its pipeline once, as its own program does, and calls it again and again."""

    def __init__(self, repository: str, report: Any) -> None:
        self._repository = repository
        self._report = report
        self._pipeline: Any = None
        self._speech: Any = None
        self._device: Any = None
        self._dtype: Any = None
        self._model_dir = ""

    def key(self, texts: dict[str, str]) -> Any:
        return sorted(texts.items())

    def load(self, texts: dict[str, str]) -> None:
        """Bring the pipeline and the speech encoder into memory."""
        values = Values(texts)
        shims.trust_checkpoints()
        torch = shims.module("torch")
        self._dtype = getattr(torch, values.text("weight_dtype", "bfloat16"))
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._model_dir = values.path("model_dir")
        self._speech = SpeechEncoder("src.wav2vec2", values.path("wav2vec_dir"))
        config = shims.module("omegaconf").OmegaConf.load(values.path("config_file"))
        pipeline = shims.module("src.pipeline_wan_fun_inpaint_audio_2512")
        self._pipeline = pipeline.WanFunInpaintAudioPipeline(
            transformer=self._transformer(config, values.path("transformer_file")),
            vae=self._vae(config),
            tokenizer=self._tokenizer(config),
            text_encoder=self._text_encoder(config),
            scheduler=_scheduler(config, values.text("sampler", "Flow_Unipc")),
            clip_image_encoder=self._picture_encoder(config),
        )
        self._pipeline.to(device=self._device)

    def render(self, order: dict[str, Any], texts: dict[str, str]) -> str:
        """Make one video; its path."""
        values, torch = Values(texts), shims.module("torch")
        frames, steps = self._frames(int(order["frames"])), values.whole("steps", 8)
        self._skip_steps(steps, values)
        shims.seed_all(int(order["seed"]))
        with torch.no_grad():
            made = self._pipeline(
                order["prompt"],
                num_frames=frames,
                num_inference_steps=steps,
                audio_embeds=self._heard(order["sound"], frames),
                generator=torch.Generator(device=self._device).manual_seed(int(order["seed"])),
                callback_on_step_end=self._told(steps),
                **_pictures(order["visual"], frames, values.wholes("sample_size", [768, 768])),
                **_guidance(values),
            ).videos
        path = str(order["output"]) + ".mp4"
        shims.module("src.utils").save_videos_grid(made[:, :, :frames], path, fps=FPS)
        return path

    def unload(self) -> None:
        self._pipeline = self._speech = None

    def _told(self, steps: int) -> Any:
        """What the pipeline calls after each step; it stops where that raises."""

        def told(_: Any, step: int, __: Any, given: dict[str, Any]) -> dict[str, Any]:
            self._report.step(step + 1, steps, "diffusion", 0.95 * (step + 1) / steps)
            return given

        self._report.step(0, steps, "diffusion", 0.0)
        return told

    def _frames(self, frames: int) -> int:
        """As many frames as its video codec can make: 4n + 1, of those that were asked for."""
        ratio = int(self._pipeline.vae.config.temporal_compression_ratio)
        return (frames - 1) // ratio * ratio + 1

    def _skip_steps(self, steps: int, values: Values) -> None:
        """Let it skip what changes little between steps; bound to their number, so always anew."""
        threshold = values.number("teacache_threshold", 0.0)
        transformer = self._pipeline.transformer
        found = shims.module("src.cache_utils").get_teacache_coefficients(self._model_dir)
        if threshold > 0 and found is not None:
            skipped = min(values.whole("skip_start_steps", 5), steps)
            transformer.enable_teacache(
                found, steps, threshold, num_skip_start_steps=skipped, offload=False
            )
        elif hasattr(transformer, "disable_teacache"):
            transformer.disable_teacache()

    def _heard(self, sound: str, frames: int) -> Any:
        """The features of the speech, for each frame with those of its neighbours."""
        numpy, torch = shims.module("numpy"), shims.module("torch")
        features = self._speech.features(sound, frames).numpy()
        around = numpy.arange(-NEIGHBOURS, NEIGHBOURS + 1)
        places = numpy.clip(numpy.arange(frames)[:, None] + around, 0, len(features) - 1)
        heard = torch.from_numpy(features[places]).unsqueeze(0)
        return heard.to(device=self._device, dtype=self._dtype)

    def _transformer(self, config: Any, file: str) -> Any:
        given = config["transformer_additional_kwargs"]
        wan = shims.module("src.wan_transformer3d_audio_2512")
        transformer = wan.WanTransformerAudioMask3DModel.from_pretrained(
            self._part(config, "transformer_additional_kwargs", "transformer"),
            transformer_additional_kwargs=_plain(given),
            low_cpu_mem_usage=True,
            torch_dtype=self._dtype,
        )
        state = shims.module("safetensors.torch").load_file(file)
        missing, unknown = transformer.load_state_dict(state.get("state_dict", state), strict=False)
        self._report.log(f"missing keys: {len(missing)}, unexpected keys: {len(unknown)}")
        return transformer

    def _vae(self, config: Any) -> Any:
        vae = shims.module("src.wan_vae").AutoencoderKLWan.from_pretrained(
            self._part(config, "vae_kwargs", "vae"),
            additional_kwargs=_plain(config["vae_kwargs"]),
        )
        return vae.to(self._dtype)

    def _tokenizer(self, config: Any) -> Any:
        tokenizer = shims.module("transformers").AutoTokenizer
        return tokenizer.from_pretrained(self._part(config, "text_encoder_kwargs", "tokenizer"))

    def _text_encoder(self, config: Any) -> Any:
        encoder = shims.module("src.wan_text_encoder").WanT5EncoderModel.from_pretrained(
            self._part(config, "text_encoder_kwargs", "text_encoder"),
            additional_kwargs=_plain(config["text_encoder_kwargs"]),
            low_cpu_mem_usage=True,
            torch_dtype=self._dtype,
        )
        return encoder.eval()

    def _picture_encoder(self, config: Any) -> Any:
        encoder = shims.module("src.wan_image_encoder").CLIPModel.from_pretrained(
            self._part(config, "image_encoder_kwargs", "image_encoder")
        )
        return encoder.to(self._dtype).eval()

    def _part(self, config: Any, group: str, name: str) -> str:
        """Where a part of the base model lies, as the configuration says it."""
        return str(Path(self._model_dir) / config[group].get(f"{name}_subpath", name))


def _pictures(visual: str, frames: int, most: list[int]) -> dict[str, Any]:
    """The picture as the pipeline takes it, and the size of the video."""
    picture = shims.module("PIL.Image").open(visual).convert("RGB")
    height, width = size_for(picture.size, most)
    video, mask, clip_image = shims.module("src.utils").get_image_to_video_latent2(
        picture, None, video_length=frames, sample_size=[height, width]
    )
    sized = {"height": height, "width": width}
    return {**sized, "video": video, "mask_video": mask, "clip_image": clip_image}


def _guidance(values: Values) -> dict[str, Any]:
    """How closely the model keeps to the prompt and to the speech."""
    return {
        "negative_prompt": values.text("negative_prompt", NEGATIVE),
        "audio_scale": values.number("audio_scale", 1.0),
        "ip_mask": None,
        "use_un_ip_mask": False,
        "neg_scale": values.number("neg_scale", 1.0),
        "neg_steps": values.whole("neg_steps", 0),
        "use_dynamic_cfg": values.flag("dynamic_cfg"),
        "use_dynamic_acfg": values.flag("dynamic_acfg"),
        "guidance_scale": values.number("guidance_scale", 6.0),
        "audio_guidance_scale": values.number("audio_guidance_scale", 3.0),
        "cfg_skip_ratio": values.number("cfg_skip_ratio", 0.0),
        "shift": values.number("shift", 5.0),
    }


def size_for(picture: tuple[int, int], most: list[int]) -> tuple[int, int]:
    """Height and width of the video of a picture (width, height): on its grid, never enlarged."""
    width, height = picture
    scale = max(1.0, math.sqrt(width * height / (most[0] * most[1])))
    return int(height / scale // GRID * GRID), int(width / scale // GRID * GRID)


def _scheduler(config: Any, sampler: str) -> Any:
    module, name = SAMPLERS[sampler]
    scheduler = getattr(shims.module(module), name)
    given = _plain(config["scheduler_kwargs"])
    if sampler != "Flow":
        given["shift"] = 1
    return scheduler(**shims.module("src.utils").filter_kwargs(scheduler, given))


def _plain(given: Any) -> Any:
    return shims.module("omegaconf").OmegaConf.to_container(given)
