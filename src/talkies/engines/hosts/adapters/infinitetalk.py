# ruff: noqa: INP001 - part of a program; see run.py
"""Knows InfiniteTalk: a 14B video diffusion model that makes its video in overlapping chunks."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from talkies.engines.hosts import shims
from talkies.engines.hosts.speech import FPS, SpeechEncoder
from talkies.engines.hosts.values import Values

#: Frames of a chunk, and steps for each, where the description says nothing else.
CHUNK = 81
STEPS = 40

#: Share of the work that the diffusion is; the rest is the saving of the video.
DIFFUSION = 0.97


class Extra(SimpleNamespace):
    """What the pipeline looks up among the arguments of its own program; others are off."""

    def __getattr__(self, name: str) -> bool:
        if name.startswith("__"):
            raise AttributeError(name)
        return False


class Adapter:
    """Loads the pipeline once and lets it make video after video."""

    def __init__(self, repository: str, report: Any) -> None:
        self._repository = repository
        self._report = report
        self._pipeline: Any = None
        self._speech: Any = None

    def key(self, values: dict[str, str]) -> Any:
        """What makes two loads the same: LoRAs are merged into the model."""
        return sorted(values.items())

    def load(self, texts: dict[str, str]) -> None:
        """Bring the diffusion model and the speech encoder into memory."""
        values = Values(texts)
        shims.give_arg_spec()
        shims.give_numpy_names()
        shims.trust_checkpoints()
        wan = shims.module("wan")
        configs = shims.module("wan.configs")
        self._pipeline = wan.InfiniteTalkPipeline(
            config=configs.WAN_CONFIGS["infinitetalk-14B"],
            checkpoint_dir=values.path("checkpoint_dir"),
            device_id=0,
            rank=0,
            t5_fsdp=False,
            dit_fsdp=False,
            use_usp=False,
            t5_cpu=False,
            infinitetalk_dir=values.path("infinitetalk_file"),
            **_weights(values),
        )
        if values.flag("low_vram"):
            self._pipeline.vram_management = True
            self._pipeline.enable_vram_management(num_persistent_param_in_dit=0)
        folder = values.path("wav2vec_dir")
        self._speech = SpeechEncoder("src.audio_analysis.wav2vec2", folder)

    def render(self, order: dict[str, Any], texts: dict[str, str]) -> str:
        """Make one video; its path."""
        values, seed = Values(texts), int(order["seed"])
        self._hook(int(order["chunks"]), values.whole("steps", STEPS))
        self._report.check()
        shims.seed_all(seed)
        video = self._pipeline.generate_infinitetalk(
            {
                "prompt": order["prompt"],
                "cond_video": order["visual"],
                "cond_audio": {"person1": self._features(order["sound"], Path(order["scratch"]))},
            },
            seed=seed,
            # The whole sound: its own default ends after 40 s, and a single chunk is its "clip".
            max_frames_num=max(int(order["frames"]), values.whole("frame_num", CHUNK) + 1),
            **_settings(values),
        )
        self._report.check()
        saving = shims.module("wan.utils.multitalk_utils")
        saving.save_video_ffmpeg(
            video, order["output"], [order["sound"]], fps=FPS, quality=5, high_quality_save=False
        )
        return str(order["output"]) + ".mp4"

    def unload(self) -> None:
        self._pipeline = self._speech = None

    def _hook(self, chunks: int, steps: int) -> None:
        """Count the unlabelled bars of the chunks, and watch the one of the saving."""
        begun = [0]

        def diffusing(done: int, total: int, _: str) -> None:
            if done == 0:
                begun[0] += 1
            part = (begun[0] - 1 + done / max(total, 1)) / max(chunks, begun[0])
            at = (begun[0] - 1) * steps + done
            self._report.step(at, max(chunks, begun[0]) * steps, "diffusion", DIFFUSION * part)

        def saving(done: int, total: int, _: str) -> None:
            part = DIFFUSION + (1 - DIFFUSION) * done / max(total, 1)
            self._report.step(done, total, "saving", part)

        shims.hook_bars(shims.module("wan.multitalk"), diffusing)
        shims.hook_bars(shims.module("wan.utils.multitalk_utils"), saving)

    def _features(self, sound: str, scratch: Path) -> str:
        """The features of the speech in a file of ours, as the pipeline takes them."""
        path = str(scratch / "speech.pt")
        shims.module("torch").save(self._speech.features(sound), path)
        return path


def _weights(values: Values) -> dict[str, Any]:
    """The weights that go over the base: fewer bits, or a LoRA."""
    model = values.text("model", "bf16")
    if model == "fp8":
        return {"quant": "fp8", "quant_dir": values.path("fp8_file")}
    if model == "bf16":
        return {}
    return {"lora_dir": [values.path(f"{model}_file")], "lora_scales": [1.0]}


def _settings(values: Values) -> dict[str, Any]:
    """How the pipeline is to draw; defaults are those of its own program."""
    size = values.text("size", "infinitetalk-480")
    return {
        "size_buckget": size,
        "motion_frame": values.whole("motion_frame", 9),
        "frame_num": values.whole("frame_num", CHUNK),
        "shift": values.number("shift", 11.0 if size.endswith("720") else 7.0),
        "sampling_steps": values.whole("steps", STEPS),
        "text_guide_scale": values.number("text_guide_scale", 5.0),
        "audio_guide_scale": values.number("audio_guide_scale", 4.0),
        "offload_model": values.flag("offload_model", default=True),
        "color_correction_strength": values.number("color_correction_strength", 1.0),
        "extra_args": _extra(size, values),
    }


def _extra(size: str, values: Values) -> Extra:
    threshold = values.number("teacache_threshold", 0.0)
    return Extra(
        use_teacache=threshold > 0,
        teacache_thresh=threshold,
        size=size,
        use_apg=values.flag("use_apg"),
        apg_momentum=-0.75,
        apg_norm_threshold=55,
    )
