"""Stands in for EchoMimicV3's `infer_flash.py`."""

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING

from upstream_play import (
    Stage,
    bar,
    cropped,
    first_picture,
    say,
    seconds_of,
    write_video,
)

if TYPE_CHECKING:
    from PIL import Image
    from upstream_play import Pixels

BASE_FILES = (
    "Wan2.1_VAE.pth",
    "models_t5_umt5-xxl-enc-bf16.pth",
    "models_clip_open-clip-xlm-roberta-large-vit-huge-14.pth",
    "google/umt5-xxl",
    "diffusion_pytorch_model.safetensors",
)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add = parser.add_argument
    add("--image_path", type=str, required=True)
    add("--audio_path", type=str, required=True)
    add("--prompt", type=str, required=True)
    add("--config_path", type=str, default="config/wan2.1/wan_civitai.yaml")
    add("--model_name", type=str, default="Wan2.1-Fun-V1.1-1.3B-InP")
    add("--transformer_path", type=str, default="")
    add("--ckpt_idx", type=int, default=50000)
    add("--vae_path", type=str, default=None)
    add("--lora_path", type=str, default=None)
    add("--save_path", type=str, default="outputs")
    add("--wav2vec_model_dir", type=str, default="chinese-wav2vec2-base")
    add("--weight_dtype", type=str, default="bfloat16", choices=("float16", "bfloat16"))
    add("--sample_size", type=int, nargs=2, default=[768, 768])
    add("--fps", type=int, default=25)
    add("--add_prompt", type=str, default="")
    add("--negative_prompt", type=str, default="Gesture is bad. Gesture is unclear.")
    add("--mouth_prompts", type=str, default=None)
    _sampling(parser)
    _machine(parser)
    return parser.parse_args()


def _sampling(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    samplers = ("Flow", "Flow_Unipc", "Flow_DPM++")
    add("--sampler_name", type=str, default="Flow_Unipc", choices=samplers)
    add("--video_length", type=int, default=81)
    add("--guidance_scale", type=float, default=6.0)
    add("--audio_guidance_scale", type=float, default=3.0)
    add("--audio_scale", type=float, default=1.0)
    add("--neg_scale", type=float, default=1.0)
    add("--neg_steps", type=int, default=0)
    add("--num_inference_steps", type=int, default=25)
    add("--seed", type=int, default=43)
    add("--lora_weight", type=float, default=0.6)
    add("--cfg_skip_ratio", type=float, default=0.0)
    add("--shift", type=float, default=5.0)


def _machine(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--enable_teacache", action="store_true", default=True)
    add("--teacache_threshold", type=float, default=0.1)
    add("--num_skip_start_steps", type=int, default=5)
    add("--teacache_offload", action="store_true", default=False)
    add("--use_dynamic_cfg", action="store_true", default=False)
    add("--use_dynamic_acfg", action="store_true", default=False)
    add("--enable_riflex", action="store_true", default=False)
    add("--use_un_ip_mask", action="store_true", default=False)
    add("--riflex_k", type=int, default=6)
    add("--GPU_memory_mode", type=str, default="sequential_cpu_offload")
    add("--ulysses_degree", type=int, default=1)
    add("--ring_degree", type=int, default=1)
    add("--fsdp_dit", action="store_true", default=False)


def main() -> None:
    args = arguments()
    stage = Stage(args)
    stage.start()
    load(args)
    stage.load()
    folder = Path(args.save_path)
    folder.mkdir(parents=True, exist_ok=True)
    stem = Path(args.image_path).name.split(".", 1)[0]
    video = folder / f"{stem}_output.mp4"
    if video.exists() or stage.fails("skip"):
        say(f"⏭️  Skip: {video} already exists.")
        return
    say(f"Processing: {args.image_path}\nAudio: {args.audio_path}\nPrompt: {args.prompt}")
    length = int(seconds_of(Path(args.audio_path)) * args.fps)
    frames = 4 * ((min(length, args.video_length) - 1) // 4) + 1
    say(f"Audio length: {length}, Video length: {frames}")
    steps = args.num_inference_steps
    for step in bar(range(steps), steps, seconds=stage.step_seconds):
        if step:
            stage.work()
    scratch = folder / f"{stem}_tmp.mp4"
    scratch.write_bytes(b"")
    for _ in bar(range(frames), frames, "frame_index:"):
        pass
    picture = shape(args, first_picture(Path(args.image_path)))
    write_video(video, picture, frames, fps=args.fps, sound=Path(args.audio_path))
    scratch.unlink()
    if stage.fails("no_output"):
        video.unlink()
    say(f"Saved output to: {video}")


def load(args: argparse.Namespace) -> None:
    Path(args.config_path).stat()
    base = Path(args.model_name)
    for name in BASE_FILES:
        (base / name).stat()
    # The coefficients of TeaCache are found by the folder's name.
    if "wan2.1-fun-v1.1-1.3b" not in args.model_name.lower():
        raise AttributeError("'NoneType' object is not iterable")
    Path(args.transformer_path or f"checkpoint-{args.ckpt_idx}.pth").stat()
    say(f"From checkpoint: {args.transformer_path}\nmissing keys: 0;\n\nunexpected keys: 0;")
    say(f"Enable TeaCache with threshold {args.teacache_threshold}")
    assert args.num_skip_start_steps <= args.num_inference_steps
    (Path(args.wav2vec_model_dir) / "pytorch_model.bin").stat()


def shape(args: argparse.Namespace, picture: "Image.Image") -> "Pixels":
    """Never larger than it was, sides rounded down to multiples of 16."""
    scale = min(1.0, math.sqrt(math.prod(args.sample_size) / math.prod(picture.size)))
    width, height = (int(side * scale) // 16 * 16 for side in picture.size)
    return cropped(picture, width, height)


if __name__ == "__main__":
    main()
