"""Who hears of an export's progress."""

from typing import Protocol


class Advance(Protocol):
    """Hears how much of how much is done. It may raise `Canceled` to stop the work."""

    def __call__(self, done: int, total: int, /) -> None: ...


def ignore(_done: int, _total: int, /) -> None:
    """For those who do not want to hear."""
