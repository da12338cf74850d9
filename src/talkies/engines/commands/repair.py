"""From what an upstream engine made to the video that was asked for: whole, in size, with sound."""

import contextlib
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from talkies.core.timing import to_seconds
from talkies.engines.base import RenderContext, RenderRequest
from talkies.engines.commands.canvas import bring_back, is_foreign
from talkies.engines.commands.drift import DRIFT_LEAST, DriftMeter
from talkies.engines.commands.preparation import Prepared, engine_frames
from talkies.engines.commands.seams import Part, SeamCheck, joined
from talkies.engines.commands.segments import Segment
from talkies.engines.commands.visuals import at_rate
from talkies.errors import CorruptMedia, EngineNoOutput, MediaTooLarge, UnsupportedMedia
from talkies.media.captions import CaptionPainter
from talkies.media.samples import SoundFile
from talkies.media.video import VideoReader, VideoWriter
from talkies.media.yuv import to_planes

Pixels: TypeAlias = NDArray[np.uint8]

#: Frames that may be missing at the end of an engine's video, besides its silent tail: a fifth of a
#: second of a face at rest.
FEW_FRAMES: Final = 5

#: Part by which a video's rate may be other than its engine's before it is believed. Containers
#: round theirs; 29.97 instead of 30 would be a second too late after 17 minutes.
_SAME_RATE: Final = 0.0005


@dataclass(slots=True)
class _Raw:
    """One video as the engine made it, read once."""

    path: Path
    segment: Segment
    prepared: Prepared
    #: Whether its frames have another shape than those that were asked for.
    foreign: bool = False
    #: Frames that it had, on the engine's grid.
    found: int = field(default=0)

    def frames(self) -> Generator[Pixels]:
        """As many frames as the video needs of it, in the size that was asked for.

        Raises `EngineNoOutput`: it cannot be read, or more than a few are missing.
        """
        try:
            yield from self._mended()
        except (CorruptMedia, MediaTooLarge, UnsupportedMedia) as error:
            raise EngineNoOutput(
                f"The engine {self.prepared.engine} made a video that cannot be read: "
                f"{error.message}",
                details={"frames": self.found},
            ) from error

    def _mended(self) -> Iterator[Pixels]:
        last: Pixels | None = None
        needed, canvas = self.segment.used, self.prepared.canvas
        # What such programs write has the matrix of old televisions, and does not say so.
        with VideoReader(self.path, untagged_601=True) as reader:
            self.foreign = is_foreign((reader.info.width, reader.info.height), canvas)
            for frame in _on_grid(reader, self.prepared.rate):
                last = bring_back(frame, canvas)
                self.found += 1
                yield last
                if self.found == needed:
                    return
        missing = needed - self.found
        if last is None or missing > FEW_FRAMES:
            raise EngineNoOutput(
                f"The engine {self.prepared.engine} made {self.found} frames of {needed}.",
                details={"frames": self.found, "needed": needed},
            )
        for _ in range(missing):
            yield last


def _on_grid(reader: VideoReader, rate: int) -> Iterator[Pixels]:
    """The frames of a video at its engine's rate, whatever its own is."""
    own = reader.info.fps
    if own is None or abs(own / rate - 1) <= _SAME_RATE:
        return iter(reader)
    return at_rate(iter(reader), own, Fraction(rate))


def repair(
    raws: Sequence[Path], prepared: Prepared, request: RenderRequest, context: RenderContext
) -> Path:
    """The finished video, in the context's folder; `raws` are the videos of `prepared.orders`.

    Raises:
        EngineNoOutput: one of them cannot be read, or ends before the speech does.
        Canceled: raised by `context.progress`.
    """
    files = [
        _Raw(path=path, segment=segment, prepared=prepared)
        for path, segment in zip(raws, prepared.segments, strict=True)
    ]
    check, meter = SeamCheck(), DriftMeter(prepared.segments)
    with contextlib.ExitStack() as stack:
        # Closed in any case: each has a decoder's process while it is read.
        streams = [stack.enter_context(contextlib.closing(raw.frames())) for raw in files]
        parts = [
            Part(frames=stream, overlap=segment.overlap, start=segment.start)
            for stream, segment in zip(streams, prepared.segments, strict=True)
        ]
        frames = _lasting(_metered(joined(parts, check), meter), prepared, request)
        path = _written(frames, prepared, request, context)
    context.warn(*_findings(files, check, meter, prepared))
    return path


def _metered(frames: Iterator[Pixels], meter: DriftMeter) -> Iterator[Pixels]:
    for number, frame in enumerate(frames):
        meter.watch(frame, number)
        yield frame


def _lasting(
    frames: Iterator[Pixels], prepared: Prepared, request: RenderRequest
) -> Iterator[Pixels]:
    """As many frames as were asked for, at the rate that was: the last one stands to the end."""
    stretched = at_rate(
        _held(frames, engine_frames(prepared.frames, request.fps, prepared.rate)),
        Fraction(prepared.rate),
        request.fps,
    )
    for _, frame in zip(range(prepared.frames), stretched, strict=False):
        yield frame


def _held(frames: Iterator[Pixels], count: int) -> Iterator[Pixels]:
    """The frames, and the last one again until there are so many."""
    last: Pixels | None = None
    done = 0
    for last in frames:
        done += 1
        yield last
    while last is not None and done < count:
        done += 1
        yield last


def _written(
    frames: Iterator[Pixels], prepared: Prepared, request: RenderRequest, context: RenderContext
) -> Path:
    width, height = prepared.canvas.asked
    captions = CaptionPainter(request.captions, width, height, request.fps)
    target = context.work_dir / f"{prepared.engine}.{request.format.value}"
    with VideoWriter(
        target,
        width=width,
        height=height,
        fps=request.fps,
        format=request.format.value,
        sound=SoundFile(request.sound),
        preview=context.preview,
    ) as video:
        for number, frame in enumerate(frames):
            planes = to_planes(frame)
            captions.paint(planes, number)
            video.write(planes)
            context.progress(number + 1, prepared.frames)
    return target


def _findings(
    files: Sequence[_Raw], check: SeamCheck, meter: DriftMeter, prepared: Prepared
) -> Iterator[str]:
    """What the user should know about the video, in sentences."""
    name = prepared.engine
    if any(raw.foreign for raw in files):
        yield (
            f"The engine {name} made frames of another shape than it was asked for; they are shown "
            "whole, on blurred edges."
        )
    missing = sum(max(0, raw.segment.used - raw.found) for raw in files)
    if missing:
        yield f"The engine {name} left out {missing} frames at the end; the last one stands there."
    for number in check.jumps:
        seconds = to_seconds(number, prepared.rate)
        yield f"The picture jumps at {seconds:.1f} s, where two parts of the video meet."
    furthest = max(meter.distances)
    if furthest > DRIFT_LEAST:
        segment = prepared.segments[meter.distances.index(furthest)]
        start, end = (to_seconds(frame, prepared.rate) for frame in (segment.start, segment.end))
        yield (
            f"The colours drift between {start:.1f} s and {end:.1f} s, by {furthest:.0f} units "
            "of CIELAB."
        )
