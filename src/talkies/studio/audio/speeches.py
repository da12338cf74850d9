"""Speaking a text into a sound file."""

import contextlib
from dataclasses import dataclass
from pathlib import Path

from talkies.core.alignment import Alignment
from talkies.core.timing_json import alignment_to_json
from talkies.errors import InvalidOption
from talkies.kit.files import replacing
from talkies.media.sounds import save_sound
from talkies.studio.outputs import require_outputs
from talkies.studio.progress import Listener, Reporter, Stage, ignore
from talkies.studio.speaking import Script, say, voice_of

STAGES = (Stage.SPEAK, Stage.DELIVER)

#: Endings of the sound files that can be written.
SOUND_SUFFIXES = (".wav",)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechResult:
    """A text that was spoken."""

    path: Path
    #: Words and phonemes with their times, beside the sound; None where it was not asked for.
    timing: Path | None
    seconds: float
    #: Id of the voice that spoke.
    voice: str
    alignment: Alignment
    #: What a user should know, in whole sentences.
    warnings: tuple[str, ...]


def speak_to_file(
    script: Script,
    output: Path,
    *,
    timing: bool = False,
    overwrite: bool = False,
    listener: Listener = ignore,
) -> SpeechResult:
    """Let a voice say a text and write the sound, and beside it its timing.

    Raises:
        InvalidOption, UnknownVoice, OutputExists, OutputUnwritable: before any work.
        InvalidInput: the voice cannot read the text.
    """
    _require_sound_name(output)
    beside = output.with_suffix(".timing.json") if timing else None
    outputs = (output, beside) if beside else (output,)
    require_outputs(outputs, (), overwrite=overwrite)
    reporter = Reporter(listener, stages=STAGES)
    voice = voice_of(script, reporter)
    reporter.begin(Stage.SPEAK)
    speech = say(script, reporter)
    reporter.begin(Stage.DELIVER)
    with contextlib.ExitStack() as places:  # both come to their places, or none
        if beside is not None:
            partial = places.enter_context(replacing(beside))
            partial.write_text(alignment_to_json(speech.alignment), encoding="utf-8")
        save_sound(speech.sound, output)
    reporter.finish()
    return SpeechResult(
        path=output,
        timing=beside,
        seconds=speech.sound.seconds,
        voice=voice.id,
        alignment=speech.alignment,
        warnings=reporter.warnings,
    )


def _require_sound_name(output: Path) -> None:
    if output.suffix.lower() not in SOUND_SUFFIXES:
        raise InvalidOption(
            f"{output.name} does not end in the name of a sound format that can be written.",
            hint=f"Let it end in {' or '.join(SOUND_SUFFIXES)}.",
            details={"option": "output", "value": output.suffix},
        )
