"""The Python API: gives the use cases their parts."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Unpack

from talkies.core.alignment import Alignment
from talkies.engines.home import EngineHome, home_from
from talkies.engines.registry import EngineRegistry
from talkies.engines.terms import RenderTerms
from talkies.face.finding.landmarks import Landmarker
from talkies.score.report import Score
from talkies.speech.listening.acoustic_model import AcousticModel
from talkies.speech.listening.alignment import Aligner
from talkies.speech.listening.recognition import Recogniser
from talkies.studio.audio.recordings import align_recording
from talkies.studio.audio.speeches import SpeechResult, speak_to_file
from talkies.studio.listening import Ears
from talkies.studio.progress import Listener, ignore
from talkies.studio.speaking import Script
from talkies.studio.texts import read_text, require_words
from talkies.studio.videos.batch import Outcome, make_videos
from talkies.studio.videos.manifest import Row, read_manifest
from talkies.studio.videos.options import VideoOptions
from talkies.studio.videos.pipeline import Tools, make_video, preflight
from talkies.studio.videos.planning import plan
from talkies.studio.videos.result import VideoResult
from talkies.studio.videos.scoring import score_file


def ears() -> Ears:
    """What listens to recordings; both parts share one model."""
    model = AcousticModel()
    return Ears(aligner=Aligner(model), recogniser=Recogniser(model))


def tools(home: EngineHome | None = None, *, terms: RenderTerms | None = None) -> Tools:
    """What videos are made with; `home` is where engines of other repositories are installed.

    They render on these `terms`.
    """
    engines = EngineRegistry(home, terms=terms)
    return Tools(landmarker=Landmarker(), ears=ears(), engines=engines)


@contextmanager
def _own_tools() -> Iterator[Tools]:
    """Tools for this process, whose engines let go of their models at the end."""
    parts = tools(home_from(os.environ))
    try:
        yield parts
    finally:
        parts.engines.close()


def render(
    portrait: str | Path | None = None,
    audio: str | Path | None = None,
    *,
    output: str | Path,
    progress: Listener = ignore,
    **options: Unpack[VideoOptions],
) -> VideoResult:
    """Make a talking video from a portrait and speech.

    The speech is a recording (`audio`), or a `text` that a `voice` says. In place of a portrait,
    engines that can take a `source_video`, whose lips get the speech.

    Args:
        portrait: a picture of a face.
        audio: a recording of speech.
        output: the video to write; its ending names the format: .mp4, .webm or .gif.
        progress: hears `Progress` and `Warned` events; it may raise `Canceled` to stop.
        **options: `VideoOptions`, the same as those of the command line.

    Raises:
        TalkiesError: whatever stands in the way, with a code and a hint; nothing is left behind.
    """
    request = plan(portrait, audio, output, options)
    preflight(request)
    with _own_tools() as parts:
        return make_video(request, parts, progress)


def render_many(
    manifest: str | Path,
    out_dir: str | Path,
    *,
    progress: Callable[[Row, int], Listener] = lambda _, __: ignore,
    **options: Unpack[VideoOptions],
) -> Iterator[Outcome]:
    """Make the video of every row of a manifest, one after another, as the iterator is read.

    Finished videos of an earlier run are skipped; a row that fails does not stop the others.

    Args:
        manifest: a .csv or .jsonl file.
        out_dir: where the videos go; made where it is missing.
        progress: gives the listener for a row, of so many rows.
        **options: hold for every row that does not say otherwise.

    Raises:
        InvalidManifest, FileMissing: before the first video.
    """
    rows = read_manifest(Path(manifest), options)
    return _made(rows, Path(out_dir), progress)


def _made(
    rows: Sequence[Row], out_dir: Path, progress: Callable[[Row, int], Listener]
) -> Iterator[Outcome]:
    with _own_tools() as parts:
        yield from make_videos(rows, out_dir, partial(make_video, tools=parts), progress)


def align(
    audio: str | Path,
    transcript: str | Path | None = None,
    *,
    language: str | None = None,
    progress: Listener = ignore,
) -> Alignment:
    """When each sound, and with a transcript each word, of a recording is said.

    Args:
        audio: a recording of speech, or a video with one.
        transcript: what it says: the words, or (a `Path`) a text file that holds them.
        language: of the transcript; guessed where it is not given.
        progress: hears `Progress` and `Warned` events.

    Raises:
        TalkiesError: whatever stands in the way, with a code and a hint.
    """
    words = read_text(transcript) if isinstance(transcript, Path) else transcript
    return align_recording(
        Path(audio), ears(), transcript=words, language=language, listener=progress
    )


def speak(  # noqa: PLR0913 - a public function's parameters are its options
    text: str,
    output: str | Path,
    *,
    voice: str | None = None,
    language: str | None = None,
    speed: float = 1.0,
    pitch: float = 1.0,
    timing: bool = False,
    overwrite: bool = False,
    progress: Listener = ignore,
) -> SpeechResult:
    """Say a text into a sound file.

    Args:
        text: what is said.
        output: the .wav file to write.
        voice: an id or a language of `talkies voices`; the standard voice of the language else.
        language: of the text; guessed where neither it nor a voice is given.
        speed: 0.5 to 2.
        pitch: 0.5 to 2.
        timing: also write words and phonemes, to `<output>.timing.json`.
        overwrite: replace outputs that exist.
        progress: hears `Progress` and `Warned` events.

    Raises:
        TalkiesError: whatever stands in the way, with a code and a hint.
    """
    script = Script(
        text=require_words(text, "text"),
        voice=voice,
        language=language,
        speed=speed,
        pitch=pitch,
    )
    return speak_to_file(
        script, Path(output), timing=timing, overwrite=overwrite, listener=progress
    )


def score_video(
    video: str | Path,
    *,
    timing: str | Path | None = None,
    portrait: str | Path | None = None,
    progress: Listener = ignore,
) -> Score:
    """How well the lips of a video follow its sound.

    Args:
        video: a talking video of any origin.
        timing: what it was made from; else `<video>.timing.json` beside it, else its own sound.
        portrait: the picture it was made from, for measures of the background.
        progress: hears `Progress` and `Warned` events.

    Raises:
        TalkiesError: whatever stands in the way, with a code and a hint.
    """
    return score_file(
        Path(video),
        timing=None if timing is None else Path(timing),
        portrait=None if portrait is None else Path(portrait),
        listener=progress,
    )
