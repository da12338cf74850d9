"""Moments as callers write them: RFC 3339 with an offset outside, UTC milliseconds inside."""

from typing import Annotated, Final, TypeAlias

from pydantic import AfterValidator, AwareDatetime, WithJsonSchema

#: The last moment that is taken; what comes after it is a slip of the hand.
YEAR_9999: Final = 253_370_764_800_000


def _milliseconds(moment: AwareDatetime) -> int:
    return min(round(moment.timestamp() * 1000), YEAR_9999)


#: In a `Body` or a query: the handler gets an `int`.
GivenMoment: TypeAlias = Annotated[
    AwareDatetime,
    AfterValidator(_milliseconds),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2027-01-01T00:00:00Z"]}),
]
