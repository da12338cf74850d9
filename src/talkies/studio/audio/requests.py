"""What a caller asks for when there is sound and no picture: speech, and the timing of speech."""

from collections.abc import Mapping
from dataclasses import dataclass

from talkies.jobs.records import Document
from talkies.media.sound_encoder import SOUND_FORMATS
from talkies.speech.voices import find_voice
from talkies.studio import values
from talkies.studio.speaking import FACTOR_RANGE, Script
from talkies.studio.submissions import Source, Submission
from talkies.studio.texts import require_words

#: Names of models that OpenAI's clients send (platform.openai.com/docs/api-reference/audio): each
#: stands for the best voice that is installed. `talkies` says the same in our own words.
MODELS = ("tts-1", "tts-1-hd", "gpt-4o-mini-tts", "talkies")

#: OpenAI's voices, each as the installed one that is nearest in how it is heard, and as the
#: embedded one where the neural voices are not installed.
VOICES: Mapping[str, tuple[str, str]] = {
    "alloy": ("kokoro:af_heart", "espeak:en-us+f2"),
    "ash": ("kokoro:am_michael", "espeak:en-us+m3"),
    "ballad": ("kokoro:am_michael", "espeak:en-us+m7"),
    "cedar": ("kokoro:am_michael", "espeak:en-us+m3"),
    "coral": ("kokoro:af_heart", "espeak:en-us+f2"),
    "echo": ("kokoro:am_michael", "espeak:en-us+m1"),
    "fable": ("kokoro:bf_emma", "espeak:en-gb+f4"),
    "marin": ("kokoro:af_heart", "espeak:en-us+f3"),
    "nova": ("kokoro:af_heart", "espeak:en-us+f3"),
    "onyx": ("kokoro:am_michael", "espeak:en-us+m2"),
    "sage": ("kokoro:bf_emma", "espeak:en-gb+f2"),
    "shimmer": ("kokoro:af_heart", "espeak:en-us+f5"),
    "verse": ("kokoro:am_michael", "espeak:en-us+m4"),
}

#: OpenAI's range is .25 to 4; ours is narrower, and what is beyond is said as near as it goes.
OPENAI_SPEEDS = (0.25, 4.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechSubmission(Submission):
    """A text to be spoken, by the names of `POST /v1/audio/speech`."""

    input: str
    model: str = "tts-1"
    #: One of ours (`talkies voices`) or of OpenAI's; None is the standard one of the language.
    voice: str | None = None
    #: mp3, opus, aac, flac, wav or pcm.
    response_format: str = "mp3"
    speed: float = 1.0
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlignmentSubmission(Submission):
    """A recording to be timed, by the names of `POST /v1/audio/alignments`."""

    audio: Source
    #: What it says; None recognises sounds alone.
    transcript: str | None = None
    language: str | None = None


def script_of(submission: SpeechSubmission) -> Script:
    """The script that a request describes.

    Raises:
        InvalidOption: a model, format or speed that there is not.
        UnknownVoice, UnknownLanguage: there is none of that name.
        InvalidInput: there is nothing to say.
    """
    values.chosen("model", submission.model, MODELS)
    values.chosen("response_format", submission.response_format, tuple(SOUND_FORMATS))
    speed = values.within("speed", submission.speed, *OPENAI_SPEEDS)
    return Script(
        text=require_words(submission.input, "input"),
        voice=None if submission.voice is None else known_voice(submission.voice),
        language=submission.language,
        speed=min(max(speed, FACTOR_RANGE[0]), FACTOR_RANGE[1]),
    )


def known_voice(name: str) -> str:
    """The id of our voice that a name, ours or OpenAI's, stands for. Raises `UnknownVoice`."""
    neural, embedded = VOICES.get(name.strip().casefold(), (None, None))
    if neural is None or embedded is None:
        return find_voice(name).id
    return neural if find_voice(neural).available else embedded


def speech_from(document: Document) -> SpeechSubmission:
    """The request in a job's record, but for what has columns of its own."""
    return SpeechSubmission(**document)


def alignment_from(document: Document) -> AlignmentSubmission:
    """The request in a job's record, but for what has columns of its own."""
    return AlignmentSubmission(**{**document, "audio": Source(**document["audio"])})
