"""Trying an engine in earnest: a short video of the sample portrait, timed, weighed and scored."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from talkies.engines.commands.description import Scalar
from talkies.kit.files import private_folder
from talkies.media.samples import Sound
from talkies.media.sounds import save_sound
from talkies.studio.progress import Event, Listener, Reporter, Stage, Warned, ignore
from talkies.studio.speaking import Script, say
from talkies.studio.upstreams.gpus import Gpus, MemoryWatch, Peak
from talkies.studio.videos.options import VideoOptions
from talkies.studio.videos.pipeline import Tools, make_video
from talkies.studio.videos.planning import plan

#: An original illustration, drawn by scripts/draw_portrait.py.
SAMPLE: Final = Path(__file__).with_name("portrait.jpg")

#: Length of the video that a checkup makes, seconds.
SMOKE_SECONDS: Final = 2.0

#: Lips close in it, open wide and round: what a score looks at. Said again where it is too short.
TEXT: Final = "We move both maps by the blue boat, and all of you may hear it now. "


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one video took."""

    engine: str
    #: Of the video.
    seconds: float
    width: int
    height: int
    #: From the call to the finished file: reading, listening, rendering, checking.
    total_seconds: float
    #: Of that, in the engine; in a cold run with the loading of its models.
    render_seconds: float
    #: None where there is no GPU, or it was not used.
    gpu_peak: Peak | None
    #: Letter of the lip-sync score; empty where it was not measured.
    grade: str
    warnings: tuple[str, ...]

    @property
    def speed(self) -> float:
        """Seconds in the engine for each second of video."""
        return self.render_seconds / self.seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Tryout:
    """Makes videos with one set of tools: an engine that it used stays warm."""

    tools: Tools
    gpus: Gpus
    portrait: Path = SAMPLE
    #: GPU memory that was in use before the first video; None looks before each.
    idle_bytes: int | None = None

    def run(
        self,
        engine: str,
        seconds: float = SMOKE_SECONDS,
        options: Mapping[str, Scalar] | None = None,
        *,
        score: bool = True,
        listener: Listener = ignore,
    ) -> Run:
        """Make one video, and throw it away. Raises whatever stands in its way."""
        with private_folder() as folder:
            sound = folder / "speech.wav"
            save_sound(speech_of(seconds), sound)
            wanted = VideoOptions(
                engine=engine, options=dict(options or {}), score=score, timing=True
            )
            request = plan(self.portrait, sound, folder / "video.mp4", wanted)
            stages = _Stages(listener)
            with MemoryWatch(self.gpus, idle_bytes=self.idle_bytes) as memory:
                result = make_video(request, self.tools, stages)
        return Run(
            engine=result.engine,
            seconds=result.seconds,
            width=result.width,
            height=result.height,
            total_seconds=result.elapsed_seconds,
            render_seconds=stages.seconds.get(Stage.RENDER, 0.0),
            gpu_peak=memory.peak,
            grade="" if result.score is None else result.score.grade.value,
            warnings=result.warnings,
        )


def speech_of(seconds: float) -> Sound:
    """Speech of exactly that length, by the voice that every installation has."""
    said = say(Script(text=TEXT, voice="en"), Reporter()).sound
    wanted = round(seconds * said.rate)
    times = -(-wanted // said.frames)
    return Sound(np.tile(said.samples, (times, 1))[:wanted], said.rate)


@dataclass(slots=True)
class _Stages:
    """Hears how long each stage took."""

    listener: Listener
    seconds: dict[Stage, float] = field(default_factory=dict)
    _stage: Stage | None = None
    _since: float = 0.0

    def __call__(self, event: Event) -> None:
        self.listener(event)
        if isinstance(event, Warned) or event.stage is self._stage:
            return
        now = time.monotonic()
        if self._stage is not None:
            self.seconds[self._stage] = self.seconds.get(self._stage, 0.0) + now - self._since
        self._stage, self._since = event.stage, now
