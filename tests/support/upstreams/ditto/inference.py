"""Stands in for Ditto's `inference.py`."""

import argparse
from pathlib import Path

from upstream_play import Stage, complain, first_picture, pixels_of, say, seconds_of, write_video


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add = parser.add_argument
    add("--data_root", type=str, default="./checkpoints/ditto_trt_Ampere_Plus/")
    add("--cfg_pkl", type=str, default="./checkpoints/ditto_cfg/v0.4_hubert_cfg_trt.pkl")
    add("--audio_path", type=str, help="path to input wav")
    add("--source_path", type=str, help="path to input image")
    add("--output_path", type=str, help="path to output mp4")
    return parser.parse_args()


def main() -> None:
    args = arguments()
    stage = Stage(args)
    stage.start()
    Path(args.cfg_pkl).stat()
    assert Path(args.data_root).is_dir(), "data_root"
    stage.load()
    if stage.fails("no_face"):
        raise ValueError("no face detected")
    frames = round(seconds_of(Path(args.audio_path)) * 25)
    for frame in range(frames):
        if frame:
            stage.work()
        complain(f"\rwriter: {frame + 1}it [00:00, 61.20it/s]")
    silent = Path(f"{args.output_path}.tmp.mp4")
    write_video(silent, pixels_of(first_picture(Path(args.source_path))), frames)
    if not stage.fails("no_output"):
        picture = pixels_of(first_picture(Path(args.source_path)))
        write_video(Path(args.output_path), picture, frames, sound=Path(args.audio_path))
    say(args.output_path)


if __name__ == "__main__":
    main()
