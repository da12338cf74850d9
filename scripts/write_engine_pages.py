"""Write docs/reference/engine-speeds.md from the descriptions of engines.

python scripts/write_engine_pages.py            # writes it
python scripts/write_engine_pages.py --check    # fails when it is old
"""

import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from talkies.engines.base import Speed
from talkies.engines.commands.description import Description, PresetDescription
from talkies.engines.commands.reading import read_description
from talkies.engines.registry import LIBRARY

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/reference/engine-speeds.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """A GPU that can be rented by the second."""

    name: str
    #: GiB of it that programs can use, about.
    memory: float
    #: Dollars a second.
    dollars: float
    #: Time it takes for what an A100 does in 1, for diffusion models; 0 where nobody can say.
    factor: float


#: RunPod Serverless, flex workers (docs.runpod.io/serverless/pricing), as read in November 2026.
#: The factors are our own guesses: half of an A100's time for an H100, and for the others dense
#: BF16 throughput (A100 312, L40S 362, A6000 155, 4090 165 TFLOPS by their data sheets), a little
#: worse where memory is slow. They may be wrong by a half.
PRICES = (
    Price(name="H100 80 GB", memory=79.6, dollars=0.00116, factor=0.5),
    Price(name="A100 80 GB", memory=79.6, dollars=0.00076, factor=1.0),
    Price(name="L40S 48 GB", memory=45.0, dollars=0.00053, factor=1.1),
    Price(name="RTX A6000 48 GB", memory=45.0, dollars=0.00034, factor=2.0),
    Price(name="RTX 4090 24 GB", memory=24.0, dollars=0.00031, factor=1.9),
    Price(name="RTX 3090 24 GB", memory=24.0, dollars=0.00019, factor=0.0),
)
#: The engine whose figures of one GPU are carried over to others, and that GPU.
ESTIMATED, MEASURED_ON = "infinitetalk", "A100 80 GB"

#: What the seeds reckon with, and what a month of theirs is here.
SEED_VIDEOS_A_DAY = (10, 100)
VIDEO_SECONDS = 10
DAYS = 30

INTRO = """\
# How fast engines are, and what a second of video costs

<!-- Written by scripts/write_engine_pages.py from src/talkies/engines/library: change it there. -->

**Nothing here was measured by us: we had no GPU.** Each figure names who said it. *Derived* figures
are arithmetic on a published table; figures with ≈ are estimates. `talkies doctor --engine NAME
--smoke` measures your own machine, and the service learns from every job that it finishes: its own
history replaces these figures in estimates.

Seconds are of work for each second of video, models loaded. Dollars are those seconds at RunPod's
list price for Serverless flex workers, as read in November 2026 on docs.runpod.io: prices change.
A pod that is rented by the hour and kept busy was a little cheaper for an H100 ($3.99 an hour in
place of $4.18) and much cheaper for an A100 ($1.79 in place of $2.74), and costs while it idles.
"""

ESTIMATES = f"""\
The figures of the {MEASURED_ON} are derived from its makers' table, which is for two persons; the
others are those times a guess of ours for each GPU. They may be wrong by a half and more. Empty
where the preset's memory does not fit: a smaller preset is taken there by itself.
"""

SHORTEST = """\
The shortest sound that it takes is made in 2 chunks, so every video of up to 6.1 s costs as much as
one of 5.8 s:
"""

USERS = """\
What users report is far apart, as settings are: on an RTX 4090 240 s (issue 210) and 1,765 s (issue
187) for each second of video; on 8 H200 with 8 steps and TeaCache 9 s (issue 191), which is not a
way that we run it; and on an L40 with other software (ComfyUI) 24 s.
"""

CHEAPER = """\
The seeds' $7 to $50 a month **cannot be met** with InfiniteTalk at their own numbers of videos. The
last column is SadTalker on that GPU at the pace that a user had on a GTX 1080 Ti, and is within
$7 to $50. With `portrait` there is no GPU to pay for.
"""

NOTES = """\
- A time that has *loading included* is of one short video, of which much was loading: longer ones
  are better than that.
- The built-in engine `portrait` needs no GPU and about half a second for each second of video.
- Where *what it ran with is not said*, the figure may be of another preset.
"""

SEEDS = """\
## What the seeds promised

| what was promised | what is so |
|---|---|
"""


def page() -> str:
    descriptions = {path.stem: read_description(path) for path in sorted(LIBRARY.glob("*.toml"))}
    infinitetalk = descriptions[ESTIMATED]
    parts = [
        INTRO,
        _published(descriptions),
        NOTES,
        _estimated(infinitetalk),
        SEEDS + "\n".join(_promises(infinitetalk)) + "\n",
        _months(descriptions),
        _hosted(),
    ]
    return "\n".join(parts)


def _published(descriptions: dict[str, Description]) -> str:
    lines = [
        "## As published",
        "",
        "| engine | preset | GPU | memory | s / video s | $ / video s | who says so |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, description in descriptions.items():
        for preset, about in description.presets.items():
            lines += [_row(name, preset, speed) for speed in about.speeds]
    return "\n".join([*lines, ""])


def _row(engine: str, preset: str, speed: Speed) -> str:
    price = next((each for each in PRICES if each.name == speed.device), None)
    seconds = speed.seconds_per_video_second
    dollars = "" if price is None else _dollars(seconds * price.dollars)
    cells = (
        *(f"`{engine}`", f"`{preset}`", speed.device, f"{speed.vram_gib:g} GB"),
        *(_seconds(seconds), dollars, speed.source),
    )
    return f"| {' | '.join(cells)} |"


def _estimated(description: Description) -> str:
    lines = [
        "## InfiniteTalk on other GPUs: estimates",
        "",
        _wrapped(ESTIMATES),
        "",
        f"| preset | {' | '.join(each.name for each in _guessed())} |",
        f"|---|{'---|' * len(_guessed())}",
    ]
    for name, preset in description.presets.items():
        cells = (_guess(preset, each) for each in _guessed())
        lines.append(f"| `{name}` | {' | '.join(cells)} |")
    shortest = _minimum(description)
    lines += [
        "",
        _wrapped(f"{SHORTEST} {_seconds(shortest)} s at least on an {MEASURED_ON} (`draft`)."),
        "",
        _wrapped(USERS),
        "",
    ]
    return "\n".join(lines)


def _guessed() -> tuple[Price, ...]:
    return tuple(each for each in PRICES if each.factor)


def _guess(preset: PresetDescription, price: Price) -> str:
    speed = _measured(preset)
    if speed.vram_gib > price.memory + 0.5:
        return ""
    seconds = speed.seconds_per_video_second * price.factor
    about = "" if price.factor == 1.0 else "≈ "
    return f"{about}{_seconds(seconds)} s, {_dollars(seconds * price.dollars)}"


def _measured(preset: PresetDescription) -> Speed:
    return next(each for each in preset.speeds if each.device == MEASURED_ON)


def _minimum(description: Description) -> float:
    """Seconds of work for the shortest sound, on the GPU of the table."""
    chunking = description.intake.chunking
    assert chunking is not None  # noqa: S101 - it is the engine that has chunks
    frames = 2 * (chunking.frames - chunking.overlap)
    return _second(description, "draft") * frames / description.output.fps


def _second(description: Description, preset: str) -> float:
    return _measured(description.presets[preset]).seconds_per_video_second


def _promises(description: Description) -> Iterator[str]:
    l40s = next(each for each in PRICES if each.name.startswith("L40S"))
    quickest = _second(description, "draft-offload") * l40s.factor
    best = _second(description, "best-offload") * l40s.factor
    least = _minimum(description) * quickest / _second(description, "draft")
    offloaded = description.presets["best-offload"].speeds[0].vram_gib
    whole = description.presets["best-720"].speeds[0].vram_gib
    lean = sum(one.gigabytes for one in description.weights if "fp8" in (one.variants or ("fp8",)))
    yield (
        f"| InfiniteTalk: 30 to 120 s a video on an L40S, p95 180 s | **Cannot be met.** 10 s of "
        f"video take ≈ {_clock(10 * quickest)} with 4 steps (`draft-offload`) and ≈ "
        f"{_clock(10 * best)} with its makers' 40; the shortest video takes ≈ {_clock(least)}. "
        "SadTalker's `draft`, MuseTalk, Wav2Lip and Ditto can meet it by their published figures; "
        "`portrait` meets it without a GPU. |"
    )
    yield (
        "| A time limit of 600 s | Ours is the larger of 600 s and 3 times the estimate "
        "(`RENDER_LEAST_SECONDS`, `RENDER_PATIENCE`). |"
    )
    yield (
        f"| Ready in 60 s from nothing | **Cannot be met** where models are loaded: about "
        f"{description.load_seconds:g} s from a local disk (an estimate). The service itself is "
        "ready before that, and a warm worker loads once. |"
    )
    yield (
        f"| 43 GB of models on a volume of 50 GB | Only as `fp8`: {lean:.0f} GB. The others are 82 "
        "to 83 GB, and everything that the README names 236 GB. |"
    )
    yield (
        f"| 720p in 12 to 17 GB of GPU memory | **Cannot be met.** {offloaded:g} GB is 480p with "
        f"the model in the host's memory; 720p takes {whole:g} GB, or 36 GB with "
        "`--option low_vram=true`. |"
    )
    yield (
        "| EchoMimic: low latency, voices cloned | **Cannot be met.** It has no voices, and takes "
        "a minute and more for each second of video. |"
    )


def _months(descriptions: dict[str, Description]) -> str:
    heads = " | ".join(f"`{engine}` `{name}`, {gpu.name}" for engine, name, gpu in WAYS)
    lines = [
        "## A month",
        "",
        f"Videos of {VIDEO_SECONDS} s each; GPU seconds alone, without loading, idling or storage.",
        "",
        f"| videos a day | the seeds | {heads} |",
        "|---|---|" + "---|" * len(WAYS),
    ]
    for videos, promised in zip(SEED_VIDEOS_A_DAY, ("$7.42", "$38"), strict=True):
        seconds = videos * DAYS * VIDEO_SECONDS
        cells = (_month(descriptions[engine], name, gpu, seconds) for engine, name, gpu in WAYS)
        lines.append(f"| {videos} | {promised} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", _wrapped(CHEAPER), ""])


def _month(description: Description, preset: str, price: Price, seconds: int) -> str:
    speed = description.presets[preset].speeds[0]
    factor = price.factor if speed.device == MEASURED_ON else 1.0
    return f"${seconds * speed.seconds_per_video_second * factor * price.dollars:,.0f}"


WAYS = (
    (ESTIMATED, "draft-offload", PRICES[2]),
    (ESTIMATED, "draft", PRICES[1]),
    (ESTIMATED, "standard", PRICES[1]),
    (ESTIMATED, "best", PRICES[1]),
    ("sadtalker", "draft", PRICES[4]),
)


def _hosted() -> str:
    lines = [
        "## Beside hosted services",
        "",
        "List prices as found in stored pages of 2026; they change.",
        "",
        "| service | $ / video s |",
        "|---|---|",
        "| WaveSpeed, InfiniteTalk 480p · 720p | 0.03 · 0.06 |",
        "| HeyGen, photo avatar (Avatar IV) | 0.05 |",
        "| sync.so, lipsync-2 | 0.04 to 0.05 |",
        "| fal, VEED Fabric 480p · 720p | 0.08 · 0.15 |",
        "| fal, OmniHuman 1.5 | 0.16 |",
        "",
    ]
    return "\n".join(lines)


def _wrapped(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), 100)


def _seconds(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def _dollars(value: float) -> str:
    return f"${value:.3f}" if value >= 0.01 else f"${value:.2g}"


def _clock(seconds: float) -> str:
    return f"{seconds / 3_600:.1f} h" if seconds >= 3_600 else f"{seconds / 60:.0f} min"


def main(arguments: list[str]) -> int:
    """Write the page, or say whether it is as it should be."""
    text = page()
    if "--check" not in arguments:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text:
        return 0
    print(f"{PAGE.relative_to(ROOT)} is old: run python {Path(__file__).name}")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
