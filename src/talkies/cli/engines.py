"""`talkies engines`: which renderers there are."""

from typing import Any

import typer

from talkies.cli import flags
from talkies.cli.sections import Sectioned
from talkies.cli.streams import say, say_event
from talkies.cli.tables import table
from talkies.engines.registry import EngineRegistry, ListedEngine

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command(cls=Sectioned)
def engines(json: flags.AsJson = False) -> None:
    """List the renderers.

    A plug-in adds one by an entry point of the group talkies.engines.
    """
    found = EngineRegistry().list()
    if json:
        for engine in found:
            say_event("engine", _document(engine))
        return
    for line in table(
        ("ENGINE", "READY", "GPU", "LICENCE", "WHAT IT DOES"), [_row(e) for e in found]
    ):
        say(line)


def _row(engine: ListedEngine) -> tuple[str, ...]:
    facts = engine.capabilities
    if facts is None:
        return engine.id, "no", "", "", engine.readiness.reason
    gpu = f"{facts.vram_gib:g} GiB" if facts.vram_gib else "none"
    return engine.id, "yes" if engine.ready else "no", gpu, facts.licence, facts.summary


def _document(engine: ListedEngine) -> dict[str, Any]:
    known = {"id": engine.id, "ready": engine.ready, "reason": engine.readiness.reason}
    facts = engine.capabilities
    if facts is None:
        return known
    return known | {
        "summary": facts.summary,
        "formats": sorted(format_.value for format_ in facts.formats),
        "licence": facts.licence,
        "commercial_use": facts.commercial_use,
        "vram_gib": facts.vram_gib,
        "seconds_per_video_second": facts.seconds_per_video_second,
    }
