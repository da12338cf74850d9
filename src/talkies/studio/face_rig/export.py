"""The seed's export: its combined track and a sound become a video, by a job like any other."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final, Literal

from talkies.core.timeline.document import TimelineSound
from talkies.core.timeline.document_json import timeline_to_json
from talkies.core.timeline.formats.seed import SeedKeyframe, file_of_track
from talkies.core.timeline.formats.seed_timeline import timeline_of
from talkies.core.timing import SOUND_RATE, convert, frame_count
from talkies.jobs.records import Job
from talkies.kit.files import private_folder
from talkies.media.sounds import convert_sound
from talkies.studio.access.principal import Principal
from talkies.studio.assets.assets import Assets
from talkies.studio.assets.records import Asset
from talkies.studio.submissions import Source
from talkies.studio.timelines.requests import DocumentSubmission, ExportSubmission
from talkies.studio.timelines.service import Timelines

#: Which contract such a job came by.
ORIGIN: Final = "face_rig"

#: What lies behind a character in an mp4, which cannot be transparent; the seed's were black.
BACKGROUND: Final = "#ffffff"
TRANSPARENT: Final = "transparent"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedExport:
    """What is asked for."""

    #: In any order.
    keyframes: Sequence[SeedKeyframe]
    #: The sound that is heard; None is silence.
    sound: Asset | None
    format: Literal["mp4", "webm"]
    fps: int
    #: A colour, or `transparent` in a webm; None is white or transparent.
    background: str | None = None


class SeedExports:
    """Accepts exports."""

    def __init__(self, timelines: Timelines, assets: Assets) -> None:
        self._timelines = timelines
        self._assets = assets

    def submit(self, who: Principal, asked: SeedExport, character: str, *, job_id: str) -> Job:
        """Accept the video; it lasts until keyframes and sound have ended. Blocks.

        Raises:
            TimelineInvalid: a keyframe cannot be.
            CorruptMedia, AudioEmpty: the sound cannot be read.
            UnknownCharacter, NotReady: the character.
            InvalidOption: the background, or the frames a second.
            QueueFull, Conflict: as `Jobs.accept`.
        """
        fps = Fraction(asked.fps)
        heard = None if asked.sound is None else self._sound(asked.sound)
        file = file_of_track(tuple(sorted(asked.keyframes, key=lambda one: one.time)))
        if heard is not None:
            # What is shown last stays until the sound ends.
            sounds = frame_count(heard.length, SOUND_RATE, fps)
            file = replace(file, length=max(file.length, convert(sounds, fps, 1000)))
        timeline = timeline_of(file, id_=job_id, character=character, fps=fps)
        timeline = replace(timeline, sound=heard)
        sound = None if asked.sound is None else Source(sha256=str(asked.sound.sha256))
        submission = DocumentSubmission(document=timeline_to_json(timeline), sound=sound)
        record = self._timelines.store(who, submission)
        try:
            return self._timelines.export(who, record.id, _submission(asked), job_id=job_id)
        finally:
            # The job keeps the document and the sound; the timeline was only the way to them.
            self._timelines.delete(who, record.id)

    def _sound(self, sound: Asset) -> TimelineSound:
        """How long a sound is, found out by decoding it."""
        with private_folder() as folder:
            self._assets.fetch(str(sound.sha256), folder / "sound")
            heard = convert_sound(folder / "sound", folder / "sound.wav")
        return TimelineSound(source=sound.id, sha256=sound.sha256, length=heard.frames)


def _submission(asked: SeedExport) -> ExportSubmission:
    usual = TRANSPARENT if asked.format == "webm" else BACKGROUND
    return ExportSubmission(
        format=asked.format, background=asked.background or usual, origin=ORIGIN
    )
