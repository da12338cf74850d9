"""The engine of a video that is made in this process: `auto` looks at what this machine has."""

from dataclasses import replace
from pathlib import Path
from typing import Final, Protocol

from talkies.engines.base import Capabilities
from talkies.engines.registry import AUTO, BUILT_IN, ListedEngine
from talkies.errors import InvalidOption
from talkies.studio.able import require_able
from talkies.studio.speaking import Script
from talkies.studio.videos.choice import Candidate, best
from talkies.studio.videos.lengths import PCM_TYPES, recorded, spoken
from talkies.studio.videos.request import VideoRequest
from talkies.studio.videos.speeds import SCORE_SECONDS, Range, claimed, preset_in

#: Seconds that `auto` lets a more lifelike engine take.
AUTO_SECONDS: Final = 600.0


class Listing(Protocol):
    """What is asked of an `EngineRegistry`."""

    def list(self) -> tuple[ListedEngine, ...]: ...


def settled(request: VideoRequest, engines: Listing) -> VideoRequest:
    """The same request with an engine in place of `auto`.

    Raises `InvalidOption` where no engine of this machine can make it.
    """
    if request.engine != AUTO:
        return request
    candidates, refusals = [], []
    for listed in engines.list():
        if listed.capabilities is None or not listed.ready:
            continue
        try:
            candidates.append(_candidate(request, listed.capabilities))
        except InvalidOption as refusal:
            other = request.visual not in listed.capabilities.visuals
            refusals.append(((other, listed.id != BUILT_IN), refusal))
    if not candidates:
        raise _refused(refusals)
    choice = best(candidates, AUTO_SECONDS)
    # Where one alone can make it, nothing was chosen.
    reason = choice.reason if len(candidates) > 1 else ""
    return replace(request, engine=choice.engine.id, engine_reason=reason)


def _refused(refusals: list[tuple[tuple[bool, bool], InvalidOption]]) -> InvalidOption:
    """What one says that takes such a visual, or else the built-in one, that everybody has."""
    if not refusals:
        return InvalidOption("No engine is ready.", hint="`talkies engines` says what each lacks.")
    return min(refusals, key=lambda each: each[0])[1]


def _candidate(request: VideoRequest, engine: Capabilities) -> Candidate:
    """The engine with the time it would take. Raises `InvalidOption` where it cannot."""
    require_able(
        engine,
        visual=request.visual,
        format_=request.format.value,
        options=request.engine_options,
    )
    more = SCORE_SECONDS if request.sidecars.score else 0.0
    pace = claimed(engine, preset_in(request.engine_options), more)
    return Candidate(engine=engine, seconds=pace.work(_seconds(request)))


def _seconds(request: VideoRequest) -> Range:
    if isinstance(request.speech, Script):
        return spoken(request.speech.text, request.speech.speed)
    return recorded(_facts(request.speech.path))


def _facts(path: Path) -> dict[str, object]:
    """Size and kind of a recording; its name says enough for a guess."""
    kind = next(iter(PCM_TYPES)) if path.suffix.lower() in {".wav", ".flac"} else "audio/mpeg"
    return {"bytes": path.stat().st_size, "content_type": kind}
