"""What a benchmark prints and writes: rows of {id, value, unit, target, ok}."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One measured number beside its target."""

    id: str
    value: float
    unit: str
    #: As a reader would write it: "<= 2.5", ">= .93", ".7 to 1.3", or "reported".
    target: str
    #: None where there is nothing to meet.
    ok: bool | None

    def __str__(self) -> str:
        verdict = {True: "ok", False: "MISS", None: ""}[self.ok]
        return f"{self.id:<58} {self.value:>10.4g} {self.unit:<8} {self.target:<14} {verdict}"


def at_most(id_: str, value: float, limit: float, unit: str = "ratio") -> Row:
    return Row(id=id_, value=value, unit=unit, target=f"<= {limit:g}", ok=value <= limit)


def at_least(id_: str, value: float, limit: float, unit: str = "ratio") -> Row:
    return Row(id=id_, value=value, unit=unit, target=f">= {limit:g}", ok=value >= limit)


def between(id_: str, value: float, low: float, high: float, unit: str = "ratio") -> Row:
    return Row(
        id=id_, value=value, unit=unit, target=f"{low:g} to {high:g}", ok=low <= value <= high
    )


def reported(id_: str, value: float, unit: str = "ratio") -> Row:
    return Row(id=id_, value=value, unit=unit, target="reported", ok=None)


def save(rows: Iterable[Row], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")
