"""Answers that wait for a job: `Prefer: wait=N` and `?wait=N`, at most a minute."""

import re
from typing import Annotated, Final, TypeAlias

from fastapi import Depends, Header, Query

#: Seconds; proxies cut connections that are silent for longer.
LONGEST: Final = 60

#: One preference among several (RFC 7240).
WAIT: Final = re.compile(r'(?:^|[,;])\s*wait\s*=\s*"?(\d{1,9})"?\s*(?=$|[,;])', re.IGNORECASE)


def preferred(
    prefer: Annotated[
        str,
        Header(
            max_length=500,
            description="`wait=N` (RFC 7240): answer when the job is done, after N seconds (60 "
            "at most) in any case.",
            examples=["wait=30"],
        ),
    ] = "",
) -> int:
    """The seconds that the client prefers to wait; 0 where it said nothing."""
    found = WAIT.search(prefer)
    return min(int(found[1]), LONGEST) if found else 0


#: `wait: PreferredWaitDep` in a route that creates.
PreferredWaitDep: TypeAlias = Annotated[int, Depends(preferred)]

#: `wait: WaitQuery = 0` in a route that reads.
WaitQuery: TypeAlias = Annotated[
    int,
    Query(ge=0, le=LONGEST, description="Answer when the job is done, or after so many seconds."),
]
