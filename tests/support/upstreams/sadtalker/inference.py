"""Stands in for SadTalker's `inference.py`."""

import argparse
import math
import shutil
import sys
import time
import urllib.error
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from upstream_play import (
    Stage,
    bar,
    complain,
    cropped,
    first_picture,
    say,
    seconds_of,
    write_video,
)

if TYPE_CHECKING:
    from PIL import Image
    from upstream_play import Pixels

FPS = 25
PREPROCESS = ("crop", "extcrop", "resize", "full", "extfull")
#: Paths that its shell command lines fall apart at.
UNSAFE = set(" '\"()&;$")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add = parser.add_argument
    add("--driven_audio", type=str, default="./examples/driven_audio/bus_chinese.wav")
    add("--source_image", type=str, default="./examples/source_image/full_body_1.png")
    add("--ref_eyeblink", type=str, default=None)
    add("--ref_pose", type=str, default=None)
    add("--checkpoint_dir", type=str, default="./checkpoints")
    add("--result_dir", type=str, default="./results")
    add("--pose_style", type=int, default=0)
    add("--batch_size", type=int, default=2)
    add("--size", type=int, default=256)
    add("--expression_scale", type=float, default=1.0)
    add("--input_yaw", nargs="+", type=int, default=None)
    add("--input_pitch", nargs="+", type=int, default=None)
    add("--input_roll", nargs="+", type=int, default=None)
    add("--enhancer", type=str, default=None)
    add("--background_enhancer", type=str, default=None)
    add("--cpu", dest="cpu", action="store_true")
    add("--face3dvis", action="store_true")
    add("--still", action="store_true")
    add("--preprocess", type=str, default="crop", choices=PREPROCESS)
    add("--verbose", action="store_true")
    add("--old_version", action="store_true")
    _internal(parser)
    return parser.parse_args()


def _internal(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    nets = ("resnet18", "resnet34", "resnet50")
    add("--net_recon", type=str, default="resnet50", choices=nets)
    add("--init_path", type=str, default=None)
    add("--use_last_fc", default=False)
    add("--bfm_folder", type=str, default="./checkpoints/BFM_Fitting/")
    add("--bfm_model", type=str, default="BFM_model_front.mat")
    add("--focal", type=float, default=1015.0)
    add("--center", type=float, default=112.0)
    add("--camera_d", type=float, default=10.0)
    add("--z_near", type=float, default=5.0)
    add("--z_far", type=float, default=15.0)


def main() -> None:
    args = arguments()
    stage = Stage(args)
    stage.start()
    result = Path(args.result_dir) / time.strftime("%Y_%m_%d_%H.%M.%S")
    result.mkdir(parents=True, exist_ok=True)
    load(args)
    stage.load()
    say("using safetensor as default")
    say("3DMM Extraction for source image")
    if not find_face(args, stage):
        say("Can't get the coeffs of the input")
        return
    video = Path(f"{result}.mp4")
    animate(args, stage, video)
    if stage.fails("no_output"):
        video.unlink()
    say(f"The generated video is named: {video}")
    if not args.verbose:
        shutil.rmtree(result)


def load(args: argparse.Namespace) -> None:
    here = Path(sys.argv[0]).parent
    (here / "src/config").stat()
    number = "00109" if "full" in args.preprocess else "00229"
    checkpoints = Path(args.checkpoint_dir)
    (checkpoints / f"mapping_{number}-model.pth.tar").stat()
    faces = "epoch_20.pth" if args.old_version else f"SadTalker_V0.0.2_{args.size}.safetensors"
    (checkpoints / faces).stat()
    needed = ["alignment_WFLW_4HG.pth", "detection_Resnet50_Final.pth"]
    if args.enhancer is not None:
        needed += ["GFPGANv1.4.pth", "parsing_parsenet.pth"]
    for name in needed:
        if not (Path("gfpgan/weights") / name).exists():
            say(f'Downloading: "https://github.com/x/{name}" to {Path.cwd()}/gfpgan/weights')
            raise urllib.error.URLError("[Errno -3] Temporary failure in name resolution")


def find_face(args: argparse.Namespace, stage: Stage) -> bool:
    if stage.fails("oom_loop"):
        while True:
            complain("Warning: out of memory, sleep for 1s")
            time.sleep(0.01)
    if stage.fails("no_face_type_error"):
        raise TypeError("exceptions must derive from BaseException")
    suffix = Path(args.source_image).suffix
    if suffix not in {".jpg", ".png", ".jpeg", ".mp4"}:
        raise OSError(f"{args.source_image} cannot be read as a video")
    for _ in bar(range(1), 1, "landmark Det:"):
        if stage.fails("no_face_index_error"):
            raise IndexError("index 0 is out of bounds for axis 0 with size 0")
    for _ in bar(range(1), 1, "3DMM Extraction In Video:"):
        pass
    return not stage.fails("no_face_exit_0")


def animate(args: argparse.Namespace, stage: Stage, video: Path) -> None:
    sound = Path(args.driven_audio)
    frames = int(seconds_of(sound) * FPS)
    move(frames)
    batches = math.ceil(frames / args.batch_size)
    for batch in bar(range(batches), batches, "Face Renderer:", stage.step_seconds):
        if batch:
            stage.work()
    shown = shape(args, first_picture(Path(args.source_image)))
    if UNSAFE & set(f"{args.source_image}{sound}{video}"):
        raise FileNotFoundError(2, "No such file or directory", f"{video}##temp.mp4")
    scratch = Path(f"{uuid.uuid4()}.mp4")
    scratch.write_bytes(b"")
    if "full" in args.preprocess:
        pass_through(frames, "seamlessClone:")
    if args.enhancer is not None:
        say("face enhancer....")
        pass_through(frames, "Face Enhancer:")
    write_video(video, shown, frames, sound=sound)
    scratch.unlink()


def move(frames: int) -> None:
    """Motion from sound, and the lengths that crash it."""
    if frames < 3:
        raise ValueError("If mode is 'interp', window_length must be less than or equal to x.")
    if frames == 21:
        raise IndexError("Cannot choose from an empty sequence")
    pass_through(frames, "mel:")
    pass_through(math.ceil(frames / 10), "audio2exp:")


def pass_through(total: int, label: str) -> None:
    for _ in bar(range(total), total, label):
        pass


def shape(args: argparse.Namespace, picture: "Image.Image") -> "Pixels":
    """Frames as large as its options make them."""
    if args.enhancer not in {None, "gfpgan", "RestoreFormer"}:
        raise ValueError(f"Wrong model version {args.enhancer}.")
    width, height = picture.size
    if "full" not in args.preprocess:
        width, height = args.size, round(args.size * height / width / 2) * 2
    times = 1 if args.enhancer is None else 2
    return cropped(picture, width * times, height * times)


if __name__ == "__main__":
    main()
