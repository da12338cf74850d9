"""Captions: which words are on the screen when, and the subtitle files that say so."""

from dataclasses import dataclass

from talkies.core.timing import TimeRange


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """One caption: what is on the screen, and when."""

    #: Ticks at `SPEECH_RATE`.
    span: TimeRange
    #: One or two lines, joined by a newline.
    text: str
