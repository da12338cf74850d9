"""Making every video of a manifest: finished ones are skipped, a failure stops only its own row."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from talkies.errors import Canceled, OutputUnwritable, SameFile, TalkiesError
from talkies.studio.outputs import require_inputs
from talkies.studio.progress import Listener
from talkies.studio.videos.manifest import Row
from talkies.studio.videos.planning import plan
from talkies.studio.videos.request import VideoRequest
from talkies.studio.videos.result import VideoResult
from talkies.studio.videos.stamps import FOLDER, is_finished, is_ours, write_stamp


class Status(StrEnum):
    """What became of a row."""

    SUCCEEDED = "succeeded"
    #: It was finished by an earlier run.
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one row."""

    row: Row
    output: Path
    status: Status
    result: VideoResult | None = None
    error: TalkiesError | None = None


class Maker(Protocol):
    """Makes one video; `pipeline.make_video` with its tools in hand."""

    def __call__(self, request: VideoRequest, *, listener: Listener) -> VideoResult: ...


def make_videos(
    rows: Sequence[Row],
    out_dir: Path,
    make: Maker,
    listen: Callable[[Row, int], Listener],
) -> Iterator[Outcome]:
    """Make each row's video inside `out_dir` (which is made), one after another, as asked for.

    Raises:
        SameFile: a row would overwrite what another one reads.
        OutputUnwritable: there can be no such folder.
        Canceled: a listener said so.
    """
    _require_apart(rows, out_dir)
    _make_folder(out_dir)
    for row in rows:
        yield _make_row(row, out_dir, make, listen(row, len(rows)))


def _make_row(row: Row, out_dir: Path, make: Maker, listener: Listener) -> Outcome:
    output = out_dir / row.output
    try:
        request = plan(row.portrait, row.audio, output, row.options)
        require_inputs(request.inputs)
        stamp = _stamp(out_dir, row)
        if is_finished(request, stamp):
            return Outcome(row=row, output=output, status=Status.SKIPPED)
        _make_folder(output.parent)
        allowed = replace(request, overwrite=request.overwrite or is_ours(stamp))
        result = make(allowed, listener=listener)
        write_stamp(request, stamp)
    except Canceled:
        raise
    except TalkiesError as error:
        return Outcome(row=row, output=output, status=Status.FAILED, error=error)
    return Outcome(row=row, output=output, status=Status.SUCCEEDED, result=result)


def _require_apart(rows: Sequence[Row], out_dir: Path) -> None:
    sources = [(row.portrait, row.audio, row.options.get("source_video")) for row in rows]
    inputs = {Path(path).resolve() for paths in sources for path in paths if path}
    for row in rows:
        if (out_dir / row.output).resolve() in inputs:
            raise SameFile(
                f"The output of row {row.number}, {row.output}, is an input of the manifest.",
                hint="Choose another folder for the results.",
                details={"row": row.number},
            )


def _stamp(out_dir: Path, row: Row) -> Path:
    return out_dir / FOLDER / f"{row.output}.json"


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise OutputUnwritable(f"The folder {folder} cannot be made: {reason}.") from error
