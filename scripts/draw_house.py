"""Draw docs/architecture/house.svg from the import contract, so that it cannot drift.

python scripts/draw_house.py            # writes the picture
python scripts/draw_house.py --check    # fails when the picture is old
"""

import sys
import tomllib
from pathlib import Path
from xml.sax.saxutils import escape

from talkies import __name__ as package

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs/architecture/house.svg"
WIDTH, FLOOR, MARGIN = 860, 58, 24  # pixels

#: What each room owns, in a few words.
OWNS = {
    "cli": "arguments in, progress out",
    "asgi": "for web servers",
    "maker": "the child that makes",
    "wiring": "builds the parts and joins them",
    "settings": "the only reader of the environment",
    "api": "HTTP: a route is a call and a return",
    "studio": "use cases: videos, audio, characters, timelines, assets, webhooks, access, usage",
    "serverless": "a RunPod endpoint's worker",
    "weights": "model files: pulled, verified",
    "pods": "remote GPUs: which, how, what",
    "jobs": "durable execution",
    "engines": "picture and speech in, video out",
    "score": "how good a video is",
    "rigs": "characters: built, read, packed, played out",
    "speech": "text to speech; speech to timed phonemes",
    "face": "find a face, judge it, move it",
    "media": "bytes to pictures, sound; back",
    "core": "pure: time, phonemes, visemes, mouth curves, captions",
    "storage": "blobs: disk, S3, Supabase",
    "net": "guarded outbound HTTP",
    "db": "tables and migrations",
    "kit": "child processes, atomic files, ids, the clock",
    "telemetry": "logs and metrics",
    "errors": "every failure, with code and next step",
}


def floors() -> list[list[str]]:
    """Rooms from the top floor down, as the layers contract has them."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contracts = config["tool"]["importlinter"]["contracts"]
    layers = next(c["layers"] for c in contracts if c["type"] == "layers")
    return [layer.split(" | ") for layer in layers]


def draw(house: list[list[str]]) -> str:
    height = 2 * MARGIN + FLOOR * len(house)
    lines = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
            f'font-family="system-ui, sans-serif">'
        ),
        f"<title>The rooms of {package}: each imports only rooms below it</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#f6f3ec"/>',
    ]
    for floor, rooms in enumerate(house):
        width = (WIDTH - 2 * MARGIN) / len(rooms)
        shade = 97 - 3 * floor
        for index, room in enumerate(rooms):
            x, y = MARGIN + index * width, MARGIN + floor * FLOOR
            lines += [
                (
                    f'<rect x="{x + 2:.0f}" y="{y + 2}" width="{width - 4:.0f}" '
                    f'height="{FLOOR - 4}" rx="6" fill="hsl(190 34% {shade}%)" stroke="#31545c"/>'
                ),
                (
                    f'<text x="{x + 14:.0f}" y="{y + 23}" font-size="16" font-weight="600" '
                    f'fill="#16323a">{room}</text>'
                ),
                (
                    f'<text x="{x + 14:.0f}" y="{y + 42}" font-size="13" fill="#2c4a52">'
                    f"{escape(OWNS[room])}</text>"
                ),
            ]
    return "\n".join([*lines, "</svg>", ""])


def main() -> int:
    picture = draw(floors())
    if "--check" in sys.argv:
        return int(not PICTURE.exists() or PICTURE.read_text() != picture)
    PICTURE.write_text(picture)
    return 0


if __name__ == "__main__":
    sys.exit(main())
