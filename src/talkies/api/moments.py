"""Moments as callers write them: RFC 3339 with an offset outside, UTC milliseconds inside."""

from datetime import datetime
from typing import Annotated, Any, Final, TypeAlias

from pydantic import AwareDatetime, BeforeValidator, TypeAdapter, ValidationError, WithJsonSchema

#: The last moment that is taken; what comes after it is a slip of the hand.
YEAR_9999: Final = 253_370_764_800_000

_MOMENT: Final[TypeAdapter[datetime]] = TypeAdapter(AwareDatetime)


def _milliseconds(given: Any) -> int:
    # Pydantic would take a number of seconds, or of milliseconds, for a moment.
    if not isinstance(given, str) or given.strip().isdigit():
        raise ValueError("a moment is a text, as in 2027-01-01T00:00:00Z")
    try:
        return min(round(_MOMENT.validate_python(given).timestamp() * 1000), YEAR_9999)
    except (ValidationError, OverflowError) as error:
        raise ValueError(
            "a moment has a date, a time and an offset: 2027-01-01T00:00:00Z"
        ) from error


#: In a `Body` or a query.
GivenMoment: TypeAlias = Annotated[
    int,
    BeforeValidator(_milliseconds),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2027-01-01T00:00:00Z"]}),
]
