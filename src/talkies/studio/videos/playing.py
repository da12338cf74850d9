"""A character in place of a portrait: how large its video is, and what it does there."""

from dataclasses import fields
from fractions import Fraction
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from talkies.core.alignment import Alignment, AlignmentSource
from talkies.core.performance import Head, Mouth, Performance
from talkies.core.rig.model import REST, Rig
from talkies.core.timeline.document import Timeline, TimelineSound
from talkies.core.timeline.document_json import timeline_from_json
from talkies.core.timeline.resample import resample
from talkies.core.timing import SOUND_RATE, SPEECH_RATE
from talkies.errors import CharacterInvalid
from talkies.face.framing.options import Resolution
from talkies.kit.files import sha256_of
from talkies.media.pictures import Picture, load_picture, save_picture
from talkies.media.samples import SoundSource
from talkies.rigs.export.pictures import even
from talkies.rigs.tree.opening import look_at
from talkies.studio.progress import Reporter
from talkies.studio.timelines.create import Order, directed
from talkies.studio.videos.request import VideoRequest
from talkies.studio.videos.sitting import PORTRAIT, Sitting

#: What a video's own timeline is called.
TIMELINE_ID: Final = "video"


def seat(request: VideoRequest, folder: Path, reporter: Reporter) -> Sitting:
    """The drawing of a character at rest, of the video's size, in a file of ours in `folder`.

    Raises:
        UnknownCharacter, CharacterInvalid: the folder holds none that can be used.
        InvalidInput: the drawing cannot be read.
    """
    opened = look_at(_character(request))
    reporter.warn(*opened.warnings)
    character = opened.character
    width, height = size_of(character.rig, request.look.framing.resolution)
    picture = load_picture(character.path(_at_rest(character.rig)))
    path = folder / PORTRAIT
    save_picture(_scaled(picture, (width, height)), path)
    return Sitting(picture=path, face=1, width=width, height=height)


def size_of(rig: Rig, resolution: Resolution) -> tuple[int, int]:
    """Width and height of a character's video: those of its drawings, or with a shorter side."""
    side = resolution.shorter_side
    if side is None:
        return rig.width, rig.height
    share = side / min(rig.width, rig.height)
    return even(rig.width * share), even(rig.height * share)


def played(
    request: VideoRequest, sound: SoundSource, alignment: Alignment | None, sound_path: Path
) -> Timeline:
    """What a character does in a video: its own timeline, or one that is made of what is said.

    Raises:
        TimelineInvalid: its own, which cannot be read.
        CharacterInvalid: its words.
    """
    fps = request.look.fps
    if request.timeline is not None:
        return resample(timeline_from_json(request.timeline.read_text(encoding="utf-8")), fps)
    if alignment is None:
        raise TypeError("without a timeline there is speech")
    character = look_at(_character(request)).character
    order = Order(
        timeline_id=TIMELINE_ID,
        character=character.name,
        config=character.rig.config,
        fps=fps,
        seed=request.acting.seed,
    )
    source = TimelineSound(
        source=sound_path.name,
        sha256=sha256_of(sound_path),
        length=sound.frames * SOUND_RATE // sound.rate,
    )
    return directed(sound, alignment, order, source=source)


def said_in(timeline: Timeline, sound: SoundSource) -> Alignment:
    """What is said in a timeline, or that nothing is known of it."""
    if timeline.speech is not None:
        return timeline.speech
    length = sound.frames * SPEECH_RATE // sound.rate
    return Alignment(length=length, phonemes=(), source=AlignmentSource.RECOGNITION)


def at_rest(fps: Fraction, frames: int) -> Performance:
    """A face that does nothing: a character follows its timeline instead."""
    still = np.zeros(frames, np.float32)
    return Performance(
        fps=fps,
        mouth=Mouth(**dict.fromkeys((each.name for each in fields(Mouth)), still)),
        head=Head(**dict.fromkeys((each.name for each in fields(Head)), still)),
        blink=still,
        brows=still,
    )


def _character(request: VideoRequest) -> Path:
    if request.character is None:
        raise TypeError("a portrait is no character")
    return request.character


def _at_rest(rig: Rig) -> str:
    """The drawing of a character that does nothing, or the first there is."""
    known = rig.endpoints.get(REST) or next(iter(sorted(rig.endpoints.values())), None)
    if known is None:
        known = next((stop.drawing for way in rig.sequences for stop in way.stops), None)
    if known is None:
        raise CharacterInvalid("The character has no drawings.", details={"reason": "no_drawings"})
    return known


def _scaled(picture: Picture, size: tuple[int, int]) -> Picture:
    if (picture.width, picture.height) == size:
        return picture
    pixels = np.asarray(cv2.resize(picture.pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    alpha = picture.alpha
    if alpha is not None:
        alpha = np.asarray(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA), np.uint8)
    return Picture(pixels=pixels, alpha=alpha)
