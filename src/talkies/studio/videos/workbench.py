"""The files of one video in the making: each step reads what earlier ones left and adds its own.

Everything between two steps is a file with a name of its own, so a step can run in another process
than the one before it, or on another machine.
"""

import json
from dataclasses import dataclass, fields
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import numpy as np

from talkies.core.alignment import Alignment
from talkies.core.captions import Cue, cues
from talkies.core.performance import Head, Mouth, Performance
from talkies.core.timeline.document_json import timeline_from_json
from talkies.core.timeline.formats.captions import captions_of
from talkies.core.timing_json import alignment_from_json, alignment_to_json
from talkies.engines.base import VideoFormat
from talkies.kit.files import replacing
from talkies.media.samples import SoundFile
from talkies.studio.videos.sitting import PORTRAIT, Sitting

#: Names of the files; a video is `video.<format>`.
SITTING: Final = "sitting.json"
SOURCE_VIDEO: Final = "source.mp4"
BACKDROP: Final = "backdrop.png"
SOUND: Final = "sound.wav"
TIMING: Final = "timing.json"
PERFORMANCE: Final = "performance.npz"
TIMELINE: Final = "timeline.json"
PREVIEW: Final = "preview.mp4"
POSTER: Final = "poster.jpg"

#: Folder in which an engine may do as it likes.
ENGINE_ROOM: Final = "render"


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """What is heard, and when each sound of it is said."""

    sound: SoundFile
    alignment: Alignment


@dataclass(frozen=True, slots=True)
class Workbench:
    """A folder that holds the files of one video."""

    folder: Path

    @property
    def sound_path(self) -> Path:
        return self.folder / SOUND

    @property
    def sound(self) -> SoundFile:
        """What the video will sound like."""
        return SoundFile(self.sound_path)

    @property
    def timing_path(self) -> Path:
        return self.folder / TIMING

    @property
    def alignment(self) -> Alignment:
        return alignment_from_json(self.timing_path.read_text(encoding="utf-8"))

    @property
    def captions(self) -> tuple[Cue, ...]:
        """What is to be read: as a character's timeline has it, or else as it is said."""
        directed = self.timeline_path
        if directed is None:
            return cues(self.alignment)
        return captions_of(timeline_from_json(directed.read_text(encoding="utf-8")))

    @property
    def speech(self) -> Speech:
        return Speech(sound=self.sound, alignment=self.alignment)

    @property
    def source_video(self) -> Path | None:
        """The video whose lips get the speech, where there is one."""
        path = self.folder / SOURCE_VIDEO
        return path if path.is_file() else None

    @property
    def timeline_path(self) -> Path | None:
        """What a character does, where one plays."""
        path = self.folder / TIMELINE
        return path if path.is_file() else None

    @property
    def backdrop(self) -> Path | None:
        """The picture to put behind the person, where there is one."""
        path = self.folder / BACKDROP
        return path if path.is_file() else None

    @property
    def sitting(self) -> Sitting:
        known = json.loads((self.folder / SITTING).read_text())
        return Sitting(picture=self.folder / PORTRAIT, **known)

    @property
    def performance(self) -> Performance:
        with np.load(self.folder / PERFORMANCE, allow_pickle=False) as curves:
            return Performance(
                fps=Fraction(str(curves["fps"])),
                mouth=Mouth(**{f.name: curves[f"mouth.{f.name}"] for f in fields(Mouth)}),
                head=Head(**{f.name: curves[f"head.{f.name}"] for f in fields(Head)}),
                blink=curves["blink"],
                brows=curves["brows"],
            )

    @property
    def poster(self) -> Path:
        """The first frame of the finished video."""
        return self.folder / POSTER

    @property
    def engine_room(self) -> Path:
        return self.folder / ENGINE_ROOM

    def video(self, format_: VideoFormat) -> Path:
        return self.folder / f"video.{format_.value}"

    def preview(self, format_: VideoFormat) -> Path | None:
        """Where the video grows while it is rendered; a GIF does not."""
        return None if format_ is VideoFormat.GIF else self.folder / PREVIEW

    def keep_sitting(self, sitting: Sitting) -> None:
        known = {"face": sitting.face, "width": sitting.width, "height": sitting.height}
        self.write(SITTING, json.dumps(known))

    def keep_alignment(self, alignment: Alignment) -> None:
        self.write(TIMING, alignment_to_json(alignment))

    def keep_performance(self, performance: Performance) -> None:
        curves: dict[str, Any] = {
            "fps": np.array(str(performance.fps)),
            "blink": performance.blink,
            "brows": performance.brows,
        }
        for name, group in (("mouth", performance.mouth), ("head", performance.head)):
            curves |= {f"{name}.{f.name}": getattr(group, f.name) for f in fields(group)}
        with replacing(self.folder / PERFORMANCE) as partial:
            np.savez(partial, **curves)

    def write(self, name: str, text: str) -> Path:
        """Keep a text under a name."""
        path = self.folder / name
        with replacing(path) as partial:
            partial.write_text(text, encoding="utf-8")
        return path
