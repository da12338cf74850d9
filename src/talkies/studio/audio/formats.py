"""The formats that timing is written in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from talkies.core.alignment import Alignment
from talkies.core.captions import cues, to_srt, to_vtt
from talkies.core.formats import to_rhubarb_json, to_rhubarb_tsv, to_textgrid
from talkies.core.timing_json import alignment_to_json
from talkies.errors import InvalidOption


@dataclass(frozen=True, slots=True, kw_only=True)
class TimingFormat:
    """One way to write an alignment."""

    #: The text, from an alignment and the name of the recording.
    write: Callable[[Alignment, str], str]
    #: Whether it says nothing without words.
    needs_words: bool = False


TIMING_FORMATS: Mapping[str, TimingFormat] = {
    "json": TimingFormat(write=lambda a, _: alignment_to_json(a)),
    "srt": TimingFormat(write=lambda a, _: to_srt(cues(a)), needs_words=True),
    "vtt": TimingFormat(write=lambda a, _: to_vtt(cues(a)), needs_words=True),
    "rhubarb": TimingFormat(write=lambda a, name: to_rhubarb_json(a, sound_file=name)),
    "tsv": TimingFormat(write=lambda a, _: to_rhubarb_tsv(a)),
    "textgrid": TimingFormat(write=lambda a, _: to_textgrid(a)),
}


def require_words_for(name: str, *, has_words: bool) -> None:
    """Raise `InvalidOption` where there is no such format, or it says nothing without words."""
    chosen = TIMING_FORMATS.get(name)
    if chosen is None:
        raise InvalidOption(
            f"`format` cannot be “{name}”.", hint=f"Choose one of: {', '.join(TIMING_FORMATS)}."
        )
    if chosen.needs_words and not has_words:
        raise InvalidOption(
            f"Captions ({name}) need words, and nothing says which words were spoken.",
            hint="Give the words with --transcript, or choose a format of sounds, such as json.",
        )


def write_timing(alignment: Alignment, name: str, recording: str) -> str:
    """An alignment as text in the named format; `recording` is the name of the sound file.

    Raises:
        InvalidOption: there is no such format, or it needs words and there are none.
    """
    require_words_for(name, has_words=bool(alignment.words))
    return TIMING_FORMATS[name].write(alignment, recording)
