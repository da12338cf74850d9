"""Aligning a recording of the user's: read it, listen to it."""

from pathlib import Path

from talkies.core.alignment import Alignment
from talkies.kit.files import private_folder
from talkies.media.sounds import SECONDS_MAX, convert_sound, require_audible
from talkies.studio.listening import Ears, listen
from talkies.studio.outputs import require_inputs
from talkies.studio.progress import Listener, Reporter, Stage, ignore
from talkies.studio.texts import require_words

STAGES = (Stage.FETCH, Stage.ALIGN)


def align_recording(
    path: Path,
    ears: Ears,
    *,
    transcript: str | None = None,
    language: str | None = None,
    max_seconds: float = SECONDS_MAX,
    listener: Listener = ignore,
) -> Alignment:
    """When each sound, and with a transcript each word, of a recording is said.

    Raises:
        InvalidInput: the recording, the transcript or the language cannot be used.
    """
    require_inputs((path,))
    words = None if transcript is None else require_words(transcript, "transcript")
    reporter = Reporter(listener, stages=STAGES)
    reporter.begin(Stage.FETCH)
    with private_folder() as folder:
        sound = convert_sound(path, folder / "sound.wav", max_seconds=max_seconds)
        require_audible(sound)
        reporter.warn(*sound.warnings)
        reporter.begin(Stage.ALIGN)
        alignment = listen(sound, words, language, ears)
    reporter.warn(*alignment.warnings)
    reporter.finish()
    return alignment
