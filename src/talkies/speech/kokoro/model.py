"""Kokoro-82M on ONNX Runtime: phoneme letters to sound, with the model's own durations."""

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from talkies.speech.kokoro import files as kokoro_files

#: Samples per second of the model's sound.
RATE = 24_000

#: Samples of one unit of duration: the decoder turns each frame into 600 samples.
DURATION_SAMPLES = 600

#: Letters that the model takes at once (its position table, without the two ends).
LETTERS_MAX = 510

#: Inner tensor with the duration of each letter; an output by our doing.
DURATIONS = "/encoder/Clip_output_0"

#: Threads of one synthesis: more than two gain little on int8 weights of this size.
THREADS = 2

# Field tags of the ONNX protobuf schema: ModelProto.graph, GraphProto.output, ValueInfoProto.name.
_GRAPH, _OUTPUT, _NAME = b"\x3a", b"\x62", b"\x0a"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sounding:
    """What the model made of a string of letters."""

    #: float32 (n,) at `RATE`.
    samples: NDArray[np.float32]
    #: int64 (letters + 3,): the sample where each letter starts, within a start and an end token.
    edges: NDArray[np.int64]


def known_letters(text: str) -> str:
    """The letters that the model has a number for."""
    return "".join(letter for letter in text if letter in kokoro_files.alphabet())


def sound_of(letters: str, voice: str, *, speed: float) -> Sounding:
    """Speak at most `LETTERS_MAX` known letters. `speed` is a factor."""
    numbers = [kokoro_files.alphabet()[letter] for letter in letters]
    style = _style(voice)[len(numbers) - 1]
    samples, durations = _session().run(
        None,
        {
            "tokens": np.array([[0, *numbers, 0]], np.int64),
            "style": style,
            "speed": np.array([speed], np.float32),
        },
    )
    flat = np.asarray(samples, np.float32).ravel()
    steps = np.rint(np.asarray(durations).ravel()).astype(np.int64) * DURATION_SAMPLES
    edges = np.minimum(np.concatenate([[0], np.cumsum(steps)]), len(flat))
    return Sounding(samples=flat, edges=edges.astype(np.int64))


@functools.cache
def _style(voice: str) -> NDArray[np.float32]:
    return kokoro_files.style_vectors(voice)


@functools.cache
def _session() -> Any:
    """The model, read once: 92 MB of weights."""
    import onnxruntime  # noqa: PLC0415  an extra; loading it takes a quarter of a second

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    options.inter_op_num_threads = 1
    model = with_output(kokoro_files.model(), DURATIONS)
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def with_output(model: bytes, tensor: str) -> bytes:
    """An ONNX model that also gives out an inner tensor.

    Protobuf merges repeated fields of concatenated messages, so an output is added to the graph by
    appending it (protobuf encoding specification, "Last One Wins").
    """
    name = tensor.encode()
    info = _NAME + _varint(len(name)) + name
    graph = _OUTPUT + _varint(len(info)) + info
    return model + _GRAPH + _varint(len(graph)) + graph


def _varint(number: int) -> bytes:
    """Seven bits a byte, lowest first; the high bit says that more follow."""
    parts = []
    while number > 0x7F:  # noqa: PLR2004  seven bits
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])
