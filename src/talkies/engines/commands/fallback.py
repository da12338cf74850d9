"""A runner that is preferred, and the one that carries orders out where that cannot start."""

from pathlib import Path

from talkies.engines.commands.orders import CannotStart, Hear, Order, Runner


class PreferredRunner:
    """A `Runner` of two.

    An order that the first cannot start is the second's, and if that can do it, so are all later
    ones. What neither can do is the order's own fault: the next one is tried with the first again.
    """

    def __init__(self, preferred: Runner, other: Runner) -> None:
        self._preferred: Runner | None = preferred
        self._other = other
        #: Why the preferred one is not used; empty while it is.
        self.reason = ""

    def run(self, order: Order, hear: Hear) -> Path:
        if self._preferred is not None:
            try:
                return self._preferred.run(order, hear)
            except CannotStart as error:
                self._preferred.close()
                video = self._other.run(order, hear)
                self._preferred, self.reason = None, str(error)
                return video
        return self._other.run(order, hear)

    def close(self) -> None:
        """End what waits for further orders; the next one starts it again."""
        for runner in (self._preferred, self._other):
            if runner is not None:
                runner.close()
