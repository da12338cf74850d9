"""From any video of a face to one whose lips an engine can give another speech."""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from talkies.errors import FaceNotFound
from talkies.face.finding.landmarks import Face, Landmarker
from talkies.face.framing.apply import frame_pixels
from talkies.face.framing.options import Framing
from talkies.face.framing.plan import FramingPlan, plan_framing
from talkies.face.judging.gate import choose_face
from talkies.media.pictures import Picture, save_picture
from talkies.media.video import VideoReader, VideoWriter
from talkies.media.yuv import to_planes
from talkies.studio.progress import Reporter
from talkies.studio.videos.request import VideoRequest
from talkies.studio.videos.sitting import PORTRAIT, Sitting, bars, face_number

Pixels: TypeAlias = NDArray[np.uint8]

#: Frames a second of every source video, once it is brought into our form.
RATE: Final = 25

#: Longest source video of which all is needed, in seconds.
SECONDS_MAX: Final = 1_200.0

#: Seconds between two looks for a face, and the most looks at one video.
LOOK_SECONDS: Final = 1.0
LOOKS_MOST: Final = 60

#: Share of the looks that have to find a face.
FACES_LEAST: Final = 0.8

#: Part of a frame by which a time stamp may be late: containers count in milliseconds.
_LATE: Final = 0.05

#: Most times that a message names.
_NAMED: Final = 5


def watch(
    request: VideoRequest,
    landmarker: Landmarker,
    reporter: Reporter,
    *,
    target: Path,
    seconds: float | None,
) -> Sitting:
    """The source video of a request in our form at `target`, its first frame beside it.

    25 frames a second, cut and scaled as a portrait would be; of the whole picture where no framing
    is asked for. No more than `seconds` of it are read; None reads all.

    Raises:
        InvalidInput: it cannot be read, is too long, or shows no face for too long.
    """
    if request.source_video is None:
        raise TypeError("a portrait is no source video")
    with VideoReader(request.source_video, max_seconds=SECONDS_MAX) as reader:
        frames = at_constant_rate(reader.timed(), reader.info.fps)
        if seconds is not None:
            frames = itertools.islice(frames, math.ceil(seconds * RATE) + 1)
        first = next(frames)
        face = _first_face(landmarker.find(first), request.face)
        plan = _plan(first, face, request)
        reporter.warn(*plan.warnings)
        looks = _Looks(landmarker, every=_look_frames(reader.info.seconds))
        behind = bars(request.look)
        width, height = plan.size
        with VideoWriter(
            target, width=width, height=height, fps=Fraction(RATE), format="seekable"
        ) as video:
            for number, pixels in enumerate(itertools.chain([first], frames)):
                framed = frame_pixels(pixels, plan, behind)
                looks.look(framed, number)
                video.write(to_planes(framed))
    reporter.warn(*looks.verdict())
    start = frame_pixels(first, plan, behind)
    path = target.with_name(PORTRAIT)
    save_picture(Picture(pixels=start), path)
    return Sitting(
        picture=path,
        face=face_number(landmarker.find(start), face, plan),
        width=width,
        height=height,
    )


def at_constant_rate(
    timed: Iterator[tuple[float, Pixels]], fps: Fraction | None
) -> Iterator[Pixels]:
    """Frames at 25 a second: each shows what a player would show at its time.

    The last one lasts a frame of the video's own rate.
    """
    began, shown, number, late = 0.0, None, 0, _LATE / RATE
    at = 0.0
    for time, pixels in timed:
        if shown is None:
            began = time
        at = time - began
        while shown is not None and number / RATE < at - late:
            yield shown
            number += 1
        shown = pixels
    end = at + float(1 / (fps or RATE))
    while shown is not None and number / RATE < end - late:
        yield shown
        number += 1


def _first_face(faces: tuple[Face, ...], number: int | None) -> Face:
    if not faces:
        raise FaceNotFound(
            "No face was found in the first frame of the source video.",
            hint="Cut the video so that it begins with a face from the front.",
            details={"seconds": [0.0]},
        )
    return choose_face(faces, number)


def _plan(first: Pixels, face: Face, request: VideoRequest) -> FramingPlan:
    """A face that moves is not zoomed in on unless that is asked for."""
    options = request.look.framing
    if options.framing is Framing.AUTO:
        options = replace(options, framing=Framing.SOURCE)
    return plan_framing((first.shape[1], first.shape[0]), face, options)


def _look_frames(seconds: float | None) -> int:
    return max(1, round(max(LOOK_SECONDS, (seconds or 0.0) / LOOKS_MOST) * RATE))


@dataclass(slots=True)
class _Looks:
    """Looks for a face now and then."""

    landmarker: Landmarker
    #: Frames from one look to the next.
    every: int
    taken: int = 0
    #: Seconds at which there was no face.
    missing: list[float] = field(default_factory=list)

    def look(self, frame: Pixels, number: int) -> None:
        if number % self.every:
            return
        self.taken += 1
        if not self.landmarker.find(frame):
            self.missing.append(number / RATE)

    def verdict(self) -> tuple[str, ...]:
        """Warnings. Raises `FaceNotFound` where a face was missing too often."""
        if not self.missing:
            return ()
        named = ", ".join(f"{seconds:.1f} s" for seconds in self.missing[:_NAMED])
        more = " and later" if len(self.missing) > _NAMED else ""
        sentence = f"No face was found in the source video at {named}{more}."
        if len(self.missing) > (1 - FACES_LEAST) * self.taken:
            raise FaceNotFound(
                sentence,
                hint="Cut the video so that it shows one face from the front all the time.",
                details={"seconds": self.missing, "looks": self.taken},
            )
        return (f"{sentence} The lips may stand still there.",)
