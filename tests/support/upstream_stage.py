"""Orders and requests for stand-ins of upstream engines, and what becomes of them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from prepared_stage import Context, gradient, request, speech
from upstream_checkouts import Checkout

from talkies.engines.base import RenderRequest
from talkies.engines.commands.description import Scalar
from talkies.engines.commands.engine import CommandEngine
from talkies.engines.commands.gpu import Gpu
from talkies.engines.commands.options import resolved
from talkies.engines.commands.orders import Order
from talkies.engines.commands.running import CommandRunner
from talkies.engines.terms import RenderTerms
from talkies.media.pictures import Picture, save_picture
from talkies.media.samples import Sound
from talkies.media.sounds import save_sound
from talkies.media.video import VideoWriter
from talkies.media.yuv import to_planes

#: More than any preset asks for.
LARGE = Gpu(192.0)
RATE = 16_000


def order(
    checkout: Checkout,
    folder: Path,
    *,
    seconds: float = 4.0,
    canvas: tuple[int, int] = (64, 96),
    preset: str = "",
    prompt: str = "a person talks",
    video: bool = False,
    **options: Scalar,
) -> Order:
    """An order for noise of that length, made by hand; its files lie in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    frames = int(seconds * 25)
    sound = Sound(speech((seconds, True)).samples[::3], RATE)
    save_sound(sound, folder / "speech.wav")
    chosen = preset or next(iter(checkout.description.presets))
    return Order(
        scratch=folder / "run",
        visual=_video(folder, canvas, frames) if video else _picture(folder, canvas),
        sound=folder / "speech.wav",
        seconds=seconds,
        frames=frames,
        width=canvas[0],
        height=canvas[1],
        seed=7,
        prompt=prompt,
        options=resolved(checkout.description, chosen, options),
    )


def _picture(folder: Path, size: tuple[int, int]) -> Path:
    save_picture(Picture(pixels=gradient(*size)), folder / "portrait.png")
    return folder / "portrait.png"


def _video(folder: Path, size: tuple[int, int], frames: int) -> Path:
    path = folder / "source.mp4"
    with VideoWriter(path, width=size[0], height=size[1], fps=25) as video:
        for _ in range(frames):
            video.write(to_planes(gradient(*size)))
    return path


def run(
    checkout: Checkout,
    made: Order,
    hear: Callable[[float], None] = lambda _: None,
    **watchdog: Any,
) -> Path:
    """What the command form makes of an order; `watchdog` changes the description's."""
    description = checkout.description
    if watchdog:
        description = replace(description, watchdog=replace(description.watchdog, **watchdog))
    return CommandRunner(description, checkout.home).run(made, hear)


def arguments(checkout: Checkout, made: Order) -> dict[str, Any]:
    """What the program understood of its command line; nothing is rendered."""
    checkout.tell("only_arguments")
    try:
        run(checkout, made)
    except Exception:  # noqa: BLE001 - there is no video, and that is not what is asked
        checkout.tell()
    found: dict[str, Any] = checkout.runs()[-1]["arguments"]
    return found


def engine(checkout: Checkout, gpu: Gpu | None = LARGE) -> CommandEngine:
    """The engine of a checkout, which starts its program for every order."""
    terms = RenderTerms(idle_seconds=0)
    return CommandEngine(checkout.description, checkout.home, terms=terms, find=lambda: gpu)


def asked(folder: Path, sound: Sound, **changes: Any) -> RenderRequest:
    """A request for a small video as long as its sound."""
    return request(folder, sound, (128, 192), **changes)


def context(folder: Path) -> Context:
    folder.mkdir(parents=True, exist_ok=True)
    return Context(folder)
