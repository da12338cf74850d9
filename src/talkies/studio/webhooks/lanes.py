"""Which origins may be sent to now, so that dead and slow ones leave room for the others."""

import threading
from collections import Counter, OrderedDict
from dataclasses import dataclass
from typing import Final

#: Deliveries at once to one origin that answers promptly, and to any other.
PROVEN, UNPROVEN = 4, 1

#: Origins that are remembered as prompt.
REMEMBERED: Final = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """Where a free worker may send to."""

    #: Origins that have as many workers as they may.
    avoid: tuple[str, ...] = ()
    #: Nowhere but to these; None means anywhere.
    only: tuple[str, ...] | None = None


class Lanes:
    """Counts what is being sent by origin.

    An origin is proven when its last answer was prompt. All that are not proven, new ones too,
    share half the workers: however many names a stranger invents for a receiver that hangs,
    the proven ones keep the other half.
    """

    def __init__(self, workers: int) -> None:
        self._lock = threading.Lock()
        self._sending: Counter[str] = Counter()
        self._proven: OrderedDict[str, None] = OrderedDict()
        self._for_unproven = max(1, workers // 2)

    def free(self) -> Lane:
        with self._lock:
            full = {
                origin
                for origin, count in self._sending.items()
                if count >= (PROVEN if origin in self._proven else UNPROVEN)
            }
            unproven = sum(
                count for origin, count in self._sending.items() if origin not in self._proven
            )
            if unproven < self._for_unproven:
                return Lane(avoid=tuple(full))
            return Lane(only=tuple(origin for origin in self._proven if origin not in full))

    def enter(self, origin: str) -> None:
        with self._lock:
            self._sending[origin] += 1

    def leave(self, origin: str, *, prompt: bool) -> None:
        """End one sending; `prompt` says whether an answer came soon, whatever it said."""
        with self._lock:
            self._sending[origin] -= 1
            if not self._sending[origin]:
                del self._sending[origin]
            self._proven.pop(origin, None)
            if prompt:
                self._proven[origin] = None
            if len(self._proven) > REMEMBERED:
                self._proven.popitem(last=False)
