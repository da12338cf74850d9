"""Stands in for MuseTalk's `scripts.inference`."""

import argparse
import json
import math
from pathlib import Path

from upstream_play import Stage, bar, first_picture, pixels_of, say, seconds_of, write_video

UNSAFE = set(" '\"()&;$")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add = parser.add_argument
    add("--ffmpeg_path", type=str, default="./ffmpeg-4.4-amd64-static/")
    add("--gpu_id", type=int, default=0)
    add("--vae_type", type=str, default="sd-vae")
    add("--unet_config", type=str, default="./models/musetalk/config.json")
    add("--unet_model_path", type=str, default="./models/musetalkV15/unet.pth")
    add("--whisper_dir", type=str, default="./models/whisper")
    add("--inference_config", type=str, default="configs/inference/test_img.yaml")
    add("--bbox_shift", type=int, default=0)
    add("--result_dir", type=str, default="./results")
    add("--extra_margin", type=int, default=10)
    add("--fps", type=int, default=25)
    add("--audio_padding_length_left", type=int, default=2)
    add("--audio_padding_length_right", type=int, default=2)
    add("--batch_size", type=int, default=8)
    add("--output_vid_name", type=str, default=None)
    add("--use_saved_coord", action="store_true")
    add("--saved_coord", action="store_true")
    add("--use_float16", action="store_true")
    add("--parsing_mode", default="jaw")
    add("--left_cheek_width", type=int, default=90)
    add("--right_cheek_width", type=int, default=90)
    add("--version", type=str, default="v15", choices=["v1", "v15"])
    return parser.parse_args()


def main() -> None:
    args = arguments()
    stage = Stage(args)
    stage.start()
    for path in (args.unet_config, args.unet_model_path, f"models/{args.vae_type}/config.json"):
        Path(path).stat()
    for path in ("models/dwpose/dw-ll_ucoco_384.pth", "models/face-parse-bisent/79999_iter.pth"):
        Path(path).stat()
    (Path(args.whisper_dir) / "pytorch_model.bin").stat()
    (Path("musetalk") / "__init__.py").stat()
    detector = Path("musetalk/utils/face_detection/detection/sfd/s3fd.pth")
    if not detector.exists():
        raise ConnectionError("https://www.adrianbulat.com/downloads/python-fan/s3fd.pth")
    stage.load()
    for name, task in tasks(Path(args.inference_config)).items():
        say(f"{name}: {task}")
        try:
            sync(args, stage, task)
        except Exception as error:  # noqa: BLE001 - as the original does: it goes on
            say(f"Error occurred during processing: {error}")


def tasks(path: Path) -> dict[str, dict[str, str]]:
    """The tasks of its YAML, as far as ours go."""
    found: dict[str, dict[str, str]] = {}
    name = ""
    for line in filter(str.strip, path.read_text().splitlines()):
        key, _, value = line.strip().partition(": ")
        if not line.startswith(" "):
            name = key.rstrip(":")
            found[name] = {}
        else:
            found[name][key] = str(json.loads(value))
    return found


def sync(args: argparse.Namespace, stage: Stage, task: dict[str, str]) -> None:
    video, sound = Path(task["video_path"]), Path(task["audio_path"])
    folder = Path(args.result_dir) / args.version
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{video.name.split('.', 1)[0]}_{sound.name.split('.', 1)[0]}"
    say("extracting landmarks... time-consuming operation")
    frames = int(seconds_of(sound) * args.fps)
    if stage.fails("no_face"):
        raise ZeroDivisionError("integer modulo by zero")
    walk(frames)
    say("Starting inference")
    batches = math.ceil(frames / args.batch_size)
    for batch in bar(range(batches), batches, seconds=stage.step_seconds):
        if batch:
            stage.work()
    say("Padding generated images to original video size")
    walk(frames)
    scratch = folder / f"temp_{name}.mp4"
    scratch.write_bytes(b"")
    if UNSAFE & set(f"{video}{sound}{folder}"):
        raise FileNotFoundError(2, "No such file or directory", str(scratch))
    picture = pixels_of(first_picture(video))
    output = folder / (args.output_vid_name or f"{name}.mp4")
    if not stage.fails("no_output"):
        write_video(output, picture, frames, fps=args.fps, sound=sound)
    scratch.unlink()
    say(f"Results saved to {output}")


def walk(frames: int) -> None:
    for _ in bar(range(frames), frames):
        pass


if __name__ == "__main__":
    main()
