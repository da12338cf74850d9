"""`talkies smoke`: does a deployment work, seen from outside?"""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from talkies.cli import flags
from talkies.cli.sections import Sectioned
from talkies.cli.streams import painted, say, say_event
from talkies.errors import MissingDependency
from talkies.studio.upstreams.tryout import SAMPLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from talkies.studio.smoke.run import Outcome

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

#: Exit status where a route did not do as it should.
FAILED = 1


@app.command(cls=Sectioned)
def smoke(
    url: Annotated[str, typer.Option("--url", help="Address of the deployment.", metavar="URL")],
    key: Annotated[
        str,
        typer.Option(
            "--key",
            help="A key of it with the scope admin; TALKIES_API_KEY.",
            metavar="KEY",
            envvar="TALKIES_API_KEY",
            show_envvar=False,
        ),
    ],
    engine: Annotated[
        str, typer.Option("--engine", help="Engine of the videos.", metavar="NAME")
    ] = "auto",
    seconds: Annotated[
        float, typer.Option("--seconds", help="Longest that a video may take.", metavar="SECONDS")
    ] = 600.0,
    json: flags.AsJson = False,
) -> None:
    """Call every route of a deployment.

    It makes speech, short videos, a character, keys and webhooks there, and deletes them again.
    The exit status is 1 where a route did not do as it should.
    """
    failed = 0
    for outcome in _outcomes(url, key, engine, seconds):
        failed += not outcome.ok
        if json:
            say_event("trial", asdict(outcome))
            continue
        state = painted("OK  " if outcome.ok else "FAIL", "green" if outcome.ok else "red",
                        on_output=True)  # fmt: skip
        say(f"{state} {outcome.group:<12} {outcome.seconds:6.1f} s  {outcome.fact}")
    if json:
        say_event("result", {"url": url, "failed": failed})
    elif not failed:
        say("Everything works.")
    if failed:
        raise typer.Exit(FAILED)


def _outcomes(url: str, key: str, engine: str, seconds: float) -> "Iterator[Outcome]":
    try:
        from talkies.studio.smoke.caller import Caller  # noqa: PLC0415 - slow to load
        from talkies.studio.smoke.run import smoke as tried  # noqa: PLC0415 - the same
        from talkies.studio.smoke.state import State  # noqa: PLC0415 - the same
    except ModuleNotFoundError as error:
        raise MissingDependency(
            f"This needs {error.name}, which is not installed.",
            hint="pip install 'talkies[serve]'",
        ) from error
    with Caller(url, key) as caller:
        yield from tried(
            caller, State(portrait=SAMPLE.read_bytes(), engine=engine, seconds=seconds)
        )
