"""From options to a request: every value is checked here, before any work."""

from pathlib import Path
from typing import TypeVar, get_args

from talkies.core.acting import Emotion
from talkies.engines.base import VideoFormat
from talkies.errors import InvalidOption, InvalidRequest
from talkies.face.framing.options import Fit, Framing, FramingOptions, Resolution, parse_aspect
from talkies.speech.espeak.languages import find_language
from talkies.studio import values
from talkies.studio.speaking import Script
from talkies.studio.texts import read_text, require_words
from talkies.studio.videos.options import CaptionsName, VideoOptions
from talkies.studio.videos.request import (
    Acting,
    Look,
    Recording,
    Sidecars,
    VideoRequest,
)

#: NumPy takes any seed up to here, and JSON keeps it exact.
HIGHEST_SEED = 2**32 - 1

#: Longest prompt, in characters: engines that take one cut off long before.
PROMPT_LENGTH = 4_000

#: Options that only a voice has a use for, and options that only a recording has.
FOR_SCRIPTS = ("voice", "speed", "pitch")
FOR_RECORDINGS = ("transcript",)

#: Options of pictures in which a face has to be found; a character is drawn to be shown whole.
FOR_FACES = ("face", "show_faces", "framing", "aspect", "fit")

_Given = TypeVar("_Given")


def plan(
    portrait: str | Path | None,
    audio: str | Path | None,
    output: str | Path,
    options: VideoOptions,
) -> VideoRequest:
    """The request that a user's options describe.

    Raises:
        InvalidOption: a value that cannot be used, or options that contradict each other.
        InvalidRequest: there is neither a portrait nor a source video.
        UnknownLanguage: of a recording.
        FileMissing, UnsupportedMedia: a transcript that cannot be read.
    """
    _require_known(options)
    look, seen = _look(options), options.get("show_faces")
    speech = speech_of(audio, options)
    _require_words(look, speech)
    source, character = options.get("source_video"), options.get("character")
    _require_one_visual(portrait=portrait, source_video=source, character=character)
    if character is not None:
        _refuse(options, FOR_FACES, "a picture of a face", "a character")
    return VideoRequest(
        portrait=None if portrait is None else Path(portrait),
        source_video=None if source is None else Path(source),
        character=None if character is None else Path(character),
        speech=speech,
        output=Path(output),
        format=_format(Path(output), options, look),
        engine=_or(options.get("engine"), "auto"),
        engine_options=_engine_options(options),
        prompt=_prompt(options),
        face=_face(options),
        look=look,
        acting=_acting(options),
        sidecars=Sidecars(
            timing=_or(options.get("timing"), Sidecars().timing),
            score=_or(options.get("score"), Sidecars().score),
            contact_sheet=_or(options.get("contact_sheet"), Sidecars().contact_sheet),
        ),
        show_faces=None if seen is None else Path(seen),
        overwrite=_or(options.get("overwrite"), False),
    )


def _require_known(options: VideoOptions) -> None:
    known = list(VideoOptions.__annotations__)
    for name in options:
        if name not in known:
            raise InvalidOption(
                f"There is no option `{name}`.", hint=values.known_name(name, known)
            )


def _require_one_visual(**given: str | Path | None) -> None:
    names = [name for name, path in given.items() if path is not None]
    if len(names) > 1:
        raise InvalidOption(
            f"There is both a {names[0]} and a `{names[1]}`.",
            hint="Give one of the two.",
            details={"option": names[1]},
        )
    if not names:
        raise InvalidRequest(
            "There is no portrait.",
            hint="Give a picture of a face, a `character`, or a `source_video` to an engine that "
            "takes one.",
            details={"fields": ["portrait"]},
        )


def _engine_options(options: VideoOptions) -> dict[str, str | int | float | bool]:
    """The engine's own options, `preset` among them."""
    own, preset = dict(options.get("options") or {}), options.get("preset")
    if preset is not None and own.get("preset", preset) != preset:
        raise InvalidOption(
            "`preset` is given twice, with two values.",
            hint="Give it once.",
            details={"option": "preset"},
        )
    return own if preset is None else {**own, "preset": preset}


def _prompt(options: VideoOptions) -> str:
    prompt = (options.get("prompt") or "").strip()
    if len(prompt) > PROMPT_LENGTH:
        raise InvalidOption(
            f"`prompt` has more than {PROMPT_LENGTH:,} characters.",
            hint="Say it in a sentence or two.",
            details={"option": "prompt"},
        )
    return prompt


def _or(value: _Given | None, default: _Given) -> _Given:
    return default if value is None else value


def speech_of(audio: str | Path | None, options: VideoOptions) -> Recording | Script:
    """What is said: a recording or a text, with the options that belong to it.

    Raises:
        InvalidOption: there are both, or neither, or options of the other.
        InvalidInput, UnknownLanguage, FileMissing, UnsupportedMedia.
    """
    text = options.get("text")
    if audio is not None and text is not None:
        raise InvalidOption(
            "There is both a recording and a text to speak.", hint="Give one of the two."
        )
    if audio is not None:
        _refuse(options, FOR_SCRIPTS, "a text to speak", "a recording")
        return Recording(
            path=Path(audio),
            transcript=_transcript(options),
            language=_language(options),
        )
    if text is None:
        raise InvalidOption(
            "There is nothing to say.", hint="Give a recording (`audio`), or a `text`."
        )
    _refuse(options, FOR_RECORDINGS, "a recording", "a text to speak")
    return Script(
        text=require_words(text, "text"),
        voice=options.get("voice"),
        language=options.get("language"),
        speed=_or(options.get("speed"), 1.0),
        pitch=_or(options.get("pitch"), 1.0),
    )


def _require_words(look: Look, speech: Recording | Script) -> None:
    if look.captions != "off" and isinstance(speech, Recording) and speech.transcript is None:
        raise InvalidOption(
            "Captions need words, and nothing says which words the recording holds.",
            hint="Give them as the `transcript`.",
            details={"option": "captions"},
        )


def _refuse(options: VideoOptions, names: tuple[str, ...], owner: str, given: str) -> None:
    """Raise for the first of the named options that is set."""
    for name in names:
        if options.get(name) is not None:
            raise InvalidOption(
                f"`{name}` belongs to {owner}, but there is {given}.", hint=f"Leave `{name}` out."
            )


def _transcript(options: VideoOptions) -> str | None:
    transcript = options.get("transcript")
    if transcript is None:
        return None
    words = read_text(transcript) if isinstance(transcript, Path) else transcript
    return require_words(words, "transcript")


def _language(options: VideoOptions) -> str | None:
    language = options.get("language")
    return None if language is None else find_language(language).code


def _face(options: VideoOptions) -> int | None:
    face = options.get("face")
    if face is not None and face < 1:
        raise InvalidOption(
            f"`face` cannot be {face}.", hint="Faces are counted from 1, the largest."
        )
    return face


def _acting(options: VideoOptions) -> Acting:
    emotion = options.get("emotion")
    return Acting(
        motion=values.within("motion", _or(options.get("motion"), 1.0), 0, 1),
        emotion=None if emotion is None else values.member("emotion", emotion, Emotion),
        seed=round(values.within("seed", _or(options.get("seed"), 0), 0, HIGHEST_SEED)),
    )


def _look(options: VideoOptions) -> Look:
    backdrop, fps = options.get("background"), options.get("fps")
    return Look(
        framing=_framing(options),
        fps=Look().fps if fps is None else values.frame_rate(fps),
        background=None if backdrop is None else values.background(backdrop),
        captions=values.chosen(
            "captions", options.get("captions") or Look().captions, get_args(CaptionsName)
        ),
    )


def _framing(options: VideoOptions) -> FramingOptions:
    default, aspect = FramingOptions(), options.get("aspect")
    # Drawings are sharpest, and quickest, as they are.
    size = Resolution.SOURCE if options.get("character") else default.resolution
    return FramingOptions(
        framing=values.member("framing", options.get("framing") or default.framing, Framing),
        resolution=values.member("resolution", options.get("resolution") or size, Resolution),
        aspect=None if aspect is None else parse_aspect(aspect),
        fit=values.member("fit", options.get("fit") or default.fit, Fit),
    )


def _format(output: Path, options: VideoOptions, look: Look) -> VideoFormat:
    """The container, which the output's extension has to agree with."""
    names = [known.value for known in VideoFormat]
    suffix = output.suffix.lower().lstrip(".")
    if suffix not in names:
        raise InvalidOption(
            f"{output.name} does not end in the name of a video format that can be written.",
            hint=f"Let the output end in {', '.join('.' + known for known in names)}.",
            details={"option": "output", "value": suffix, "choices": names},
        )
    name = values.chosen("format", _or(options.get("format"), suffix), names)
    if name != suffix:
        raise InvalidOption(
            f"{output.name} does not end in .{name}, which `format` asks for.",
            hint="Leave `format` out, or let the output end in it.",
            details={"option": "format", "value": name},
        )
    if look.background == values.TRANSPARENT and name == VideoFormat.MP4:
        raise InvalidOption("An mp4 video cannot be transparent.", hint="Let it be a webm or gif.")
    return VideoFormat(name)
