"""When a run of an upstream engine is given up: it fell silent, goes round, or takes too long."""

import time
from collections.abc import Callable, Sequence

from talkies.engines.commands.codes import CODES
from talkies.engines.commands.description import Description
from talkies.engines.commands.failures import error_of, first_sentence, known_sign
from talkies.engines.commands.orders import Order
from talkies.engines.commands.values import PRESET
from talkies.engines.terms import TOO_LONG
from talkies.errors import EngineFailure, EngineStalled, TalkiesError

#: A clock that only goes forward, seconds.
Clock = Callable[[], float]


def eta_of(order: Order, description: Description) -> float:
    """What a run should take on the slowest GPU that its preset's speed is known of, seconds."""
    preset = description.presets[str(order.options[PRESET])]
    slowest = max(speed.seconds_per_video_second for speed in preset.speeds)
    return description.load_seconds + slowest * order.seconds


class Watch:
    """Watches one run. Raises where it is to be ended."""

    def __init__(
        self, description: Description, most_seconds: float, *, clock: Clock = time.monotonic
    ) -> None:
        self._description = description
        self._rule = description.watchdog
        self._most = most_seconds
        self._clock = clock
        self._began = self._heard = clock()
        self._last = ""
        self._repeats = 0

    def hear(self, line: str, lines: Sequence[str]) -> None:
        """A line was written, which with `lines` is the end of the log.

        A line that says the same as the one before is no sign of life; one that is known to be a
        failure ends the run with that failure when it has come too often: some programs try again
        for ever. Raises that, or as `look`.
        """
        if line != self._last:
            self._last, self._repeats, self._heard = line, 1, self._clock()
            return
        self._repeats += 1
        if self._repeats >= self._rule.repeats:
            self._require_hope(line, lines)

    def look(self, lines: Sequence[str]) -> None:
        """Look at the time.

        Raises:
            EngineStalled: the run was silent for longer than it may; it may do better next time.
            EngineFailure: it was at work for longer than it may, as it would be again.
        """
        now, named = self._clock(), self._description.id
        if now - self._began > self._most:
            long = f"{named} took longer than the {self._most:.0f} s that it may take"
            raise self._ended(EngineFailure, long, lines, TOO_LONG)
        if now - self._heard > self._rule.silence_seconds:
            silent = f"{named} said nothing new for {self._rule.silence_seconds:.0f} s"
            raise self._ended(EngineStalled, silent, lines)

    def _require_hope(self, line: str, lines: Sequence[str]) -> None:
        sign = known_sign(self._description, line)
        if sign is not None:
            kind = CODES[sign.code]
            said = f"{self._description.id} said again and again: {line}"
            raise error_of(kind, self._description, lines, f"{first_sentence(kind)} {said}")

    def _ended(
        self, kind: type[TalkiesError], why: str, lines: Sequence[str], hint: str = ""
    ) -> TalkiesError:
        return error_of(kind, self._description, lines, f"{why}, and was ended.", hint)
