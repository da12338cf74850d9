"""From a request to orders for an upstream engine: what it gets, and what it cannot do as asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import repeat
from pathlib import Path
from typing import Final

from talkies.core.timing import to_seconds
from talkies.engines.base import RenderRequest, Visual
from talkies.engines.commands.canvas import Canvas, explain_canvas, plan_canvas
from talkies.engines.commands.description import Description, Intake, Scalar
from talkies.engines.commands.orders import Hear, Order
from talkies.engines.commands.segments import (
    GUARD_FRAMES,
    Segment,
    plan_segments,
    segment_samples,
)
from talkies.engines.commands.visuals import (
    SOURCE_RATE,
    portrait_pixels,
    put_picture,
    put_videos,
    source_frames,
)
from talkies.errors import InvalidOption, MediaTooLarge
from talkies.media.own_video import OwnVideo
from talkies.media.pictures import load_own_picture
from talkies.media.samples import SoundFile
from talkies.media.sounds import save_samples

SPEECH: Final = "speech.wav"

TRANSPARENT: Final = "transparent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """Everything about a video that is known before its engine begins."""

    #: Id of the engine.
    engine: str
    #: One for each segment.
    orders: tuple[Order, ...]
    canvas: Canvas
    segments: tuple[Segment, ...]
    #: Frames of the finished video, at the rate that was asked for.
    frames: int
    #: Frames a second that the engine makes.
    rate: int
    #: What the user should know, in sentences.
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    canvas: Canvas
    segments: tuple[Segment, ...]
    #: Frames of the video on the engine's grid.
    frames: int
    #: A video to give new lips to.
    source: OwnVideo | None
    warnings: tuple[str, ...]


def explain(
    request: RenderRequest, description: Description, options: Mapping[str, Scalar]
) -> tuple[str, ...]:
    """What will be other than asked for, in sentences. Nothing is written.

    `options` are all of the engine's, the preset's values under the user's.

    Raises:
        InvalidOption: the engine cannot do at all what is asked for.
        MediaTooLarge: the speech is longer than the engine takes.
    """
    return _plan(request, description, options).warnings


def prepare(
    request: RenderRequest,
    description: Description,
    options: Mapping[str, Scalar],
    folder: Path,
    hear: Hear = lambda _: None,
) -> Prepared:
    """Orders for the engine, with their inputs, in folders of their own below `folder`.

    `hear` hears, 0 to 1, how much is done where that takes long, as of a video of many minutes; it
    may raise `Canceled`. `Prepared.warnings` are those of `explain`.

    Raises as `explain`, and `OutputUnwritable` and `DiskFull`.
    """
    plan = _plan(request, description, options)
    intake, rate = description.intake, description.output.fps
    # Beside each other: a run may empty its own folder, and be tried again.
    scratches = [folder / f"run{number}" for number in range(len(plan.segments))]
    inputs = [folder / f"inputs{number}" for number in range(len(plan.segments))]
    for path in (*scratches, *inputs):
        path.mkdir(parents=True)
    visuals = _visuals(request, description, plan, inputs, hear)
    sound, orders = SoundFile(request.sound), []
    for number, segment in enumerate(plan.segments):
        speech = inputs[number] / SPEECH
        blocks = segment_samples(sound, segment, rate, intake)
        save_samples(blocks, speech, rate=intake.sound_rate, channels=intake.sound_channels)
        orders.append(
            Order(
                scratch=scratches[number],
                visual=visuals[number],
                sound=speech,
                seconds=SoundFile(speech).seconds,
                frames=segment.frames,
                width=plan.canvas.drawn[0],
                height=plan.canvas.drawn[1],
                seed=request.seed,
                prompt=_prompt(request, intake),
                options=options,
            )
        )
    return _prepared(request, description, plan, orders)


def _prompt(request: RenderRequest, intake: Intake) -> str:
    return (request.prompt if intake.prompt else "") or intake.default_prompt


def _prepared(
    request: RenderRequest, description: Description, plan: _Plan, orders: list[Order]
) -> Prepared:
    return Prepared(
        engine=description.id,
        orders=tuple(orders),
        canvas=plan.canvas,
        segments=plan.segments,
        frames=request.performance.frames,
        rate=description.output.fps,
        warnings=plan.warnings,
    )


def _visuals(
    request: RenderRequest, description: Description, plan: _Plan, inputs: list[Path], hear: Hear
) -> tuple[Path, ...]:
    """The video of each segment, or the picture for all of them."""
    rate, parts = description.output.fps, list(zip(plan.segments, inputs, strict=True))
    if plan.source is not None:
        frames = source_frames(plan.source, rate)
        return put_videos(frames, plan.canvas, rate, parts, hear)
    pixels = portrait_pixels(request)
    if Visual.PORTRAIT in description.intake.visuals:
        return (put_picture(pixels, plan.canvas, inputs[0]),) * len(inputs)
    return put_videos(repeat(pixels), plan.canvas, rate, parts, hear)


def _plan(request: RenderRequest, description: Description, options: Mapping[str, Scalar]) -> _Plan:
    _require_possible(request, description)
    rate, sound = description.output.fps, SoundFile(request.sound)
    picture = load_own_picture(request.portrait)
    canvas = plan_canvas((picture.width, picture.height), description.intake, options)
    frames = engine_frames(request.performance.frames, request.fps, rate)
    segments = plan_segments(sound, frames, rate, description.intake)
    source = None if request.source_video is None else OwnVideo(request.source_video)
    warnings = (
        *_about_request(request, description),
        *explain_canvas(canvas, description.id),
        *_about_segments(segments, frames, description),
        *_about_source(source, request),
    )
    return _Plan(canvas=canvas, segments=segments, frames=frames, source=source, warnings=warnings)


def engine_frames(frames: int, fps: Fraction, rate: int) -> int:
    """Frames of the engine's that are on the screen at the beginning of any of the video's."""
    return int((frames - 1) * rate / fps) + 1


def _require_possible(request: RenderRequest, description: Description) -> None:
    if request.source_video is not None:
        _require_source_video(request, description)
    if request.background == TRANSPARENT:
        raise InvalidOption(
            f"The engine {description.id} cannot make transparent videos.",
            hint="Let `background` be a colour or a picture, or use the engine portrait.",
            details={"option": "background"},
        )
    most, seconds = description.most_seconds, request.performance.frames / float(request.fps)
    if most is not None and seconds > most:
        raise MediaTooLarge(
            f"The speech lasts {seconds:.1f} s; the engine {description.id} makes at most "
            f"{most:g} s.",
            details={"seconds": round(seconds, 2), "limit_seconds": most},
        )


def _require_source_video(request: RenderRequest, description: Description) -> None:
    if Visual.SOURCE_VIDEO not in description.intake.visuals:
        raise InvalidOption(
            f"The engine {description.id} takes no `source_video`.",
            hint="Give it a `portrait`.",
            details={"option": "source_video"},
        )
    if request.background is not None:
        raise InvalidOption(
            "Nothing can be put behind the person of a `source_video`.",
            hint="Leave `background` out.",
            details={"option": "background"},
        )


def _about_request(request: RenderRequest, description: Description) -> tuple[str, ...]:
    found, name, rate = [], description.id, description.output.fps
    if request.prompt and not description.intake.prompt:
        found.append(f"The engine {name} takes no prompt; it was left out.")
    if request.face is not None and request.face > 1:
        found.append(f"The engine {name} moves the face that it finds, not one that is chosen.")
    if request.fps > rate:
        found.append(f"The engine {name} makes {rate} frames a second; some are shown twice.")
    if request.fps < rate:
        found.append(f"The engine {name} makes {rate} frames a second; some are left out.")
    return tuple(found)


def _about_segments(
    segments: tuple[Segment, ...], frames: int, description: Description
) -> tuple[str, ...]:
    found, rate = [], description.output.fps
    if len(segments) > 1:
        found.append(
            f"The video is made in {len(segments)} parts, because the engine {description.id} does "
            f"well for {description.intake.segment_seconds:g} s at a time."
        )
    found += [
        f"There is no pause near {to_seconds(segment.start, rate):.1f} s: two parts of the video "
        "are joined there in the middle of speech."
        for segment in segments
        if segment.torn
    ]
    still = frames - segments[-1].end
    if still > GUARD_FRAMES:
        found.append(
            f"The silence at the end is longer than the engine {description.id} bears; the picture "
            f"stands still for the last {still / rate:.1f} s."
        )
    return tuple(found)


def _about_source(source: OwnVideo | None, request: RenderRequest) -> tuple[str, ...]:
    if source is None:
        return ()
    own, wanted = source.frames / SOURCE_RATE, request.performance.frames / float(request.fps)
    if own >= wanted:
        return ()
    words = f"The source video lasts {own:.1f} s and the speech {wanted:.1f} s"
    return (f"{words}: it is played back and forth.",)
