"""The formats that a timeline is written in, and what each cannot keep."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from talkies.core.alignment import Alignment
from talkies.core.captions import to_srt, to_vtt
from talkies.core.formats import to_textgrid
from talkies.core.rig.model import RigConfig
from talkies.core.rig.standard import STANDARD
from talkies.core.timeline.document import Timeline, TrackName
from talkies.core.timeline.document_json import timeline_to_json
from talkies.core.timeline.formats.captions import captions_of
from talkies.core.timeline.formats.moho import write_moho
from talkies.core.timeline.formats.mouth_cues import MouthCues, cues_of
from talkies.core.timeline.formats.rhubarb import write_json, write_tsv
from talkies.core.timeline.formats.seed import write_file, write_track
from talkies.core.timeline.formats.seed_timeline import file_of
from talkies.core.timeline.refusal import timeline_invalid
from talkies.core.timing_json import alignment_to_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Writable:
    """One format."""

    #: The text, from a timeline and the words of its character.
    write: Callable[[Timeline, RigConfig], str]
    #: How names of such files end.
    suffix: str
    #: What is not kept, for people.
    loses: str


def _cues(timeline: Timeline) -> MouthCues:
    source = "" if timeline.sound is None else timeline.sound.source
    return cues_of(timeline, sound_file=source)


def _speech(timeline: Timeline) -> Alignment:
    if timeline.speech is None:
        raise timeline_invalid("speech", "is missing, and this format says nothing else")
    return timeline.speech


def _captions(timeline: Timeline) -> Timeline:
    if not timeline.track(TrackName.CAPTIONS):
        raise timeline_invalid("tracks.captions", "is empty, and this format says nothing else")
    return timeline


#: What is not kept where all is.
NOTHING: Final = "nothing"

_ONLY_MOUTH: Final = "all but the mouth's shapes; strengths and transitions; parts of 10 ms"
_ONLY_STATES: Final = "strengths, blinks, camera, captions, sound, who set what; parts of 1 ms"
_ONLY_SPEECH: Final = "all but what is said and when"
_ONLY_CAPTIONS: Final = "all but the captions; parts of 1 ms"

FORMATS: Final[Mapping[str, Writable]] = MappingProxyType({
    "timeline": Writable(
        write=lambda timeline, _: timeline_to_json(timeline), suffix=".json", loses=NOTHING,
    ),
    "keyframes": Writable(
        write=lambda timeline, config: write_file(file_of(timeline, config)),
        suffix=".json", loses=_ONLY_STATES,
    ),
    "combined": Writable(
        write=lambda timeline, config: write_track(file_of(timeline, config).keyframes),
        suffix=".json", loses=_ONLY_STATES,
    ),
    "rhubarb": Writable(
        write=lambda timeline, _: write_json(_cues(timeline)), suffix=".json", loses=_ONLY_MOUTH,
    ),
    "tsv": Writable(
        write=lambda timeline, _: write_tsv(_cues(timeline)), suffix=".tsv", loses=_ONLY_MOUTH,
    ),
    "moho": Writable(
        write=lambda timeline, _: write_moho(_cues(timeline)), suffix=".dat",
        loses=f"{_ONLY_MOUTH}; at 24 frames a second",
    ),
    "moho-names": Writable(
        write=lambda timeline, _: write_moho(_cues(timeline), names=True), suffix=".dat",
        loses=f"{_ONLY_MOUTH}; at 24 frames a second",
    ),
    "textgrid": Writable(
        write=lambda timeline, _: to_textgrid(_speech(timeline)), suffix=".TextGrid",
        loses=_ONLY_SPEECH,
    ),
    "timing": Writable(
        write=lambda timeline, _: alignment_to_json(_speech(timeline)), suffix=".json",
        loses=_ONLY_SPEECH,
    ),
    "srt": Writable(
        write=lambda timeline, _: to_srt(captions_of(_captions(timeline))), suffix=".srt",
        loses=_ONLY_CAPTIONS,
    ),
    "vtt": Writable(
        write=lambda timeline, _: to_vtt(captions_of(_captions(timeline))), suffix=".vtt",
        loses=_ONLY_CAPTIONS,
    ),
})  # fmt: skip


def format_named(name: str) -> str | None:
    """The format that a file's name asks for by its end: the first with that suffix, or None."""
    ended = [known for known, one in FORMATS.items() if name.lower().endswith(one.suffix.lower())]
    return ended[0] if ended else None


def write_timeline(timeline: Timeline, name: str, config: RigConfig = STANDARD) -> str:
    """A timeline as text in one of `FORMATS`.

    Raises:
        TimelineInvalid: it has nothing that the format says, or asks for what the character does
            not know.
    """
    return FORMATS[name].write(timeline, config)
