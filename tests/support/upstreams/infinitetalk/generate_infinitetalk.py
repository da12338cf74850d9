"""Stands in for InfiniteTalk's `generate_infinitetalk.py`."""

import argparse
import json
import logging
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

from upstream_play import (
    SafetensorError,
    Stage,
    bar,
    complain,
    cropped,
    first_picture,
    say,
    seconds_of,
    write_video,
)

TASKS = (
    *("t2v-14B", "t2v-1.3B", "i2v-14B", "t2i-14B", "flf2v-14B"),
    *("vace-1.3B", "vace-14B", "infinitetalk-14B"),
)
FPS = 25
LOG = logging.getLogger()
#: Height and width of the frames it makes.
BUCKETS = {
    "infinitetalk-480": (
        *((320, 1216), (384, 1024), (448, 896), (512, 768), (576, 704), (640, 640), (704, 576)),
        *((768, 512), (832, 448), (896, 448), (960, 384), (1088, 384), (1152, 320)),
        *((1216, 320), (1280, 320)),
    ),
    "infinitetalk-720": (
        *((448, 2048), (512, 1792), (576, 1600), (640, 1408), (704, 1280), (768, 1216)),
        *((832, 1088), (896, 1024), (960, 960), (1024, 896), (1088, 832), (1152, 768)),
        *((1216, 768), (1280, 704), (1344, 704), (1408, 640), (1472, 640), (1536, 576)),
        *((1664, 576), (1856, 512), (1920, 512)),
    ),
}
BASE_FILES = (
    "config.json",
    "models_clip_open-clip-xlm-roberta-large-vit-huge-14.pth",
    "Wan2.1_VAE.pth",
    "google/umt5-xxl",
    "xlm-roberta-large",
)
SHARDS = tuple(f"diffusion_pytorch_model-{n:05d}-of-00007.safetensors" for n in range(1, 8))
T5 = "models_t5_umt5-xxl-enc-bf16.pth"


def truth(text: str) -> bool:
    if text.lower() in {"yes", "true", "t", "y", "1"}:
        return True
    if text.lower() in {"no", "false", "f", "n", "0"}:
        return False
    raise argparse.ArgumentTypeError("Boolean value expected (True/False)")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Generate a video")
    add = parser.add_argument
    add("--task", type=str, default="infinitetalk-14B", choices=TASKS)
    add("--size", type=str, default="infinitetalk-480", choices=tuple(BUCKETS))
    add("--frame_num", type=int, default=81)
    add("--max_frame_num", type=int, default=1000)
    add("--ckpt_dir", type=str, default=None)
    add("--infinitetalk_dir", type=str, default=None)
    add("--quant_dir", type=str, default=None)
    add("--quant", type=str, default=None)
    add("--wav2vec_dir", type=str, default=None)
    add("--dit_path", type=str, default=None)
    add("--lora_dir", type=str, nargs="+", default=None)
    add("--lora_scale", type=float, nargs="+", default=[1.2])
    add("--offload_model", type=truth, default=None)
    add("--ulysses_size", type=int, default=1)
    add("--ring_size", type=int, default=1)
    add("--t5_fsdp", action="store_true", default=False)
    add("--t5_cpu", action="store_true", default=False)
    add("--dit_fsdp", action="store_true", default=False)
    _sampling(parser)
    return parser.parse_args()


def _sampling(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--save_file", type=str, default=None)
    add("--audio_save_dir", type=str, default="save_audio")
    add("--base_seed", type=int, default=42)
    add("--input_json", type=str, default="examples.json")
    add("--motion_frame", type=int, default=9)
    add("--mode", type=str, default="clip", choices=("clip", "streaming"))
    add("--sample_steps", type=int, default=None)
    add("--sample_shift", type=float, default=None)
    add("--sample_text_guide_scale", type=float, default=5.0)
    add("--sample_audio_guide_scale", type=float, default=4.0)
    add("--num_persistent_param_in_dit", type=int, default=None)
    add("--audio_mode", type=str, default="localfile", choices=("localfile", "tts"))
    add("--use_teacache", action="store_true", default=False)
    add("--teacache_thresh", type=float, default=0.2)
    add("--use_apg", action="store_true", default=False)
    add("--apg_momentum", type=float, default=-0.75)
    add("--apg_norm_threshold", type=float, default=55)
    add("--color_correction_strength", type=float, default=1.0)
    add("--scene_seg", action="store_true", default=False)


def main() -> None:
    args = arguments()
    stage = Stage(args)
    stage.start()
    check(args)
    logging.basicConfig(
        level=logging.INFO,
        format="[%(asctime)s] %(levelname)s: %(message)s",
        handlers=[logging.StreamHandler(stream=sys.stdout)],
    )
    if args.offload_model is None:
        args.offload_model = True
        LOG.info("offload_model is not specified, set to True.")
    LOG.info("Generation job args: %s", args)
    asked = json.loads(Path(args.input_json).read_text())
    visual, sound = Path(asked["cond_video"]), listen(args, asked)
    LOG.info("Creating infinitetalk pipeline.")
    load(args)
    stage.load()
    LOG.info("Generating video ...")
    say(str(asked))
    say("No conversion needed.")
    frames = generate(args, stage, sound)
    save(args, visual, sound, frames)
    if not stage.fails("no_output"):
        LOG.info("Saving generated video to %s.mp4", args.save_file)
    else:
        Path(f"{args.save_file}.mp4").unlink()
    LOG.info("Finished.")


def check(args: argparse.Namespace) -> None:
    assert args.ckpt_dir is not None, "Please specify the checkpoint directory."
    assert args.task == "infinitetalk-14B", f"Unsupport task: {args.task}"
    if args.sample_steps is None:
        args.sample_steps = 40
    if args.sample_shift is None:
        args.sample_shift = 7 if args.size == "infinitetalk-480" else 11


def listen(args: argparse.Namespace, asked: dict[str, Any]) -> Path:
    """The scratch it leaves: embeddings and sums of the sounds."""
    people = asked["cond_audio"]
    assert asked["prompt"] is not None
    sound = Path(people["person1"])
    assert Path(args.wav2vec_dir).is_dir(), "wav2vec"
    folder = Path(args.audio_save_dir) / Path(asked["cond_video"]).name.split(".", 1)[0]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "1.pt").write_bytes(b"embedding")
    (folder / "sum.wav").write_bytes(sound.read_bytes())
    return sound


def load(args: argparse.Namespace) -> None:
    base = Path(args.ckpt_dir)
    for name in BASE_FILES:
        (base / name).stat()
    if args.quant is None:
        for name in (*SHARDS, T5):
            (base / name).stat()
        adapter = Path(args.infinitetalk_dir)
        if adapter.is_dir():
            raise SafetensorError(f"Error while opening {adapter}: Is a directory (os error 21)")
        adapter.stat()
        for lora, _scale in zip(args.lora_dir or (), args.lora_scale, strict=False):
            Path(lora).stat()
            complain(f"Loading LoRA from {lora}")
        return
    if args.quant not in {"int8", "fp8"}:
        raise ValueError(f"Unsupported quant: {args.quant}")
    weights = Path(args.quant_dir)
    for path in (
        weights,
        Path(args.quant_dir.replace("safetensors", "json")),
        weights.parent / f"t5_{args.quant}.safetensors",
        weights.parent / f"t5_map_{args.quant}.json",
    ):
        path.stat()
    LOG.info("Loading Quantized MultiTalk from %s", weights)


def generate(args: argparse.Namespace, stage: Stage, sound: Path) -> int:
    length = int(seconds_of(sound) * FPS)
    chunk = args.frame_num
    if length <= chunk or stage.fails("too_short"):
        raise AssertionError("Aduio file not exists or length not satisfies frame nums.")
    whole = min(args.max_frame_num, length)
    streaming = args.mode == "streaming"
    chunks = 1 + math.ceil((whole - chunk) / (chunk - args.motion_frame)) if streaming else 1
    for _chunk in range(chunks):
        steps = bar(range(args.sample_steps), args.sample_steps, seconds=stage.step_seconds)
        for step in steps:
            if step:
                stage.work()
    return whole if streaming else chunk


def save(args: argparse.Namespace, visual: Path, sound: Path, frames: int) -> None:
    picture = first_picture(visual)
    ratio = picture.height / picture.width
    height, width = min(BUCKETS[args.size], key=lambda size: abs(size[0] / size[1] - ratio))
    cut = Path(f"{args.save_file}-cropaudio.wav")
    if cut.exists():
        overwrite(cut)
    cut.write_bytes(sound.read_bytes())
    silent = Path(f"{args.save_file}-temp.mp4")
    shown = cropped(picture, width, height)
    for _frame in bar(range(frames), frames, "Saving video"):
        pass
    write_video(silent, shown, frames, sound=sound)
    silent.rename(f"{args.save_file}.mp4")
    cut.unlink()


def overwrite(path: Path) -> None:
    """What ffmpeg does without `-y`: it asks, and gives up where nobody answers."""
    sys.stderr.write(f"File '{path}' already exists. Overwrite? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() != "y":
        complain("Not overwriting - exiting")
        raise subprocess.CalledProcessError(1, ["ffmpeg", "-i", "sound", str(path)])


if __name__ == "__main__":
    main()
