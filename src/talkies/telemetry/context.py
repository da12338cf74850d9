"""Which request, job and key the present work is for, so that every log line can say it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from typing import Final, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

#: The names of the ids. They are ids alone: a key's secret never is one.
NAMES: Final = ("request_id", "job_id", "key_id")

#: Longest id that is kept: `X-Request-Id` comes from strangers.
LONGEST: Final = 100

_ids: ContextVar[dict[str, str]] = ContextVar("talkies_ids")


def current() -> Mapping[str, str]:
    """The ids of the present work; plain text, to be sent to a child process as it is."""
    return dict(_ids.get({}))


@contextmanager
def bound(ids: Mapping[str, str | None] | None = None, **more: str | None) -> Iterator[None]:
    """The block is work for these ids, beside those known already.

    What is None, or not one of `NAMES`, changes nothing: a child process can pass on what it
    was given.
    """
    token = _ids.set({**current(), **_known({**(ids or {}), **more})})
    try:
        yield
    finally:
        _ids.reset(token)


def learned(**more: str | None) -> None:
    """Add what became known to the block that is bound, in whichever thread it goes on.

    A web framework checks a key in a thread of its own, with a copy of the context: what was set
    there by `bound` would be gone when the route runs. Outside of any block nothing happens.
    """
    _ids.get({}).update(_known(more))


def _known(given: Mapping[str, str | None]) -> dict[str, str]:
    return {name: str(given[name])[:LONGEST] for name in NAMES if given.get(name) is not None}


def carried(function: Callable[P, T]) -> Callable[P, T]:
    """The function, to be called in another thread with the ids of this one.

    A new thread begins without context (`threading.Thread` before Python 3.14).
    """
    context = copy_context()

    def call(*arguments: P.args, **options: P.kwargs) -> T:
        return context.copy().run(function, *arguments, **options)

    return call
