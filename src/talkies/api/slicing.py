"""Pages of lists that are short enough to be read whole: keys, engines, voices, workers."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from talkies.api.models import Page
from talkies.api.paging import Paging
from talkies.errors import InvalidRequest

Source = TypeVar("Source")
Shown = TypeVar("Shown")


def page_of(
    items: Sequence[Source],
    paging: Paging,
    show: Callable[[Source], Shown],
    cursor: Callable[[Source], str],
) -> Page[Shown]:
    """The page that is asked for. Raises `InvalidRequest` where `after` names none of the list."""
    start = 0
    if paging.after is not None:
        names = [cursor(item) for item in items]
        if paging.after not in names:
            problem = {"pointer": "query/after", "message": "The list has none of that name."}
            raise InvalidRequest(
                "`after` names nothing in this list.",
                hint="Give `next_after` of the page before, or begin again without it.",
                details={"fields": [problem]},
            )
        start = names.index(paging.after) + 1
    return paging.page(items[start : start + paging.fetch], show, cursor)
