# ruff: noqa: INP001 - part of a program; see run.py
"""Knows SadTalker: speech becomes movements of a 3D face, which are drawn from one picture."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

from talkies.engines.hosts import shims
from talkies.engines.hosts.phases import Phases
from talkies.engines.hosts.values import Values

#: Shares of the work by the labels of its bars; the last two are not in every render.
SHARES = {
    "landmark Det": 0.01,
    "3DMM Extraction": 0.01,
    "mel": 0.01,
    "audio2exp": 0.02,
    "Face Renderer": 0.45,
    "seamlessClone": 0.20,
    "Face Enhancer": 0.30,
}

#: The module that waits for GPU memory without end.
WAITING = "src.face3d.extract_kp_videos_safe"


class Adapter:
    """Loads its three models once; another size or framing needs others."""

    def __init__(self, repository: str, report: Any) -> None:
        self._repository = Path(repository)
        self._report = report
        self._device = "cpu"
        self._crop: Any = None
        self._listen: Any = None
        self._draw: Any = None

    def key(self, texts: dict[str, str]) -> Any:
        """What makes two loads the same: the whole picture has a renderer of its own."""
        values = Values(texts)
        full = "full" in values.text("preprocess", "crop")
        folders = (values.text("checkpoint_dir"), values.text("gfpgan_dir"))
        return (*folders, values.whole("size", 256), full, values.flag("old_version"))

    def load(self, texts: dict[str, str]) -> None:
        """Bring the models into memory."""
        values = Values(texts)
        shims.give_numpy_names()
        shims.give_functional_tensor()
        shims.give_positional_mel()
        shims.trust_checkpoints()
        self._link_gfpgan(values.text("gfpgan_dir"))
        self._device = "cuda" if shims.module("torch").cuda.is_available() else "cpu"
        paths = shims.module("src.utils.init_path").init_path(
            values.path("checkpoint_dir"),
            str(self._repository / "src" / "config"),
            values.whole("size", 256),
            values.flag("old_version"),
            values.text("preprocess", "crop"),
        )
        preparing = shims.module("src.utils.preprocess")
        listening = shims.module("src.test_audio2coeff")
        drawing = shims.module("src.facerender.animate")
        self._crop = preparing.CropAndExtract(paths, self._device)
        self._listen = listening.Audio2Coeff(paths, self._device)
        self._draw = drawing.AnimateFromCoeff(paths, self._device)

    def render(self, order: dict[str, Any], texts: dict[str, str]) -> str:
        """Make one video; its path."""
        values, folder = Values(texts), Path(order["scratch"]) / "work"
        first = folder / "first"
        first.mkdir(parents=True)
        self._hook(values)
        shims.seed_all(int(order["seed"]))
        preprocess, size = values.text("preprocess", "crop"), values.whole("size", 256)
        found = self._crop.generate(
            order["visual"], str(first), preprocess, source_image_flag=True, pic_size=size
        )
        if found[0] is None:
            raise RuntimeError("Can't get the coeffs of the input")
        coefficients, picture, cropped = found
        data = self._movements(order, values, coefficients, picture, folder)
        video = self._draw.generate(
            data,
            str(folder),
            order["visual"],
            cropped,
            enhancer=values.choice("enhancer"),
            background_enhancer=values.choice("background_enhancer"),
            preprocess=preprocess,
            img_size=size,
        )
        path = str(order["output"]) + ".mp4"
        shutil.move(str(video), path)
        return path

    def unload(self) -> None:
        self._crop = self._listen = self._draw = None

    def _movements(
        self,
        order: dict[str, Any],
        values: Values,
        coefficients: str,
        picture: str,
        folder: Path,
    ) -> Any:
        """How the face moves to the speech, as its renderer takes it."""
        self._report.check()
        still = values.flag("still")
        batch = shims.module("src.generate_batch").get_data(
            coefficients, order["sound"], self._device, None, still=still
        )
        moved = self._listen.generate(batch, str(folder), values.whole("pose_style", 0), None)
        return shims.module("src.generate_facerender_batch").get_facerender_data(
            moved,
            picture,
            coefficients,
            order["sound"],
            values.whole("batch_size", 2),
            values.wholes("yaw", []) or None,
            values.wholes("pitch", []) or None,
            values.wholes("roll", []) or None,
            expression_scale=values.number("expression_scale", 1.0),
            still_mode=still,
            preprocess=values.text("preprocess", "crop"),
            size=values.whole("size", 256),
        )

    def _hook(self, values: Values) -> None:
        """Hear every bar of its modules, and let its wait for memory end."""
        left_out = set()
        if "full" not in values.text("preprocess", "crop"):
            left_out.add("seamlessClone")
        if values.choice("enhancer") is None:
            left_out.add("Face Enhancer")
        shares = {label: share for label, share in SHARES.items() if label not in left_out}
        phases = Phases(self._report, shares)
        for name, module in list(sys.modules.items()):
            if name.startswith("src.") and hasattr(module, "tqdm"):
                shims.hook_bars(module, phases.step)
        shims.end_waiting(shims.module(WAITING))

    def _link_gfpgan(self, folder: str) -> None:
        """Its detectors are looked for in `gfpgan/weights` of the working directory."""
        here = Path("gfpgan")
        if folder and not here.exists():
            here.symlink_to(folder)
