"""The score as a versioned document, `talkies.score/1`, and the summary a person reads."""

import json
import math
from dataclasses import asdict
from typing import Any

from talkies.score.closures import Closure
from talkies.score.report import Curves, Measure, Score

#: Name and version of the document; the number grows when a reader would have to change.
SCHEMA = "talkies.score/1"
#: Decimals of values, of times in seconds and of curves.
VALUE_DECIMALS, TIME_DECIMALS, CURVE_DECIMALS = 4, 3, 4


def score_to_document(score: Score, *, curves: bool = True) -> dict[str, Any]:
    """The score as plain values ready for JSON; `curves` adds one number a frame for each curve."""
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "video": asdict(score.video),
        "reference": str(score.reference),
        "grade": str(score.grade),
        "measures": [_measure(measure) for measure in score.measures],
        "closures": [_closure(closure) for closure in score.closures],
        "silences": [[round(value, TIME_DECIMALS) for value in span] for span in score.silences],
        "warnings": list(score.warnings),
    }
    if curves:
        document["curves"] = _curves(score.curves)
    return document


def score_to_json(score: Score, *, curves: bool = True) -> str:
    """The document as JSON text, ASCII-safe values only (no NaN)."""
    document = score_to_document(score, curves=curves)
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def written(measure: Measure) -> str:
    """The value as a person reads it: `.953`, `+12 ms`, `96 %`."""
    if measure.value is None:
        return "—"
    form = _FORMS.get(measure.unit, "{:.2f}")
    return form.format(measure.value) + ("" if measure.unit == "r" else f" {measure.unit}")


_FORMS = {"r": "{:.3f}", "ms": "{:+.0f}", "%": "{:.0f}", "dB": "{:.1f}", "s": "{:.2f}"}


def _measure(measure: Measure) -> dict[str, Any]:
    bound = measure.bound
    return {
        "id": measure.id,
        "title": measure.title,
        "value": _number(measure.value),
        "unit": measure.unit,
        "verdict": str(measure.verdict),
        "bound": None if bound is None else {"low": bound.low, "high": bound.high},
        "essential": measure.essential,
        "note": measure.note,
    }


def _closure(closure: Closure) -> dict[str, Any]:
    return {
        "symbol": closure.symbol,
        "start": round(closure.start, TIME_DECIMALS),
        "end": round(closure.end, TIME_DECIMALS),
        "level": _number(closure.level),
        "hit": closure.hit,
    }


def _curves(curves: Curves) -> dict[str, Any]:
    series = {
        "opening": curves.opening,
        "opening_wanted": curves.opening_wanted,
        "width": curves.width,
        "width_wanted": curves.width_wanted,
    }
    return {
        "fps": round(curves.fps, 6),
        "face": [int(value) for value in curves.valid],
        **{name: [round(float(v), CURVE_DECIMALS) for v in s] for name, s in series.items()},
    }


def _number(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else round(value, VALUE_DECIMALS)
