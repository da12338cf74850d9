"""The options of the commands of an installation's operator."""

from typing import Annotated, Any, TypeAlias

import typer

from talkies.jobs.records import Status
from talkies.studio.access.principal import Scope

LIMITS = "Limits"


def _option(
    help_text: str, *names: str, metavar: str | None = None, group: str | None = None
) -> Any:
    return typer.Option(
        *names, help=help_text, metavar=metavar, rich_help_panel=group, show_default=False
    )


KeyName: TypeAlias = Annotated[
    str, typer.Argument(help="Who or what uses it.", metavar="NAME", show_default=False)
]
KeyId: TypeAlias = Annotated[
    str,
    typer.Argument(
        help="A key's id, as `talkies keys list` shows it.", metavar="KEY", show_default=False
    ),
]
JobId: TypeAlias = Annotated[
    str, typer.Argument(help="A job's id.", metavar="JOB", show_default=False)
]

Scopes: TypeAlias = Annotated[
    list[Scope] | None,
    _option(
        "What it may use; give it again for more. admin is everything.  [default: all but admin]",
        "--scope",
    ),
]
Expires: TypeAlias = Annotated[
    str | None,
    _option(
        "How long it is good, as in 90d, 12h or 30m.  [default: until it is revoked]",
        "--expires",
        metavar="TIME",
    ),
]
PerMinute: TypeAlias = Annotated[
    int | None,
    _option(
        "Requests a minute; 0 is no limit.  [default: RATE_LIMIT_PER_KEY]",
        "--requests-per-minute",
        metavar="N",
        group=LIMITS,
    ),
]
Unfinished: TypeAlias = Annotated[
    int | None,
    _option(
        "Unfinished jobs; 0 is no limit.  [default: MAX_UNFINISHED_JOBS_PER_KEY]",
        "--max-unfinished-jobs",
        metavar="N",
        group=LIMITS,
    ),
]
Grace: TypeAlias = Annotated[
    str,
    _option(
        "How long the old secret stays good, as in 24h.  [default: 0s, it ends at once]",
        "--grace",
        metavar="TIME",
    ),
]
Revoked: TypeAlias = Annotated[bool, _option("Show revoked keys too.", "--all")]

Statuses: TypeAlias = Annotated[
    list[Status] | None, _option("Only these; give it again for more.", "--status")
]
Kinds: TypeAlias = Annotated[
    list[str] | None,
    _option("Only of this kind, as in video or speech.", "--kind", metavar="KIND"),
]
OfKey: TypeAlias = Annotated[str | None, _option("Only this key's.", "--key", metavar="KEY")]
OfUser: TypeAlias = Annotated[str | None, _option("Only this user's.", "--user", metavar="USER")]
DeadLetters: TypeAlias = Annotated[
    bool, _option("Only those that were given up after too many tries.", "--dead-letters")
]
Limit: TypeAlias = Annotated[
    int,
    typer.Option("--limit", help="At most so many.", metavar="N", min=1, max=1000),
]
After: TypeAlias = Annotated[
    str | None,
    _option("Go on after this one: the last of the page before.", "--after", metavar="JOB"),
]
DryRun: TypeAlias = Annotated[bool, _option("Only say what would be removed.", "--dry-run")]
