"""The tables of renderers: how what is known of an engine is laid out for people and programs."""

import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

from talkies.cli.tables import columns, table
from talkies.engines.base import Capabilities, Preset, Readiness, Visual
from talkies.engines.commands.description import Description
from talkies.engines.installation import Installation
from talkies.engines.registry import ListedEngine

HEAD = ("ENGINE", "READY", "GPU MEMORY", "SPEED", "COMMERCIAL", "LICENCE")

#: Columns that the lines under a row are indented by.
INDENT = "  "

#: Columns of the names of facts.
NAME_WIDTH = 13

TALKS = {
    Visual.PORTRAIT: "a portrait",
    Visual.SOURCE_VIDEO: "a video",
    Visual.CHARACTER: "a character",
}


def listing(engines: Iterable[ListedEngine], width: int) -> list[str]:
    """A table of engines with what each does, and what mends it, under its row."""
    found = list(engines)
    rows = table(HEAD, [row(engine) for engine in found])
    lines = [rows[0]]
    for line, engine in zip(rows[1:], found, strict=True):
        lines += [line, *_under(engine, width)]
    return lines


def row(engine: ListedEngine) -> tuple[str, ...]:
    """An engine's cells."""
    ready = "yes" if engine.ready else "no"
    facts = engine.capabilities
    if facts is None:
        return engine.id, ready, "", "", "", ""
    commercial = "yes" if facts.commercial_use else "no"
    return engine.id, ready, _least_memory(facts), _speed(facts), commercial, facts.licence


def _under(engine: ListedEngine, width: int) -> Iterator[str]:
    """What it does, and why it is not ready."""
    if engine.capabilities is not None:
        yield from _wrapped(engine.capabilities.summary, width)
    yield from _lacking(engine.readiness, width)


def _lacking(readiness: Readiness, width: int) -> Iterator[str]:
    """Why it is not ready, and the command that mends it; a command is never broken over lines."""
    reason, mend = readiness.reason, f"→ {readiness.mend}" if readiness.mend else ""
    together = f"{INDENT}Not ready: {reason} {mend}".rstrip()
    if not reason:
        return
    if columns(together) <= width:
        yield together
        return
    yield from _wrapped(f"Not ready: {reason}", width)
    if mend:
        yield f"{INDENT}{mend}"


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(
        text,
        max(width, 40),
        initial_indent=INDENT,
        subsequent_indent=INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _memory(gib: float) -> str:
    return f"{gib:g} GiB" if gib else "none"


def _least_memory(facts: Capabilities) -> str:
    """What the least preset takes, and that the default one takes more."""
    usual = facts.presets[0].vram_gib if facts.presets else facts.vram_gib
    return f"{facts.vram_gib:g} GiB+" if usual > facts.vram_gib else _memory(facts.vram_gib)


def _speed(facts: Capabilities) -> str:
    """Seconds of work for a second of video, as the default preset's best GPU does it."""
    fastest = min((speed.seconds_per_video_second for speed in _speeds(facts)), default=None)
    return f"{_rounded(facts.seconds_per_video_second if fastest is None else fastest)} s/s"


def _rounded(number: float) -> str:
    """Two digits and more: published speeds are no better than that."""
    return f"{number:.0f}" if number >= 10 else f"{number:.2g}"  # noqa: PLR2004 - two digits


def _speeds(facts: Capabilities) -> tuple[Any, ...]:
    return facts.presets[0].speeds if facts.presets else ()


def document(engine: ListedEngine) -> dict[str, Any]:
    """What is known of an engine, as plain values."""
    ready = engine.readiness
    known = {
        "id": engine.id,
        "ready": engine.ready,
        "reason": ready.reason,
        "mend": ready.mend,
    }
    facts = engine.capabilities
    if facts is None:
        return known
    return known | {
        "summary": facts.summary,
        "formats": sorted(format_.value for format_ in facts.formats),
        "visuals": sorted(visual.value for visual in facts.visuals),
        "licence": facts.licence,
        "licence_note": facts.licence_note,
        "commercial_use": facts.commercial_use,
        "vram_gib": facts.vram_gib,
        "seconds_per_video_second": facts.seconds_per_video_second,
        "load_seconds": facts.load_seconds,
        "quality": facts.quality,
        "presets": [preset_document(preset) for preset in facts.presets],
        "option_schema": dict(facts.option_schema),
    }


def preset_document(preset: Preset) -> dict[str, Any]:
    """A preset with its speeds, as plain values."""
    speeds = [
        {
            "device": speed.device,
            "seconds_per_video_second": speed.seconds_per_video_second,
            "vram_gib": speed.vram_gib,
            "source": speed.source,
        }
        for speed in preset.speeds
    ]
    return {"name": preset.name, "summary": preset.summary, "speeds": speeds}


def page(
    engine: ListedEngine,
    description: Description | None,
    installation: Installation | None,
    width: int,
) -> Iterator[str]:
    """All that is known of one engine."""
    yield from _facts(engine, installation, width)
    facts = engine.capabilities
    if facts is not None and facts.presets:
        yield ""
        yield from _presets(facts, width)
    if facts is not None:
        yield from _options(facts, width)
    if description is not None and description.weights:
        yield ""
        yield from _weights(description)


def _facts(engine: ListedEngine, installation: Installation | None, width: int) -> Iterator[str]:
    facts, ready = engine.capabilities, engine.readiness
    pairs = [("engine", engine.id)]
    if facts is not None:
        pairs.append(("", facts.summary))
    pairs.append(("ready", "yes" if engine.ready else f"no: {ready.reason}"))
    pairs.append(("", f"→ {ready.mend}" if ready.mend else ""))
    if facts is not None:
        commercial = "allowed" if facts.commercial_use else "not allowed"
        talks = " or ".join(TALKS[visual] for visual in sorted(facts.visuals))
        pairs += [
            ("licence", f"{facts.licence}; commercial use is {commercial}"),
            ("", facts.licence_note),
            ("makes talk", f"{talks}{', with a prompt' if facts.takes_prompt else ''}"),
            ("writes", ", ".join(sorted(format_.value for format_ in facts.formats))),
        ]
    if installation is not None:
        pairs += _installed(installation)
    for name, text in pairs:
        if text:
            yield from _fact(name, text, width)


def _installed(found: Installation) -> list[tuple[str, str]]:
    commit = f" at {found.revision[:12]}" if found.revision else ""
    changed = ", with changes of yours" if found.local_changes else ""
    return [
        ("installed", found.finished_at or "begun, and not finished"),
        ("code", f"{found.repository}{commit}{changed}"),
        ("environment", f"{found.environment}, Python {found.python}"),
        (
            "weights",
            f"{found.weights}, {found.weights_bytes / 1e9:.1f} GB" if found.weights else "",
        ),
    ]


def _fact(name: str, text: str, width: int) -> list[str]:
    return textwrap.wrap(
        text,
        max(width, 40),
        initial_indent=f"{name:<{NAME_WIDTH}}",
        subsequent_indent=" " * NAME_WIDTH,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _presets(facts: Capabilities, width: int) -> Iterator[str]:
    yield "Presets, the first by default; s/s is seconds of work for a second of video:"
    for preset in facts.presets:
        yield from _wrapped(f"{preset.name}: {preset.summary}", width)
        for speed in preset.speeds:
            figures = f"{_rounded(speed.seconds_per_video_second)} s/s"
            memory = f", {_memory(speed.vram_gib)}" if speed.vram_gib else ""
            said = f"{figures}{memory} on {speed.device} ({speed.source})"
            yield from (INDENT + line for line in _wrapped(said, width - len(INDENT)))


def _options(facts: Capabilities, width: int) -> Iterator[str]:
    properties = dict(facts.option_schema.get("properties", {}))
    # Its presets stand above.
    properties.pop("preset", None)
    if not properties:
        return
    yield ""
    yield "Options, as in --option NAME=VALUE:"
    for name, about in properties.items():
        yield f"{INDENT}{name}  {_kind(about)}"
        for line in _wrapped(str(about.get("description", "")), width - len(INDENT)):
            yield INDENT + line


def _kind(about: dict[str, Any]) -> str:
    """The type, choices or range, and default of an option."""
    choices, low, high = about.get("enum"), about.get("minimum"), about.get("maximum")
    kind = str(about.get("type", ""))
    if choices:
        kind = "|".join(str(choice) for choice in choices)
    elif low is not None or high is not None:
        least, most = ("" if bound is None else f"{bound:g}" for bound in (low, high))
        kind = f"{kind} {least}…{most}"
    default = about.get("default")
    shown = "" if default in {None, ""} else f"  [default: {_plain(default)}]"
    return f"<{kind}>{shown}"


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _weights(description: Description) -> Iterator[str]:
    rows = [
        (
            source.repository or source.url.rpartition("/")[2],
            f"{source.gigabytes:.1f}",
            ", ".join(source.variants) or "all",
        )
        for source in description.weights
    ]
    yield from table(("WEIGHTS", "GB", "VARIANTS"), rows)
