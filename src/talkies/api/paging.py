"""Cursor pages: what a list route takes, and how it answers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, TypeAlias, TypeVar

from fastapi import Depends, Query

from talkies.api.models import Page

Source = TypeVar("Source")
Shown = TypeVar("Shown")

#: Things in one page, by default and at most.
DEFAULT_LIMIT: Final = 20
MAX_LIMIT: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """Which page is asked for."""

    limit: int
    after: str | None

    @property
    def fetch(self) -> int:
        """How many to read: one more than is shown tells whether there is a next page."""
        return self.limit + 1

    def page(
        self,
        found: Sequence[Source],
        show: Callable[[Source], Shown],
        cursor: Callable[[Source], str],
    ) -> Page[Shown]:
        """The page of what `fetch` found; `cursor` names a thing for `after`."""
        kept = found[: self.limit]
        more = len(found) > self.limit
        return Page(
            data=[show(each) for each in kept],
            has_more=more,
            next_after=cursor(kept[-1]) if more else None,
        )


def paging(
    limit: Annotated[
        int, Query(ge=1, le=MAX_LIMIT, description="Things in a page.")
    ] = DEFAULT_LIMIT,
    after: Annotated[
        str | None,
        Query(max_length=100, description="`next_after` of the page before.", examples=[None]),
    ] = None,
) -> Paging:
    return Paging(limit=limit, after=after)


#: `paging: PagingDep` in a route.
PagingDep: TypeAlias = Annotated[Paging, Depends(paging)]
