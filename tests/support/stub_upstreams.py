"""Upstream repositories of stub modules, which the real hosts import and run with our adapters.

The stubs have the import paths and signatures of the real ones (`upstream_modules`), on libraries
that are as strict as new ones are; the descriptions are those that the package brings.
"""

import json
import os
import pickle
import shutil
import sys
import wave
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from upstream_checkouts import described, put_environment

from talkies.engines.commands.description import Description, Scalar
from talkies.engines.commands.options import resolved
from talkies.engines.commands.orders import Order
from talkies.engines.home import EngineHome

MODULES = Path(__file__).parent / "upstream_modules"

#: The files of weights that the stubs look for.
WEIGHTS = {
    "infinitetalk": (
        "InfiniteTalk/single/infinitetalk.safetensors",
        "InfiniteTalk/quant_models/infinitetalk_single_fp8.safetensors",
        "loras/FusionX_LoRa/Wan2.1_I2V_14B_FusionX_LoRA.safetensors",
        "chinese-wav2vec2-base/config.json",
    ),
    "sadtalker": (
        "checkpoints/SadTalker_V0.0.2_256.safetensors",
        "checkpoints/SadTalker_V0.0.2_512.safetensors",
        "checkpoints/mapping_00109-model.pth.tar",
        "checkpoints/mapping_00229-model.pth.tar",
        "gfpgan/weights/alignment_WFLW_4HG.pth",
    ),
    "echomimic": (
        "Wan2.1-Fun-V1.1-1.3B-InP/Wan2.1_VAE.pth",
        "Wan2.1-Fun-V1.1-1.3B-InP/models_t5_umt5-xxl-enc-bf16.pth",
        "Wan2.1-Fun-V1.1-1.3B-InP/models_clip_open-clip-xlm-roberta-large-vit-huge-14.pth",
        "Wan2.1-Fun-V1.1-1.3B-InP/google/umt5-xxl/tokenizer.json",
        "transformer/echomimicv3-flash-pro/diffusion_pytorch_model.safetensors",
        "chinese-wav2vec2-base/config.json",
    ),
    "wav2lip": ("s3fd.pth",),
}

#: A checkpoint of Wav2Lip, but for its numbers.
CHECKPOINT = {"face_encoder_blocks.0.0.conv_block.0.weight": 1}

#: ffmpeg as far as raw frames go, on the tests' own libraries.
FFMPEG = """#!{python}
import sys, av, numpy as np
arguments = sys.argv[1:]
width, height = map(int, arguments[arguments.index("-s") + 1].split("x"))
size = width * height * 3
with av.open(arguments[-1], "w") as container:
    stream = container.add_stream("libx264", rate=25)
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    while len(data := sys.stdin.buffer.read(size)) == size:
        frame = np.frombuffer(data, np.uint8).reshape(height, width, 3)
        container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, "bgr24")))
    container.mux(stream.encode())
"""


@dataclass(frozen=True, slots=True)
class StubUpstream:
    """An installed repository of stubs."""

    description: Description
    home: EngineHome

    @property
    def repository(self) -> Path:
        return self.home.repository(self.description.id)

    def tell(self, **told: Any) -> None:
        """Say how the stubs behave from now on; see `stub_play`."""
        (self.repository / "told.json").write_text(json.dumps(told))

    def calls(self, name: str) -> list[dict[str, Any]]:
        """What the stubs were called with under a name, in order."""
        path = self.repository / "calls.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        return [call for call in map(json.loads, lines) if call["name"] == name]

    def order(self, folder: Path, seconds: float, **options: Scalar) -> Order:
        """One video of a grey picture and noise."""
        folder.mkdir(exist_ok=True)
        preset = str(options.pop("preset", next(iter(self.description.presets))))
        picture, sound = folder / "portrait.png", folder / "speech.wav"
        cv2.imwrite(str(picture), np.full((64, 96, 3), 128, np.uint8))
        _write_noise(sound, seconds)
        return Order(
            scratch=folder / "run",
            visual=picture,
            sound=sound,
            seconds=seconds,
            frames=int(seconds * 25),
            width=96,
            height=64,
            seed=7,
            prompt="a person talks",
            options=resolved(self.description, preset, options),
        )


def install(root: Path, engine_id: str, **variables: str) -> StubUpstream:
    """The stubs of an engine with an environment and weights, below `root`."""
    home, description = EngineHome(root=root), described(engine_id)
    repository, environment = home.repository(engine_id), home.environment(engine_id)
    shutil.copytree(MODULES / engine_id, repository)
    put_environment(environment)
    (environment / "bin" / "ffmpeg").write_text(FFMPEG.format(python=sys.executable))
    for name in WEIGHTS[engine_id]:
        path = home.weights(engine_id) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"weights")
    write_checkpoint(home, CHECKPOINT)
    measuring = {k: v for k, v in os.environ.items() if k.startswith("COVERAGE_")}
    known = description.environment
    stubs = {"PYTHONPATH": str(MODULES / "libraries"), **measuring, **variables}
    changed = replace(known, variables={**known.variables, **stubs})
    return StubUpstream(replace(description, environment=changed), home)


def write_checkpoint(home: EngineHome, content: object) -> None:
    """What `torch.load` finds as the checkpoint of Wav2Lip."""
    path = home.weights("wav2lip") / "wav2lip_gan.pth"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(content))


def _write_noise(path: Path, seconds: float) -> None:
    noise = 3_000 * np.random.default_rng(1).standard_normal(round(seconds * 16_000))
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(noise.astype(np.int16).tobytes())
