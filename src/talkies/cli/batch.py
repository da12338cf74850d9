"""`talkies render --manifest`: a line for every video as it is finished, and a table at the end."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import talkies
from talkies.cli.failures import error_facts
from talkies.cli.progress import showing
from talkies.cli.results import video_document, video_summary
from talkies.cli.streams import painted, say, say_event, tell
from talkies.cli.tables import table
from talkies.errors import BatchIncomplete
from talkies.studio.progress import Event, Listener, Progress, Warned
from talkies.studio.videos.batch import Outcome, Status
from talkies.studio.videos.manifest import Row
from talkies.studio.videos.options import VideoOptions

COLOURS = {Status.SUCCEEDED: "green", Status.SKIPPED: "dim", Status.FAILED: "red"}


def run_batch(
    manifest: Path, out_dir: Path, options: VideoOptions, *, as_json: bool, quiet: bool
) -> None:
    """Make every video of a manifest. Raises `BatchIncomplete` when some failed."""
    outcomes: list[Outcome] = []
    with showing(as_json=as_json, quiet=quiet) as listener:
        for outcome in talkies.render_many(
            manifest,
            out_dir,
            progress=lambda row, rows: _about(row, rows, listener),
            **options,
        ):
            outcomes.append(outcome)
            if as_json:
                say_event("row", outcome_document(outcome))
            elif not quiet:
                tell(_line(outcome))
    if as_json:
        say_event("result", counts(outcomes))
    else:
        for line in summary(outcomes):
            say(line)
    _require_all(outcomes)


def _require_all(outcomes: Sequence[Outcome]) -> None:
    failed = counts(outcomes)["failed"]
    if failed:
        raise BatchIncomplete(
            f"{failed} of {len(outcomes)} videos failed.",
            details={"failed": failed, "videos": len(outcomes)},
        )


def _about(row: Row, rows: int, listener: Listener) -> Listener:
    """A listener for one row that tells of the whole batch."""

    def listen(event: Event) -> None:
        if isinstance(event, Progress):
            done = (row.number - 1 + event.fraction) / rows
            listener(replace(event, fraction=done, eta_seconds=None))
        else:
            listener(Warned(message=f"row {row.number}: {event.message}"))

    return listen


def outcome_document(outcome: Outcome) -> dict[str, Any]:
    """What became of a row, as plain values."""
    return {
        "row": outcome.row.number,
        "output": str(outcome.output),
        "status": outcome.status.value,
        "result": None if outcome.result is None else video_document(outcome.result),
        "error": None if outcome.error is None else error_facts(outcome.error),
    }


def counts(outcomes: Sequence[Outcome]) -> dict[str, int]:
    """How many rows there are of each status."""
    found = Counter(outcome.status for outcome in outcomes)
    return {status.value: found[status] for status in Status}


def summary(outcomes: Sequence[Outcome]) -> list[str]:
    """The lines of the table at the end."""
    rows = [
        (str(outcome.row.number), outcome.status.value, str(outcome.output), _remark(outcome))
        for outcome in outcomes
    ]
    return table(("ROW", "STATUS", "OUTPUT", ""), rows)


def _line(outcome: Outcome) -> str:
    status = painted(f"{outcome.status.value:<9}", COLOURS[outcome.status])
    hint = outcome.error.hint if outcome.error else ""
    return f"{status} {outcome.output}  {_remark(outcome)} {hint}".rstrip()


def _remark(outcome: Outcome) -> str:
    if outcome.error is not None:
        return f"{outcome.error.code}: {outcome.error.message}"
    return "" if outcome.result is None else video_summary(outcome.result)
