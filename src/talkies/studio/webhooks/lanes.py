"""Which origins may be sent to now, so that a dead one leaves room for the others."""

import threading
from collections import Counter, OrderedDict
from typing import Final

#: Deliveries at once to one origin that answers, and to one that last did not.
HEALTHY, SUSPECT = 4, 1

#: Origins whose last failure is remembered.
REMEMBERED: Final = 256


class Lanes:
    """Counts what is being sent by origin. Origins whose last try failed share half the workers."""

    def __init__(self, workers: int) -> None:
        self._lock = threading.Lock()
        self._sending: Counter[str] = Counter()
        self._suspects: OrderedDict[str, None] = OrderedDict()
        self._for_suspects = max(1, workers // 2)

    def crowded(self) -> tuple[str, ...]:
        """Origins to which nothing more may be sent just now."""
        with self._lock:
            full = {
                origin
                for origin, count in self._sending.items()
                if count >= (SUSPECT if origin in self._suspects else HEALTHY)
            }
            busy = sum(self._sending[origin] for origin in self._suspects)
            return tuple(full.union(self._suspects) if busy >= self._for_suspects else full)

    def enter(self, origin: str) -> None:
        with self._lock:
            self._sending[origin] += 1

    def leave(self, origin: str, *, answered: bool) -> None:
        """End one sending; `answered` says whether a receiver was there at all."""
        with self._lock:
            self._sending[origin] -= 1
            if not self._sending[origin]:
                del self._sending[origin]
            self._suspects.pop(origin, None)
            if not answered:
                self._suspects[origin] = None
            if len(self._suspects) > REMEMBERED:
                self._suspects.popitem(last=False)
