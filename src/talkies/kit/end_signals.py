"""Waits for the signal that ends this process, and never misses it."""

import os
import signal
from collections.abc import Callable
from types import FrameType
from typing import Final

#: What the system, a supervisor or a person at the keyboard ends a process with.
END_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


class EndSignals:
    """SIGTERM and SIGINT to this process, from the moment this is made, in its main thread.

    A handler that sets a `threading.Event` is not enough. Python calls handlers between two steps
    of the main thread, and one that is about to wait for a lock takes no such step any more: it
    would sleep through the signal. So the signal's number comes through a pipe, which Python
    writes to the moment the signal arrives (`signal.set_wakeup_fd`), in whatever thread.
    """

    def __init__(self, again: Callable[[], None]) -> None:
        """`again` is called at every such signal after the first: somebody is in a hurry.

        It runs wherever the main thread happens to be, so it must take no lock.
        """
        self._again = again
        self._came = False
        self._pipe, waker = os.pipe()
        os.set_blocking(waker, False)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        for number in END_SIGNALS:
            signal.signal(number, self._note)

    def wait(self) -> None:
        """Return once a signal has come, also before this call; in the main thread."""
        while os.read(self._pipe, 1)[0] not in END_SIGNALS:
            pass

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        if self._came:
            self._again()
        self._came = True
