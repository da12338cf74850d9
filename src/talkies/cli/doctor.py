"""`talkies doctor`: does this installation work?"""

from collections.abc import Iterator
from dataclasses import asdict, replace

import typer

from talkies import __version__
from talkies.cli import engine_flags, flags
from talkies.cli.root_flags import Root, at_root
from talkies.cli.sections import Sectioned
from talkies.cli.service_trials import service_trials
from talkies.cli.streams import painted, say, say_event
from talkies.cli.trying import Smoke, Trying, engine_trials, ready_engines
from talkies.errors import InvalidOption
from talkies.studio.health.checkup import Finding, State, Trial, examine
from talkies.studio.health.trials import TRIALS

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

COLOURS = {State.OK: "green", State.MISSING: "yellow", State.PROBLEM: "red"}

#: Exit status where a part is broken.
BROKEN = 1


@app.command(cls=Sectioned)
def doctor(
    engine: engine_flags.Examined = None,
    smoke: engine_flags.Smoke = False,
    verify: engine_flags.Verify = False,
    portrait: engine_flags.Portrait = None,
    root: Root = None,
    json: flags.AsJson = False,
) -> None:
    """Check that this installation works.

    Tries faces, voices, recognition, video and fonts for real, looks whether the optional parts
    are there, and tells the settings and limits of the service. With --engine it looks at one
    engine instead: GPU, driver, presets that fit, code, environment, weights. The exit status is
    1 where a part is broken; optional parts may be missing.
    """
    if verify and engine is None:
        raise InvalidOption("`verify` needs an engine.", hint="Name one: --engine sadtalker")
    trying = Trying(root=root, portrait=portrait, as_json=json)
    smokes = Smoke(trying)
    if not json:
        say(f"talkies {__version__}")
    found = []
    trials = tuple(_trials(trying, engine, smokes if smoke else None, verify=verify))
    for one in examine(trials):
        finding = replace(one, mend=at_root(one.mend, root))
        found.append(finding)
        if json:
            say_event("finding", asdict(finding))
        else:
            _show(finding)
    if smoke:
        _say_report(smokes, as_json=json)
    _end(found, as_json=json)


def _trials(
    trying: Trying, engine: str | None, smokes: Smoke | None, *, verify: bool
) -> Iterator[Trial]:
    """What is tried: of everything, or of one engine."""
    if engine is None:
        yield from (*TRIALS, *service_trials())
        names = ready_engines(trying.root) if smokes else ()
    else:
        yield from engine_trials(trying, engine, verifying=verify)
        names = (engine,)
    if smokes is not None:
        yield from map(smokes.trial, names)


def _end(found: list[Finding], *, as_json: bool) -> None:
    broken = sum(finding.state is State.PROBLEM for finding in found)
    if as_json:
        say_event("result", {"version": __version__, "broken": broken})
    else:
        say("Everything works." if not broken else f"{broken} of {len(found)} parts are broken.")
    if broken:
        raise typer.Exit(BROKEN)


def _say_report(smokes: Smoke, *, as_json: bool) -> None:
    if as_json:
        for document in smokes.documents():
            say_event("smoke", document)
        return
    say("")
    for line in smokes.report():
        say(line)


def _show(finding: Finding) -> None:
    state = painted(f"{finding.state.value:<8}", COLOURS[finding.state], on_output=True)
    say(f"{state} {finding.part:<19} {finding.fact}")
    if finding.mend:
        say(f"{'':<28} → {finding.mend}")
