"""What callers ask for around timelines: a new one, parts of one anew, a video of one."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal, TypeAlias

from talkies.core.timeline.document import TrackName
from talkies.core.timeline.validate import SEED_MAX
from talkies.errors import InvalidOption, InvalidRequest
from talkies.jobs.records import Document
from talkies.rigs.export.options import CaptionPlace
from talkies.speech.espeak.languages import find_language
from talkies.speech.text import cleaned
from talkies.studio import values
from talkies.studio.characters.records import CharacterRef
from talkies.studio.progress import Reporter
from talkies.studio.speaking import Script, voice_of
from talkies.studio.submissions import Source, Submission
from talkies.studio.texts import require_words
from talkies.studio.timelines.rates import frame_rate

#: Who decides what the face feels: nobody, our rules, or a model that reads the text.
EmotionsName: TypeAlias = Literal["off", "rules", "model"]
EMOTIONS: Final = ("off", "rules", "model")

#: What a job of the kind `timeline` makes.
Part: TypeAlias = Literal["all", "speech", "emotions"]

#: Tracks that a part makes anew.
TRACKS: Final[Mapping[str, tuple[TrackName, ...]]] = {
    "all": tuple(TrackName),
    "speech": tuple(TrackName),
    "emotions": (TrackName.EXPRESSIONS,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentSubmission:
    """A timeline that the caller has made."""

    #: As JSON text.
    document: str
    #: In place of the document's own.
    character: str | None = None
    #: In place of the one that the document names.
    sound: Source | None = None
    user_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineSubmission(Submission):
    """A timeline to be made of speech, or parts of one anew."""

    #: Id of a character, or the name of an installed one.
    character: str
    part: Part = "all"
    #: The timeline of which parts are made anew; None makes one.
    timeline_id: str | None = None
    audio: Source | None = None
    text: str | None = None
    voice: str | None = None
    speed: float | None = None
    pitch: float | None = None
    #: What `audio` says, where that is known.
    transcript: str | None = None
    language: str | None = None
    fps: str | float | None = None
    seed: int | None = None
    emotions: EmotionsName = "rules"
    #: The character as a job keeps it.
    character_ref: Document = field(default_factory=dict)

    @property
    def sources(self) -> dict[str, Source]:
        """The inputs that are files, by their roles."""
        return inputs_of(self.character_ref, audio=self.audio)

    @property
    def ref(self) -> CharacterRef:
        return CharacterRef(**self.character_ref)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgainSubmission(Submission):
    """Parts of a timeline to be made anew; clips that were set by hand stay."""

    #: None keeps the words that the timeline has.
    transcript: str | None = None
    language: str | None = None
    #: None keeps the timeline's own.
    seed: int | None = None
    emotions: EmotionsName = "rules"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportSubmission(Submission):
    """A video of a timeline to be made."""

    #: One of the formats of `rigs.export`.
    format: str = "mp4"
    #: None keeps the timeline's own.
    fps: str | float | None = None
    #: `480p` …: the shorter side; None or `source` is the character's own size.
    resolution: str | None = None
    #: A colour, "transparent", or a picture.
    background: str | Source | None = None
    captions: CaptionPlace = "off"
    #: Quick and rough, for a look at it.
    draft: bool = False
    #: These three are filled in by the service: the document is kept as it is now.
    timeline_id: str = ""
    revision: int = 0
    document: Source | None = None
    sound: Source | None = None
    character: str = ""
    character_ref: Document = field(default_factory=dict)

    @property
    def sources(self) -> dict[str, Source]:
        """The inputs that are files, by their roles."""
        backdrop = self.background if isinstance(self.background, Source) else None
        return inputs_of(
            self.character_ref, document=self.document, audio=self.sound, background=backdrop
        )

    @property
    def ref(self) -> CharacterRef:
        return CharacterRef(**self.character_ref)


def inputs_of(ref: Document, **given: Source | None) -> dict[str, Source]:
    """Sources by their roles, with the bundle of a character among them where it has one."""
    bundle = ref.get("sha256")
    known = {**given, "character": None if bundle is None else Source(sha256=bundle)}
    return {role: source for role, source in known.items() if source is not None}


def kept_ref(ref: CharacterRef) -> dict[str, Any]:
    """A character as a job's record keeps it."""
    return {name: value for name, value in asdict(ref).items() if value is not None}


def require_speech(submission: TimelineSubmission) -> None:
    """Raise for a speech that is not one, whatever the files hold.

    Raises:
        InvalidOption, InvalidRequest, InvalidInput, UnknownVoice, UnknownLanguage.
    """
    if (submission.audio is None) == (submission.text is None):
        both = submission.text is not None
        raise InvalidRequest(
            "There is both a recording and a text." if both else "There is nothing to say.",
            hint="Give one of `audio` and `text`.",
            details={"fields": ["audio"]},
        )
    if submission.text is not None:
        _require_unset(submission, ("transcript",), "a text to speak")
        script = script_of(submission)
        cleaned(script.text)
        voice_of(script, Reporter())
    else:
        _require_unset(submission, ("voice", "speed", "pitch"), "a recording")
        require_words_in(submission.transcript, submission.language)
    if submission.fps is not None:
        frame_rate(submission.fps)
    require_direction(submission.seed, submission.emotions)


def require_words_in(transcript: str | None, language: str | None) -> None:
    """Raise `InvalidInput` and `UnknownLanguage` for words that cannot be what is said."""
    if transcript is not None:
        require_words(transcript, "transcript")
    if language is not None:
        find_language(language)


def require_direction(seed: int | None, emotions: str) -> None:
    """Raise `InvalidOption` for a seed or a way to plan emotions that there is not."""
    values.within("seed", seed or 0, 0, SEED_MAX)
    values.chosen("emotions", emotions, EMOTIONS)


def script_of(submission: TimelineSubmission) -> Script:
    """What the voice shall say; raises `InvalidInput` and `InvalidOption`."""
    return Script(
        text=require_words(submission.text or "", "text"),
        voice=submission.voice,
        language=submission.language,
        speed=1.0 if submission.speed is None else submission.speed,
        pitch=1.0 if submission.pitch is None else submission.pitch,
    )


def _require_unset(submission: TimelineSubmission, names: tuple[str, ...], given: str) -> None:
    for name in names:
        if getattr(submission, name) is not None:
            raise InvalidOption(
                f"`{name}` has no use, for there is {given}.",
                hint=f"Leave `{name}` out.",
                details={"option": name},
            )


def timeline_submission_from(document: Document) -> TimelineSubmission:
    """The request in a job's record, but for what has columns of its own."""
    return TimelineSubmission(**_read(document, "audio"))


def export_submission_from(document: Document) -> ExportSubmission:
    """The request in a job's record, but for what has columns of its own."""
    return ExportSubmission(**_read(document, "document", "sound", "background"))


def _read(document: Document, *sources: str) -> dict[str, Any]:
    given = dict(document)
    for name in sources:
        if isinstance(given.get(name), Mapping):
            given[name] = Source(**given[name])
    return given
