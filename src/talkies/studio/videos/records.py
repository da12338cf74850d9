"""The records of a manifest: what stands in the cells of a CSV file, or in lines of JSON."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from talkies.errors import InvalidManifest
from talkies.studio.texts import read_text

#: Values by the names of their columns; text where the format knows nothing else.
Record: TypeAlias = Mapping[str, Any]


def read_records(path: Path) -> Iterator[Record]:
    """The records of a .csv, .tsv or .jsonl file, in order; empty ones are passed over.

    Raises:
        FileMissing, MediaTooLarge, UnsupportedMedia: it cannot be read as text.
        InvalidManifest: it is no such table.
    """
    text = read_text(path)
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise InvalidManifest(
            f"{path.name} is no manifest by its name.", hint="Let it end in .csv or .jsonl."
        )
    return reader(text)


#: What the value of a column must not be, where that is not the same as for all.
_DEEP: Mapping[str, type] = {"options": list}


def wrong_row(number: int, problem: str) -> InvalidManifest:
    """The error about a row, counted from 1 without the heading."""
    return InvalidManifest(
        f"Row {number} of the manifest cannot be used: {problem}.",
        hint="Mend the row; no video was started.",
        details={"row": number},
    )


def _csv_records(text: str) -> Iterator[Record]:
    head = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(",;\t", key=head.count)
    table = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    number = 0
    try:
        _require_different(table.fieldnames or ())
        for record in table:
            # Cells without a heading are a list under `None`.
            if any("".join(value or "").strip() for value in record.values()):
                number += 1
                if None in record:
                    raise wrong_row(number, "it has more cells than the heading")
                yield {name.strip(): (value or "").strip() for name, value in record.items()}
    except csv.Error as error:
        raise InvalidManifest(
            f"The manifest cannot be read as CSV: {error}.", hint="Save the table as CSV anew."
        ) from error


def _require_different(columns: Sequence[str]) -> None:
    names = [name.strip() for name in columns]
    twice = next((name for name in names if name and names.count(name) > 1), None)
    if twice is not None:
        raise InvalidManifest(
            f"The manifest has the column “{twice}” twice.", hint="Leave one of them out."
        )


def _json_records(text: str) -> Iterator[Record]:
    # Not `splitlines`: a text may hold U+2028 and its like, and only a line feed ends a record.
    lines = (line for line in text.split("\n") if line.strip())
    for number, line in enumerate(lines, start=1):
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            raise wrong_row(number, "it is not JSON") from None
        if not isinstance(record, dict):
            raise wrong_row(number, "it is not a JSON object")
        if any(isinstance(record[name], _DEEP.get(name, dict | list)) for name in record):
            raise wrong_row(number, "a value is neither text, number nor truth")
        yield record


READERS: Mapping[str, Callable[[str], Iterator[Record]]] = {
    ".csv": _csv_records,
    ".tsv": _csv_records,
    ".jsonl": _json_records,
}
