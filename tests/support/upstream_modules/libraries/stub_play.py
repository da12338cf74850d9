"""What the stub modules have in common: they write down their calls, and do as they are told."""

import json
import time
from pathlib import Path

import av
import numpy as np


def folder():
    """The repository of the stubs that run."""
    import sys

    return Path(sys.path[0])


def told():
    """What the test says: `pause` seconds a step, `fail` on the next render."""
    path = folder() / "told.json"
    return json.loads(path.read_text()) if path.exists() else {}


def called(name, **arguments):
    with (folder() / "calls.jsonl").open("a") as file:
        file.write(json.dumps({"name": name, **arguments}, default=str) + "\n")


def pause():
    time.sleep(told().get("pause", 0))


def write_video(path, frames, width=64, height=64, fps=25):
    """So many grey frames."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        picture = np.full((height, width, 3), 128, np.uint8)
        for _ in range(frames):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(stream.encode())
