"""Trees of frames as another program writes them: the seed's rules, spelled out once more here.

Nothing of `talkies` is imported, so that what we read and write is held against the rules and not
against ourselves.
"""

import json
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw

POSES = ["center", "tilt_left_small", "tilt_right_small", "nod_down_small", "nod_up_small"]
#: Mouth, eyes, brows.
EXPRESSIONS = {
    "neutral": ("neutral", "neutral", "neutral"),
    "happy_soft": ("smile_soft", "squint", "neutral"),
    "speaking_ah": ("ah", "neutral", "neutral"),
    "surprised_ah": ("ah", "wide", "raise"),
    "speaking_uw": ("uw", "neutral", "neutral"),
    "blink_closed": ("neutral", "blink_closed", "neutral"),
}
#: Id, start, end; two ids do not say where they end.
BASE_PATHS = [
    ("neutral_to_speaking_ah", "neutral", "speaking_ah"),
    ("speaking_ah_to_surprised", "speaking_ah", "surprised_ah"),
    ("neutral_to_speaking_uw", "neutral", "speaking_uw"),
    ("neutral_to_happy_soft", "neutral", "happy_soft"),
    ("neutral_to_blink", "neutral", "blink_closed"),
]
#: File numbers of sequences of depth 2 and 3.
DEPTH_2 = [0, 25, 50, 75, 100]
DEPTH_3 = [0, 12, 25, 38, 50, 62, 75, 88, 100]

GREEN = (0, 255, 0)
_OPENNESS = {"neutral": 0.0, "ah": 1.0, "uw": 0.5, "smile_soft": 0.2}


def expressions_json() -> str:
    """`expressions.json` of the characters here."""
    return json.dumps(
        {
            "axes": {
                "mouth": ["neutral", "smile_soft", "ah", "uw"],
                "eyes": ["neutral", "wide", "squint", "blink_closed"],
                "brows": ["neutral", "raise"],
            },
            "poses": POSES,
            "expressions": {
                name: {"mouth": mouth, "eyes": eyes, "brows": brows}
                for name, (mouth, eyes, brows) in EXPRESSIONS.items()
            },
            "base_paths": [
                {"id": id_, "start": start, "end": end} for id_, start, end in BASE_PATHS
            ],
        },
        indent=2,
    )


@cache
def face(
    mouth: float = 0.0,
    lids: float = 0.0,
    turn: int = 0,
    *,
    size: tuple[int, int] = (96, 144),
    ground: tuple[int, int, int] | None = GREEN,
) -> Image.Image:
    """A plain face: on green, or on nothing where `ground` is None."""
    scale = 4
    width, height = size[0] * scale, size[1] * scale
    image = Image.new("RGBA", (width, height), (*ground, 255) if ground else (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)

    def ellipse(x: float, y: float, rx: float, ry: float, colour: tuple[int, ...]) -> None:
        box = [(x - rx) * width, (y - ry) * height, (x + rx) * width, (y + ry) * height]
        draw.ellipse(box, fill=colour)

    middle = 0.5 + turn / 100
    ellipse(middle, 0.5, 0.36, 0.40, (224, 172, 140, 255))
    for side in (-1, 1):
        ellipse(middle + side * 0.15, 0.40, 0.07, 0.04, (250, 250, 250, 255))
        ellipse(middle + side * 0.15, 0.40, 0.025, 0.025, (40, 90, 60, 255))
        if lids:
            lid = 0.40 - 0.04 * (1 - lids)
            ellipse(middle + side * 0.15, lid, 0.075, 0.045, (214, 160, 130, 255))
    ellipse(middle, 0.70, 0.12, 0.01 + 0.06 * mouth, (150, 40, 50, 255))
    image = image.resize(size, Image.Resampling.BOX)
    return image.convert("RGB") if ground else image


def _drawing(expression: str, pose: str, **options: object) -> Image.Image:
    mouth, eyes, _ = EXPRESSIONS[expression]
    turn = POSES.index(pose) * 2
    return face(_OPENNESS[mouth], float(eyes == "blink_closed"), turn, **options)  # type: ignore[arg-type]


def _between(start: str, end: str, t: float, pose: str, **options: object) -> Image.Image:
    one, other = _drawing(start, pose, **options), _drawing(end, pose, **options)
    return Image.blend(one, other, t)


def write_tree(
    root: Path,
    *,
    poses: Sequence[str] = ("center",),
    percents: Iterable[int] = DEPTH_2,
    manifests: bool = True,
    legacy: bool = False,
    suffix: str = "png",
    config: bool = True,
    size: tuple[int, int] = (96, 144),
    ground: tuple[int, int, int] | None = GREEN,
) -> Path:
    """A tree below `root`: `expressions.json` and `frames/`."""
    numbers = list(percents)
    frames = root / "frames"
    sequences = frames if legacy else frames / "sequences"
    look = {"size": size, "ground": ground}
    (frames / "endpoints").mkdir(parents=True)
    if config:
        (root / "expressions.json").write_text(expressions_json())
    for pose in poses:
        for expression in EXPRESSIONS:
            drawing = _drawing(expression, pose, **look)
            drawing.save(frames / "endpoints" / f"{expression}__{pose}.{suffix}", lossless=True)
        for id_, start, end in BASE_PATHS:
            stops = {n: _between(start, end, n / 100, pose, **look) for n in numbers}
            folder = sequences / f"{id_}__{pose}"
            said = (start, end, pose) if manifests else None
            _write_sequence(folder, stops, said, suffix)
        if pose != "center":
            at_rest = _drawing("neutral", "center", **look)
            turned = _drawing("neutral", pose, **look)
            stops = {n: Image.blend(at_rest, turned, n / 100) for n in numbers}
            folder = sequences / f"neutral_center_to_neutral_{pose}"
            said = ("neutral", "neutral", f"center_to_{pose}") if manifests else None
            _write_sequence(folder, stops, said, suffix)
    return root


def _write_sequence(
    folder: Path,
    stops: dict[int, Image.Image],
    said: tuple[str, str, str] | None,
    suffix: str,
) -> None:
    folder.mkdir(parents=True)
    for number, drawing in stops.items():
        drawing.save(folder / f"{number:03d}.{suffix}", lossless=True)
    if said:
        exact = {12: 0.125, 38: 0.375, 62: 0.625, 88: 0.875}
        manifest = {
            "path_id": folder.name,
            "expr_start": said[0],
            "expr_end": said[1],
            "pose": said[2],
            "frames": [
                {"t": exact.get(n, n / 100), "file": f"{n:03d}.{suffix}"} for n in sorted(stops)
            ],
        }
        (folder / "manifest.json").write_text(json.dumps(manifest, indent=2))
