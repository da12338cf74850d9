"""From the records of a manifest to rows: one video each, its options by name."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import cast

from talkies.errors import InvalidManifest, InvalidOption
from talkies.studio import values
from talkies.studio.videos.options import VideoOptions
from talkies.studio.videos.records import Record, read_records, wrong_row

#: Most rows that one manifest may have.
MOST_ROWS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One video of a manifest, not checked yet beyond its columns."""

    #: Counted from 1, without the heading.
    number: int
    #: None where there is a `source_video` or a `character` among the options.
    portrait: Path | None
    audio: Path | None
    #: Name of the video inside the folder of results.
    output: PurePosixPath
    options: VideoOptions


def _truth(value: object) -> bool:
    known = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    text = str(value).strip().lower()
    if text not in known:
        raise ValueError(f"“{value}” is neither yes nor no")
    return known[text]


def _whole(value: object) -> int:
    try:
        return int(str(value))
    except ValueError:
        raise ValueError(f"“{value}” is no whole number") from None


def _number(value: object) -> float:
    try:
        return float(str(value))
    except ValueError:
        raise ValueError(f"“{value}” is no number") from None


def _engine_options(value: object) -> dict[str, str | int | float | bool]:
    """The options of an engine: an object of JSON, or its text."""
    try:
        known = json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        known = None
    plain = isinstance(known, dict) and all(
        isinstance(part, str | int | float | bool) for part in known.values()
    )
    if not plain:
        raise ValueError(f'“{value}” is no object of JSON, as in {{"preset": "fast"}}')
    return cast("dict[str, str | int | float | bool]", known)


#: How a column is read; the others are text.
READERS: Mapping[str, Callable[[object], object]] = {
    "face": _whole,
    "seed": _whole,
    "speed": _number,
    "pitch": _number,
    "motion": _number,
    "timing": _truth,
    "score": _truth,
    "contact_sheet": _truth,
    "transcript": lambda value: Path(str(value)),
    "source_video": lambda value: Path(str(value)),
    "character": lambda value: Path(str(value)),
    "options": _engine_options,
}

#: Options that are for the whole run, not for a row.
NOT_IN_ROWS = frozenset({"overwrite", "show_faces"})

#: What a row is about, beside its options; an `id` names the video where `output` does not.
SUBJECTS = ("id", "portrait", "audio", "output")
COLUMNS = (*SUBJECTS, *(name for name in VideoOptions.__annotations__ if name not in NOT_IN_ROWS))

#: Columns that always name a file beside the manifest; a background does where there is one.
PATHS = ("portrait", "source_video", "character", "audio", "transcript")

#: What may stand in place of a portrait.
INSTEAD = ("source_video", "character")


def read_manifest(path: Path, defaults: VideoOptions) -> tuple[Row, ...]:
    """The rows of a .csv or .jsonl file; `defaults` hold for the options that a row leaves out.

    Paths in it are meant from its own folder. Empty cells are as good as absent.

    Raises:
        FileMissing, MediaTooLarge, UnsupportedMedia: it cannot be read as text.
        InvalidManifest: a column or value that cannot be, no rows, or two rows of one output.
        InvalidOption: a default that can hold for one video alone.
    """
    _require_for_many(defaults)
    rows = []
    for number, record in enumerate(read_records(path), start=1):
        if number > MOST_ROWS:
            raise InvalidManifest(
                f"The manifest has more than {MOST_ROWS:,} rows.", hint="Split it into parts."
            )
        rows.append(_row(number, record, path.parent, defaults))
    if not rows:
        raise InvalidManifest(
            "The manifest has no rows.", hint=f"Columns are {', '.join(COLUMNS)}."
        )
    _require_distinct(rows)
    return tuple(rows)


def _require_for_many(defaults: VideoOptions) -> None:
    if defaults.get("show_faces") is not None:
        raise InvalidOption(
            "`show_faces` names one picture, and there are many videos.",
            hint="Leave it out, or make that one video without a manifest.",
        )


def _row(number: int, record: Record, folder: Path, defaults: VideoOptions) -> Row:
    given = {name: value for name, value in record.items() if value not in (None, "")}
    for name, value in given.items():
        if name not in COLUMNS:
            raise _unknown(number, name)
        if "\0" in str(value):
            raise wrong_row(number, f"`{name}` holds a NUL")
    if "portrait" not in given and not any({**defaults, **given}.get(name) for name in INSTEAD):
        raise wrong_row(number, "it has no portrait")
    for name in PATHS:
        if name in given:
            given[name] = folder / str(given[name])
    audio = given.get("audio")
    options = {**defaults, **_options(number, given, folder)}
    return Row(
        number=number,
        portrait=given.get("portrait"),
        audio=audio,
        output=_output(number, {**options, **given}, str(options.get("format") or "mp4")),
        options=cast("VideoOptions", options),
    )


def _options(number: int, given: Record, folder: Path) -> dict[str, object]:
    options: dict[str, object] = {}
    for name, value in given.items():
        if name not in SUBJECTS:
            try:
                options[name] = READERS.get(name, str)(value)
            except ValueError as error:
                raise wrong_row(number, f"`{name}` cannot be read: {error}") from None
    backdrop = options.get("background")
    if isinstance(backdrop, str) and (folder / backdrop).is_file():
        options["background"] = folder / backdrop
    return options


def _output(number: int, given: Record, extension: str) -> PurePosixPath:
    """The row's own name, or one after its recording or visual; never outside the folder."""
    subject = f"{number:03d}-{_subject(given).stem}"
    named = given.get("output") or f"{given.get('id', subject)}.{extension}"
    name = PurePosixPath(str(named))
    if name.is_absolute() or ".." in name.parts or not name.name:
        raise wrong_row(number, f"the output {name} leads out of the folder of results")
    if not name.suffix:
        name = name.with_name(f"{name.name}.{extension}")
    return name


def _subject(given: Record) -> Path:
    """The file that a video is named after where nothing else names it."""
    return Path(next(given[name] for name in ("audio", "portrait", *INSTEAD) if name in given))


def _require_distinct(rows: list[Row]) -> None:
    """No two rows may write the same files: names that differ in their ending share sidecars."""
    owners: dict[str, int] = {}
    for row in rows:
        key = str(row.output.with_suffix("")).casefold()
        if key in owners:
            raise wrong_row(row.number, f"its output {row.output} is that of row {owners[key]} too")
        owners[key] = row.number


def _unknown(number: int, name: str) -> InvalidManifest:
    return InvalidManifest(
        f"Row {number} of the manifest has the unknown column “{name}”.",
        hint=values.known_name(name, COLUMNS),
        details={"row": number, "column": name},
    )
