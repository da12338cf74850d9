"""The neural networks of this room: their origin, their integrity, and how one is run.

All are MediaPipe's, Copyright The MediaPipe Authors, Apache License 2.0, taken unchanged from the
wheel of `mediapipe` 0.10.21. They run on LiteRT, one thread each.
"""

import hashlib
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from talkies.errors import EngineFailure

Tensor: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One vendored network: its file, fingerprint, tensors and licence."""

    file: str
    sha256: str
    #: Height, width and channels of the one input.
    input_shape: tuple[int, int, int]
    #: Names of the outputs, in the order `Network` returns them.
    outputs: tuple[str, ...]
    #: SPDX identifier.
    licence: str = "Apache-2.0"
    source: str = "mediapipe 0.10.21"


#: BlazeFace for near faces: input in [-1, 1]; 896 anchors x (box, six points), 896 scores.
FACE_DETECTION = Model(
    file="face_detection_short_range.tflite",
    sha256="bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
    input_shape=(128, 128, 3),
    outputs=("regressors", "classificators"),
)
#: Face mesh: input in [0, 1]; 468 points (x, y, z) in pixels of the input, and a presence logit.
FACE_LANDMARK = Model(
    file="face_landmark.tflite",
    sha256="1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
    input_shape=(192, 192, 3),
    outputs=("conv2d_21", "conv2d_31"),
)
#: Person against background: input in [0, 1]; a map of the person, 0 to 1.
SELFIE_SEGMENTATION = Model(
    file="selfie_segmentation.tflite",
    sha256="9ee168ec7c8f2a16c56fe8e1cfbc514974cbbb7e434051b455635f1bd1462f5c",
    input_shape=(256, 256, 3),
    outputs=("activation_10",),
)
MODELS = (FACE_DETECTION, FACE_LANDMARK, SELFIE_SEGMENTATION)

#: What LiteRT says on the error stream at every start, about nothing.
_CHATTER = b"INFO: Created TensorFlow Lite XNNPACK delegate"
_stderr_lock = threading.Lock()


def read_model(model: Model) -> bytes:
    """The bytes of a vendored network. Raises `EngineFailure` where they are damaged."""
    content = (resources.files("talkies.face") / "models" / model.file).read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != model.sha256:
        raise EngineFailure(
            f"The model {model.file} is damaged.",
            hint="Install talkies again.",
            details={"expected_sha256": model.sha256, "found_sha256": found},
        )
    return content


class Network:
    """One network, ready to run. Not safe for use by several threads at once."""

    def __init__(self, model: Model) -> None:
        """Reads, checks and prepares `model`. Raises `EngineFailure` where it is damaged."""
        content = read_model(model)
        with _without_chatter():
            self._interpreter = _interpreter(content)
        self._input = self._interpreter.get_input_details()[0]["index"]
        by_name = {d["name"]: d["index"] for d in self._interpreter.get_output_details()}
        self._outputs = [by_name[name] for name in model.outputs]

    def __call__(self, picture: Tensor) -> tuple[Tensor, ...]:
        """The outputs, without their batch axis, for one float32 picture (height, width, 3)."""
        self._interpreter.set_tensor(self._input, picture[None])
        self._interpreter.invoke()
        return tuple(self._interpreter.get_tensor(index)[0] for index in self._outputs)


def _interpreter(content: bytes) -> Any:
    """LiteRT's interpreter of one network. Imported here: it costs a quarter of a second."""
    from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415 - lazy by design

    interpreter = Interpreter(model_content=content, num_threads=1)
    interpreter.allocate_tensors()
    return interpreter


@contextmanager
def _without_chatter() -> Iterator[None]:
    """Holds back the error stream and passes on everything but LiteRT's greeting.

    The greeting is written by C++ to descriptor 2 and has no switch, so the descriptor itself is
    pointed at a file for the moment.
    """
    with _stderr_lock, tempfile.TemporaryFile() as held:
        sys.stderr.flush()
        real = os.dup(2)
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(real, 2)
            os.close(real)
            held.seek(0)
            for line in held:
                if not line.startswith(_CHATTER):
                    os.write(2, line)
