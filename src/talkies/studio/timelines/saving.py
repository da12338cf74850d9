"""A timeline as a file of the user's, beside the sound that it needs."""

import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Final

from talkies.core.alignment import Alignment
from talkies.core.direction.direct import Style
from talkies.core.direction.feelings import FaceChange
from talkies.core.rig.model import RigConfig
from talkies.core.timeline.document import Timeline, TimelineSound
from talkies.core.timeline.document_json import timeline_to_json
from talkies.core.timing import SOUND_RATE, frame_count
from talkies.errors import InvalidOption
from talkies.kit.files import private_folder, replacing, sha256_of
from talkies.kit.ids import new_id
from talkies.media.samples import SoundFile
from talkies.media.sounds import convert_sound, require_audible, save_sound
from talkies.studio.listening import Ears, listen
from talkies.studio.outputs import require_inputs, require_outputs
from talkies.studio.progress import Listener, Reporter, Stage, ignore
from talkies.studio.speaking import Script, say, voice_of
from talkies.studio.timelines.create import Order, Planner, directed
from talkies.studio.videos.request import Recording

#: Frames a second of a new timeline: film's, and the seed's.
FPS: Final = Fraction(24)
#: What timelines' files end in.
SUFFIX: Final = ".json"
#: And most often; the sound beside `line.timeline.json` is `line.wav`.
WHOLE_SUFFIX: Final = ".timeline.json"
#: Beginning of their ids.
PREFIX: Final = "tml"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineRequest:
    """One timeline to make of speech."""

    #: What the timeline calls its character, and the character's words.
    character: str
    config: RigConfig
    speech: Recording | Script
    output: Path
    fps: Fraction = FPS
    seed: int = 0
    #: Whether a model plans the expressions.
    asks_model: bool = False
    style: Style = field(default_factory=Style)
    overwrite: bool = False

    @property
    def spoken(self) -> Path | None:
        """Where the sound of a text goes; a recording stays where it is."""
        if isinstance(self.speech, Recording):
            return None
        name = self.output.name.removesuffix(SUFFIX).removesuffix(".timeline")
        return self.output.with_name(f"{name}.wav")

    @property
    def outputs(self) -> tuple[Path, ...]:
        return (self.output,) if self.spoken is None else (self.output, self.spoken)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineResult:
    """A timeline that was made."""

    path: Path
    #: The sound that a voice spoke for it; None for a recording.
    sound: Path | None
    timeline: Timeline
    #: What a user should know, in whole sentences.
    warnings: tuple[str, ...]


def save_timeline(
    request: TimelineRequest,
    ears: Ears,
    *,
    planner: Planner | None = None,
    listener: Listener = ignore,
) -> TimelineResult:
    """Make a timeline of speech and write it; a text's sound comes beside it.

    Nothing is left behind on a failure. `planner` is asked where the request wants a model.

    Raises:
        TalkiesError: whatever stands in the way; what can be known before any work, before it.
    """
    inputs = (request.speech.path,) if isinstance(request.speech, Recording) else ()
    _require_name(request.output)
    require_inputs(inputs)
    require_outputs(request.outputs, inputs, overwrite=request.overwrite)
    heard = Stage.SPEAK if isinstance(request.speech, Script) else Stage.ALIGN
    reporter = Reporter(listener, stages=(Stage.FETCH, heard, Stage.DIRECT, Stage.DELIVER))
    reporter.begin(Stage.FETCH)
    with private_folder() as folder:
        path = folder / "sound.wav"
        alignment = _heard(request.speech, path, ears, reporter)
        reporter.begin(Stage.DIRECT)
        asked = planner if request.asks_model else None
        plan = None if asked is None else asked(alignment, request.config, reporter.warn)
        timeline = _directed(request, path, alignment, plan)
        reporter.begin(Stage.DELIVER)
        _deliver(request, path, timeline)
    reporter.finish()
    return TimelineResult(
        path=request.output,
        sound=request.spoken,
        timeline=timeline,
        warnings=reporter.warnings,
    )


def _require_name(output: Path) -> None:
    if output.suffix.lower() != SUFFIX:
        raise InvalidOption(
            f"{output.name} does not end in {SUFFIX}.",
            hint=f"Name the timeline as in line{WHOLE_SUFFIX}.",
            details={"option": "output", "value": output.suffix},
        )


def _heard(speech: Recording | Script, path: Path, ears: Ears, reporter: Reporter) -> Alignment:
    """When what is said; the sound is left at `path`."""
    if isinstance(speech, Script):
        voice_of(speech, reporter)
        reporter.begin(Stage.SPEAK)
        said = say(speech, reporter)
        save_sound(said.sound, path)
        return said.alignment
    sound = convert_sound(speech.path, path)
    require_audible(sound)
    reporter.warn(*sound.warnings)
    reporter.begin(Stage.ALIGN)
    alignment = listen(sound, speech.transcript, speech.language, ears)
    reporter.warn(*alignment.warnings)
    return alignment


def _directed(
    request: TimelineRequest, path: Path, alignment: Alignment, plan: Sequence[FaceChange] | None
) -> Timeline:
    sound = SoundFile(path)
    original = request.speech.path if isinstance(request.speech, Recording) else path
    beside = request.spoken or original
    order = Order(
        timeline_id=new_id(PREFIX),
        character=request.character,
        config=request.config,
        fps=request.fps,
        seed=request.seed,
        style=request.style,
    )
    source = TimelineSound(
        source=Path(
            os.path.relpath(beside.absolute(), request.output.absolute().parent)
        ).as_posix(),
        sha256=sha256_of(original),
        length=frame_count(sound.frames, sound.rate, SOUND_RATE),
    )
    return directed(sound, alignment, order, source=source, plan=plan)


def _deliver(request: TimelineRequest, path: Path, timeline: Timeline) -> None:
    """Put the files where the user wants them, both or none."""
    with contextlib.ExitStack() as places:
        partial = places.enter_context(replacing(request.output))
        partial.write_text(timeline_to_json(timeline), encoding="utf-8")
        if request.spoken is not None:
            save_sound(SoundFile(path), request.spoken)
