# ruff: noqa: INP001 - part of a program; see run.py
"""Knows Wav2Lip: draws the lower half of a face anew, 96 pixels wide, to any speech.

Its own program reads its arguments when it is imported, so the loop over the frames is ours.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

from talkies.engines.hosts import shims
from talkies.engines.hosts.values import Values

if TYPE_CHECKING:  # novm: never run
    from collections.abc import Iterator, Sequence
    from typing import Self

#: The rate of its speech, and that of its videos.
SOUND_RATE = 16000
FPS = 25

#: Columns of the mel spectrogram a second, and of one window.
MEL_RATE = 80.0
MEL_WINDOW = 16

#: Side of the face that it draws, pixels.
SIDE = 96

#: Frames over which the place of the face is smoothed.
SMOOTHED = 5

#: Share of the work that finding the face is.
FINDING = 0.3


class Adapter:
    """Loads the model and a face detector once."""

    def __init__(self, repository: str, report: Any) -> None:
        self._repository = repository
        self._report = report
        self._model: Any = None
        self._detector: Any = None
        self._device = "cpu"
        self._face_batch = 8

    def key(self, texts: dict[str, str]) -> Any:
        return sorted(texts.items())

    def load(self, texts: dict[str, str]) -> None:
        """Bring the model and the face detector into memory."""
        values = Values(texts)
        shims.give_numpy_names()
        shims.give_positional_mel()
        shims.trust_checkpoints()
        torch = shims.module("torch")
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        model = shims.module("models").Wav2Lip()
        model.load_state_dict(
            weights_in(torch.load(values.path("checkpoint_file"), map_location="cpu"))
        )
        self._model = model.to(self._device).eval()
        finding = shims.module("face_detection")
        kinds = finding.LandmarksType
        flat = kinds._2D if hasattr(kinds, "_2D") else kinds.TWO_D  # noqa: SLF001 - its name
        self._detector = finding.FaceAlignment(flat, flip_input=False, device=self._device)
        self._face_batch = values.whole("face_batch", 8)

    def render(self, order: dict[str, Any], texts: dict[str, str]) -> str:
        """Make one video; its path."""
        values = Values(texts)
        frames = frames_of(order["visual"])
        windows = mel_windows(order["sound"], int(order["frames"]))
        boxes = self._boxes(frames, values)
        path = str(order["output"]) + ".mp4"
        height, width = frames[0].shape[:2]
        with Writer(path, width, height) as writer:
            for start in range(0, len(windows), values.whole("batch_size", 64)):
                batch = windows[start : start + values.whole("batch_size", 64)]
                for frame in self._spoken(frames, boxes, batch, start):
                    writer.write(frame)
                done = start + len(batch)
                part = FINDING + (1 - FINDING) * done / len(windows)
                self._report.step(done, len(windows), "drawing", part)
        return path

    def unload(self) -> None:
        self._model = self._detector = None

    def _boxes(self, frames: list[Any], values: Values) -> list[Any]:
        """Where the face is in every frame: (top, bottom, left, right)."""
        fixed = values.wholes("box", [])
        if fixed:
            return [fixed] * len(frames)
        found = filled(self._found(frames))
        pads = values.wholes("pads", [0, 10, 0, 0])
        boxes = [padded(face, pads, frame) for face, frame in zip(found, frames)]  # noqa: B905
        return smoothed(boxes) if values.flag("smooth", default=True) else boxes

    def _found(self, frames: list[Any]) -> list[Any]:
        """The faces of all frames; fewer are looked at together where the memory is too small."""
        numpy, size = shims.module("numpy"), self._face_batch
        found: list[Any] = []
        while len(found) < len(frames):
            batch = numpy.array(frames[len(found) : len(found) + size])
            try:
                found += self._detector.get_detections_for_batch(batch)
            except RuntimeError:
                if size == 1:
                    raise
                size = size // 2
                continue
            self._report.step(
                len(found), len(frames), "finding", FINDING * len(found) / len(frames)
            )
        return found

    def _spoken(
        self, frames: list[Any], boxes: list[Any], windows: list[Any], start: int
    ) -> Iterator[Any]:
        """The frames from `start` on, with the mouths of these windows."""
        cv2, numpy = shims.module("cv2"), shims.module("numpy")
        places = [(start + index) % len(frames) for index in range(len(windows))]
        faces = [cv2.resize(cut(frames[at], boxes[at]), (SIDE, SIDE)) for at in places]
        mouths = self._mouths(numpy.asarray(faces), numpy.asarray(windows))
        for at, mouth in zip(places, mouths):  # noqa: B905 - since 3.10
            top, bottom, left, right = boxes[at]
            frame = frames[at].copy()
            drawn = mouth.astype(numpy.uint8)
            frame[top:bottom, left:right] = cv2.resize(drawn, (right - left, bottom - top))
            yield frame

    def _mouths(self, faces: Any, windows: Any) -> Any:
        """Faces (n, 96, 96, 3) with the mouths of mel windows (n, 80, 16)."""
        numpy, torch = shims.module("numpy"), shims.module("torch")
        masked = faces.copy()
        masked[:, SIDE // 2 :] = 0
        both = numpy.concatenate((masked, faces), axis=3) / 255.0
        pictures = torch.from_numpy(both.transpose(0, 3, 1, 2).astype(numpy.float32))
        sounds = torch.from_numpy(windows[:, None].astype(numpy.float32))
        with torch.no_grad():
            drawn = self._model(sounds.to(self._device), pictures.to(self._device))
        return drawn.cpu().numpy().transpose(0, 2, 3, 1) * 255.0


class Writer:
    """Writes frames (BGR) into a video through ffmpeg, which is on the path of its environment."""

    def __init__(self, path: str, width: int, height: int) -> None:
        size = f"{width}x{height}"
        raw = ["-f", "rawvideo", "-pix_fmt", "bgr24", "-s", size, "-r", str(FPS), "-i", "pipe:0"]
        made = ["-c:v", "libx264", "-crf", "12", "-pix_fmt", "yuv420p", path]
        self._command = ["ffmpeg", "-y", "-loglevel", "error", *raw, *made]
        self._process: Any = None

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE)
        return self

    def write(self, frame: Any) -> None:
        self._process.stdin.write(frame.tobytes())

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            self._process.kill()
        self._process.stdin.close()
        if self._process.wait() and kind is None:
            raise RuntimeError("ffmpeg could not write the video")


def weights_in(loaded: Any) -> Any:
    """The weights of a checkpoint of any of its three kinds, by plain names.

    Plain weights, `{"state_dict": weights}`, or a TorchScript module, which the official links
    deliver today. Raises `KeyError` for what is none, such as the face detector's file.
    """
    if callable(getattr(loaded, "state_dict", None)):
        loaded = loaded.state_dict()
    weights = loaded.get("state_dict", loaded)
    named = {name.replace("module.", ""): value for name, value in weights.items()}
    if not any(name.startswith("face_encoder_blocks.") for name in named):
        raise KeyError("state_dict")
    return named


def frames_of(visual: str) -> list[Any]:
    """The frames of a video, or the one picture. Raises `ValueError` where there is none."""
    cv2 = shims.module("cv2")
    if not visual.endswith(".mp4"):
        picture = cv2.imread(visual)
        frames = [] if picture is None else [picture]
    else:
        stream, frames = cv2.VideoCapture(visual), []
        known, frame = stream.read()
        while known:
            frames.append(frame)
            known, frame = stream.read()
        stream.release()
    if not frames:
        raise ValueError(f"{visual} has no frames")
    return frames


def mel_windows(sound: str, frames: int) -> list[Any]:
    """What is heard around each frame: (80, 16) of the mel spectrogram."""
    numpy, audio = shims.module("numpy"), shims.module("audio")
    mel = audio.melspectrogram(audio.load_wav(sound, SOUND_RATE))
    if numpy.isnan(mel).any():
        raise ValueError("Mel contains nan! Add some noise to the sound")
    last = mel.shape[1] - MEL_WINDOW
    starts = [min(int(index * MEL_RATE / FPS), last) for index in range(frames)]
    return [mel[:, start : start + MEL_WINDOW] for start in starts]


def filled(faces: Sequence[Any]) -> list[Any]:
    """Faces, where none was found the one before or else after. Raises where there is none."""
    known = [face for face in faces if face is not None]
    if not known:
        raise ValueError("Face not detected! There is none in any frame")
    latest, found = known[0], []
    for face in faces:
        latest = latest if face is None else face
        found.append(latest)
    return found


def padded(face: Sequence[int], pads: Sequence[int], frame: Any) -> tuple[int, int, int, int]:
    """A face (left, top, right, bottom) with room around it, as (top, bottom, left, right)."""
    left, top, right, bottom = face
    height, width = frame.shape[:2]
    return (
        max(0, int(top) - pads[0]),
        min(height, int(bottom) + pads[1]),
        max(0, int(left) - pads[2]),
        min(width, int(right) + pads[3]),
    )


def smoothed(boxes: list[Any]) -> list[Any]:
    """Boxes, each the mean of itself and those after it."""
    numpy = shims.module("numpy")
    last = max(0, len(boxes) - SMOOTHED)
    starts = [min(index, last) for index in range(len(boxes))]
    means = [numpy.mean(boxes[start : start + SMOOTHED], axis=0) for start in starts]
    return [tuple(int(side) for side in mean) for mean in means]


def cut(frame: Any, box: Sequence[int]) -> Any:
    top, bottom, left, right = box
    return frame[top:bottom, left:right]
