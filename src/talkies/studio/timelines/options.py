"""The options of a timeline as a user writes them, and the request that they make."""

from pathlib import Path
from typing import TypedDict

from talkies.core.direction.direct import Style
from talkies.core.timeline.validate import NAME_LENGTH, SEED_MAX
from talkies.errors import InvalidOption
from talkies.rigs.character import Character
from talkies.studio import values
from talkies.studio.timelines.rates import frame_rate
from talkies.studio.timelines.requests import EMOTIONS, EmotionsName
from talkies.studio.timelines.saving import FPS, TimelineRequest
from talkies.studio.videos.options import VideoOptions
from talkies.studio.videos.planning import speech_of


class TimelineOptions(TypedDict, total=False):
    """Everything about a new timeline but its character, its recording and its output.

    None is as good as absent.
    """

    #: What is said, in place of a recording.
    text: str | None
    #: Who says it: an id or a language of `talkies voices`.
    voice: str | None
    #: 0.5 to 2: how fast the voice speaks.
    speed: float | None
    #: 0.5 to 2: how high the voice speaks.
    pitch: float | None
    #: What a recording says: the words themselves, or (a `Path`) a text file that holds them.
    transcript: str | Path | None
    #: Of the text or the transcript.
    language: str | None
    #: Frames per second; 24 is film's.
    fps: str | float | None
    #: Another number turns the head and blinks at other moments.
    seed: int | None
    #: Who decides what the face feels: nobody, built-in rules, or a model that reads the words.
    emotions: EmotionsName | None
    #: Whether the head turns.
    poses: bool | None
    #: Whether the lids close now and then.
    blinks: bool | None
    #: Whether the timeline has the words as captions.
    captions: bool | None
    #: Replace outputs that exist.
    overwrite: bool | None


def timeline_request(
    character: Character,
    audio: str | Path | None,
    output: str | Path,
    options: TimelineOptions,
    *,
    called: str | None = None,
) -> TimelineRequest:
    """The request that a user's options describe; `called` is what the timeline calls a character.

    Raises:
        InvalidOption: a value that cannot be used, or options that contradict each other.
        InvalidInput, UnknownLanguage, FileMissing, UnsupportedMedia: of what is said.
    """
    _require_known(options)
    seed, fps = options.get("seed") or 0, options.get("fps")
    emotions = values.chosen("emotions", options.get("emotions") or "rules", EMOTIONS)
    name = called or character.name
    return TimelineRequest(
        character=name if len(name) <= NAME_LENGTH else character.name,
        config=character.rig.config,
        speech=speech_of(audio, _speech_options(options)),
        output=Path(output),
        fps=FPS if fps is None else frame_rate(fps),
        seed=round(values.within("seed", seed, 0, SEED_MAX)),
        asks_model=emotions == "model",
        style=Style(
            expressions=emotions != "off",
            poses=options.get("poses") is not False,
            blinks=options.get("blinks") is not False,
            captions=options.get("captions") is not False,
        ),
        overwrite=bool(options.get("overwrite")),
    )


def _speech_options(options: TimelineOptions) -> VideoOptions:
    """Those that say what is said, as a video has them too."""
    return {
        "text": options.get("text"),
        "voice": options.get("voice"),
        "speed": options.get("speed"),
        "pitch": options.get("pitch"),
        "transcript": options.get("transcript"),
        "language": options.get("language"),
    }


def _require_known(options: TimelineOptions) -> None:
    known = list(TimelineOptions.__annotations__)
    for name in options:
        if name not in known:
            raise InvalidOption(
                f"There is no option `{name}`.", hint=values.known_name(name, known)
            )
