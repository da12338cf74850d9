"""Stands in for Wav2Lip's `inference.py`, which reads its arguments when it is imported."""

import argparse
import math
import sys
from pathlib import Path

from upstream_play import (
    MARK,
    Stage,
    bar,
    complain,
    first_picture,
    pixels_of,
    say,
    seconds_of,
    sound_of,
    write_video,
)

#: Frames of sound features that one frame of the video sees.
MEL_STEP = 16
#: Sound features a second.
MELS = 80
#: Paths that its unquoted lines for the shell fall apart at.
UNSAFE = set(" '\"()&;$")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Inference code to lip-sync videos in the wild")
    add = parser.add_argument
    add("--checkpoint_path", type=str, required=True)
    add("--face", type=str, required=True)
    add("--audio", type=str, required=True)
    add("--outfile", type=str, default="results/result_voice.mp4")
    add("--static", type=bool, default=False)
    add("--fps", type=float, default=25.0, required=False)
    add("--pads", nargs="+", type=int, default=[0, 10, 0, 0])
    add("--face_det_batch_size", type=int, default=16)
    add("--wav2lip_batch_size", type=int, default=128)
    add("--resize_factor", default=1, type=int)
    add("--crop", nargs="+", type=int, default=[0, -1, 0, -1])
    add("--box", nargs="+", type=int, default=[-1, -1, -1, -1])
    add("--rotate", default=False, action="store_true")
    add("--nosmooth", default=False, action="store_true")
    return parser.parse_args()


def main() -> None:
    args = arguments()
    stage = Stage(args)
    stage.start()
    say("Using cuda for inference.")
    fps, pictures = read_face(args)
    say(f"Number of frames available for inference: {pictures}")
    sound = Path(args.audio)
    chunks = listen(sound, fps, stage)
    frames = paint(args, stage, chunks, pictures)
    combine(args, sound, frames, fps)
    if stage.fails("no_output"):
        Path(args.outfile).write_bytes(b"")


def read_face(args: argparse.Namespace) -> tuple[float, int]:
    face = Path(args.face)
    if not face.is_file():
        raise ValueError("--face argument must be a valid path to video/image file")
    # Not the suffix: what stands behind the first dot of the whole path.
    if args.face.split(".")[1] in {"jpg", "png", "jpeg"}:
        return args.fps, 1
    if face.suffix != ".mp4":
        say("Reading video frames...")
        raise IndexError("list index out of range")
    say("Reading video frames...")
    import av

    with av.open(args.face) as container:
        stream = container.streams.video[0]
        return float(stream.average_rate or 25), sum(1 for _ in container.decode(video=0))


def listen(sound: Path, fps: float, stage: Stage) -> int:
    samples, _rate = sound_of(sound)
    if not samples.any() or stage.fails("silent"):
        raise ValueError(
            "Mel contains nan! Using a TTS voice? Add a small epsilon noise to the wav file and"
            " try again"
        )
    mels = int(seconds_of(sound) * MELS) + 1
    if mels < MEL_STEP:
        raise RuntimeError("The size of tensor a (13) must match the size of tensor b (16)")
    say(f"({MELS}, {mels})")
    chunks = math.ceil((mels - MEL_STEP) / (MELS / fps)) + 1
    say(f"Length of mel chunks: {chunks}")
    return chunks


def paint(args: argparse.Namespace, stage: Stage, frames: int, pictures: int) -> int:
    frames = min(frames, pictures) if pictures > 1 else frames
    batches = math.ceil(frames / args.wav2lip_batch_size)
    for batch in bar(range(batches), batches, seconds=stage.step_seconds):
        if batch == 0:
            find_faces(args, stage, pictures)
            say(f"Load checkpoint from: {args.checkpoint_path}")
            Path(args.checkpoint_path).stat()
            stage.load()
            say("Model loaded")
        stage.work()
    return frames


def find_faces(args: argparse.Namespace, stage: Stage, pictures: int) -> None:
    detector = Path(sys.argv[0]).resolve().parent / "face_detection/detection/sfd/s3fd.pth"
    if not detector.exists():
        raise FileNotFoundError(2, "No such file or directory", str(detector))
    if args.box[0] == -1:
        parts = math.ceil(pictures / args.face_det_batch_size)
        for _ in bar(range(parts), parts):
            pass
    if stage.fails("no_face"):
        raise ValueError("Face not detected! Ensure the video contains a face in all the frames.")
    if stage.fails("image_too_big"):
        raise RuntimeError(
            "Image too big to run face detection on GPU. Please use the --resize_factor argument"
        )
    if stage.fails("batch_halves"):
        say("Recovering from OOM error; New batch size: 4")


def combine(args: argparse.Namespace, sound: Path, frames: int, fps: float) -> None:
    """Its last step, whose failure nobody looks at."""
    picture = pixels_of(first_picture(Path(args.face)))
    raw = Path("temp/result.avi")
    if not raw.parent.is_dir():
        complain("ffmpeg: temp/result.avi: No such file or directory")
        return
    raw.write_bytes(b"frames")
    if UNSAFE & set(f"{args.audio}{args.outfile}"):
        complain(f"{args.audio}: No such file or directory")
        return
    height, width = picture.shape[:2]
    if width % 2 or height % 2:
        complain(f"[libx264 @ 0x1] width not divisible by 2 ({width}x{height})")
        Path(args.outfile).write_bytes(b"")
        return
    softened = picture.copy()
    softened[-MARK:, -MARK:] = 128
    write_video(Path(args.outfile), softened, frames, fps=fps, sound=sound)


if __name__ == "__main__":
    main()
