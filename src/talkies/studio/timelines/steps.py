"""Timelines in a process of their own: from a recording or a text to a document in a folder."""

import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from talkies.core.alignment import Alignment
from talkies.core.direction.direct import Style
from talkies.core.direction.feelings import FaceChange
from talkies.core.direction.plan_json import plan_from_json
from talkies.core.rig.model import RigConfig
from talkies.core.rig.standard import STANDARD
from talkies.core.timeline.document import TimelineSound
from talkies.core.timeline.document_json import timeline_to_json
from talkies.core.timing import SOUND_RATE
from talkies.core.timing_json import alignment_from_json, alignment_to_json
from talkies.kit.files import sha256_of
from talkies.media.samples import SoundFile
from talkies.media.sounds import convert_sound, require_audible, save_sound
from talkies.rigs.character import CONFIG
from talkies.rigs.tree.opening import read_config
from talkies.studio.listening import Ears, listen
from talkies.studio.progress import Listener, Reporter, Stage
from talkies.studio.speaking import say, voice_of
from talkies.studio.timelines.create import Order, directed
from talkies.studio.timelines.kinds import sound_path
from talkies.studio.timelines.rates import frame_rate
from talkies.studio.timelines.requests import (
    TimelineSubmission,
    script_of,
    timeline_submission_from,
)

#: What was asked for: a file, because a text can be longer than a message may be.
ORDER: Final = "order.json"

#: The inputs, each by its role; `CHARACTER` is a character's folder.
INPUTS: Final = "inputs"
RECORDING: Final = "audio"
CHARACTER: Final = "character"

SOUND: Final = "sound.wav"
TIMING: Final = "timing.json"
#: What a model has planned for the face.
PLAN: Final = "plan.json"
TIMELINE: Final = "timeline.json"

#: What a maker is asked to do, in this order.
HEAR: Final = "hear"
DIRECT: Final = "direct"

#: Frames a second of a timeline where nothing else is asked for.
FPS: Final = Fraction(25)


def stages_of(submission: TimelineSubmission) -> tuple[Stage, ...]:
    """The stages that a timeline goes through."""
    heard = Stage.ALIGN if submission.text is None else Stage.SPEAK
    return Stage.FETCH, heard, Stage.DIRECT, Stage.DELIVER


def timeline_in(
    folder: Path, step: str, timeline_id: str, ears: Ears, listener: Listener
) -> dict[str, Any]:
    """Do one step of the timeline that is ordered in a folder; as `hear_in` and `direct_in`."""
    order = json.loads((folder / ORDER).read_text(encoding="utf-8"))
    submission = timeline_submission_from(order)
    if step == HEAR:
        return hear_in(folder, submission, ears, listener)
    return direct_in(folder, submission, timeline_id, listener)


def hear_in(
    folder: Path, submission: TimelineSubmission, ears: Ears, listener: Listener
) -> dict[str, Any]:
    """Bring the speech that is ordered in a folder into our form, with its timing beside it.

    Timing that lies there already is taken as it is.

    Raises:
        InvalidInput: the recording, its words or the text cannot be used.
    """
    reporter = Reporter(listener, stages=stages_of(submission))
    facts: dict[str, Any] = {}
    if submission.text is not None:
        facts["voice"] = _speak(folder, submission, reporter)
    else:
        _listen(folder, submission, ears, reporter)
    sound, alignment = SoundFile(folder / SOUND), _timing(folder)
    return {
        **facts,
        "files": [SOUND, TIMING],
        "seconds": round(sound.seconds, 3),
        "language": alignment.language,
    }


def _speak(folder: Path, submission: TimelineSubmission, reporter: Reporter) -> str:
    """Let a voice say the text; returns whose it is."""
    reporter.begin(Stage.SPEAK)
    script = script_of(submission)
    said = say(script, reporter)
    save_sound(said.sound, folder / SOUND)
    _keep(folder / TIMING, alignment_to_json(said.alignment))
    return voice_of(script, Reporter()).id


def _listen(folder: Path, submission: TimelineSubmission, ears: Ears, reporter: Reporter) -> None:
    reporter.begin(Stage.FETCH)
    sound = convert_sound(folder / INPUTS / RECORDING, folder / SOUND)
    require_audible(sound)
    reporter.warn(*sound.warnings)
    reporter.begin(Stage.ALIGN)
    if not (folder / TIMING).is_file():
        heard = listen(sound, submission.transcript, submission.language, ears)
        reporter.warn(*heard.warnings)
        _keep(folder / TIMING, alignment_to_json(heard))


def direct_in(
    folder: Path, submission: TimelineSubmission, timeline_id: str, listener: Listener
) -> dict[str, Any]:
    """Decide what the character does to the speech in a folder; leaves the whole document there.

    Raises:
        CharacterInvalid: its words cannot be read.
    """
    reporter = Reporter(listener, stages=stages_of(submission))
    reporter.begin(Stage.DIRECT)
    sound = SoundFile(folder / SOUND)
    order = Order(
        timeline_id=timeline_id,
        character=submission.character,
        config=words_of(folder / INPUTS / CHARACTER),
        fps=FPS if submission.fps is None else frame_rate(submission.fps),
        seed=submission.seed or 0,
        style=Style(expressions=submission.emotions != "off"),
    )
    source = TimelineSound(
        source=sound_path(timeline_id),
        sha256=sha256_of(folder / SOUND),
        length=sound.frames * SOUND_RATE // sound.rate,
    )
    timeline = directed(sound, _timing(folder), order, source=source, plan=_plan(folder))
    _keep(folder / TIMELINE, timeline_to_json(timeline))
    return {
        "files": [TIMELINE],
        "frames": timeline.frames,
        "fps": str(timeline.fps),
        "clips": {name.value: len(clips) for name, clips in timeline.tracks.items()},
    }


def words_of(character: Path) -> RigConfig:
    """The words of a character's folder. Raises `CharacterInvalid`."""
    return read_config(character / CONFIG) or STANDARD


def _timing(folder: Path) -> Alignment:
    return alignment_from_json((folder / TIMING).read_text(encoding="utf-8"))


def _plan(folder: Path) -> Sequence[FaceChange] | None:
    """What a model has planned, where one was asked and answered."""
    path = folder / PLAN
    return plan_from_json(path.read_text(encoding="utf-8")) if path.is_file() else None


def _keep(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
