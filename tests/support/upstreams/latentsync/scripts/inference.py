"""Stands in for LatentSync's `scripts.inference`."""

import argparse
import math
from pathlib import Path

from upstream_play import Stage, bar, first_picture, pixels_of, say, seconds_of, write_video

#: Frames of one denoising.
WINDOW = 16


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add = parser.add_argument
    add("--unet_config_path", type=str, default="configs/unet.yaml")
    add("--inference_ckpt_path", type=str, required=True)
    add("--video_path", type=str, required=True)
    add("--audio_path", type=str, required=True)
    add("--video_out_path", type=str, required=True)
    add("--inference_steps", type=int, default=20)
    add("--guidance_scale", type=float, default=1.0)
    add("--temp_dir", type=str, default="temp")
    add("--seed", type=int, default=1247)
    add("--enable_deepcache", action="store_true")
    return parser.parse_args()


def main() -> None:
    args = arguments()
    stage = Stage(args)
    stage.start()
    for path in (args.unet_config_path, "configs/unet", "latentsync/utils/mask.png"):
        Path(path).stat()
    load(args)
    stage.load()
    say(f"Input video path: {args.video_path}")
    say(f"Input audio path: {args.audio_path}")
    say(f"Loaded checkpoint path: {args.inference_ckpt_path}")
    import av

    with av.open(args.video_path) as container:
        shown = sum(1 for _ in container.decode(video=0))
    frames = min(shown, int(seconds_of(Path(args.audio_path)) * 25))
    say(f"Affine transforming {frames} faces...")
    for number in bar(range(frames), frames):
        if number == 0 and stage.fails("no_face"):
            raise RuntimeError("Face not detected")
    windows = math.ceil(frames / WINDOW)
    for window in bar(range(windows), windows, "Doing inference...", stage.step_seconds):
        for _ in bar(range(args.inference_steps), args.inference_steps):
            pass
        if window or windows == 1:
            stage.work()
    say(f"Restoring {frames} faces...")
    picture = pixels_of(first_picture(Path(args.video_path)))
    Path(args.temp_dir).mkdir(parents=True, exist_ok=True)
    if not stage.fails("no_output"):
        write_video(Path(args.video_out_path), picture, frames, sound=Path(args.audio_path))


def load(args: argparse.Namespace) -> None:
    for path in (args.inference_ckpt_path, "checkpoints/whisper/tiny.pt"):
        Path(path).stat()
    if not Path("stabilityai/sd-vae-ft-mse").is_dir():
        raise OSError("We couldn't connect to 'https://huggingface.co' to load the files")


if __name__ == "__main__":
    main()
