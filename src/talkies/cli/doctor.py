"""`talkies doctor`: does this installation work?"""

from dataclasses import asdict

import typer

from talkies import __version__
from talkies.cli import flags
from talkies.cli.sections import Sectioned
from talkies.cli.service_trials import service_trials
from talkies.cli.streams import painted, say, say_event
from talkies.studio.health.checkup import Finding, State, examine
from talkies.studio.health.trials import TRIALS

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

COLOURS = {State.OK: "green", State.MISSING: "yellow", State.PROBLEM: "red"}

#: Exit status where a part is broken.
BROKEN = 1


@app.command(cls=Sectioned)
def doctor(json: flags.AsJson = False) -> None:
    """Check that this installation works.

    Tries faces, voices, recognition, video and fonts for real, looks whether the optional parts
    are there, and tells the settings and limits of the service. The exit status is 1 where a
    part is broken; optional parts may be missing.
    """
    if not json:
        say(f"talkies {__version__}")
    found = []
    for finding in examine((*TRIALS, *service_trials())):
        found.append(finding)
        if json:
            say_event("finding", asdict(finding))
        else:
            _show(finding)
    broken = sum(finding.state is State.PROBLEM for finding in found)
    if json:
        say_event("result", {"version": __version__, "broken": broken})
    else:
        say("Everything works." if not broken else f"{broken} of {len(found)} parts are broken.")
    if broken:
        raise typer.Exit(BROKEN)


def _show(finding: Finding) -> None:
    state = painted(f"{finding.state.value:<8}", COLOURS[finding.state], on_output=True)
    say(f"{state} {finding.part:<19} {finding.fact}")
    if finding.mend:
        say(f"{'':<28} → {finding.mend}")
