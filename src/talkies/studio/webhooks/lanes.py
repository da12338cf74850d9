"""Which receivers may be sent to now, so that dead and slow ones leave room for the others."""

import threading
from collections import Counter, OrderedDict
from dataclasses import dataclass
from typing import Final

#: Deliveries at once to one receiver that answers promptly, and to any other.
PROVEN, UNPROVEN = 4, 1

#: Receivers that are remembered as prompt.
REMEMBERED: Final = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """Where a free worker may send to."""

    #: Receivers that have as many workers as they may.
    avoid: tuple[str, ...] = ()
    #: Nowhere but to these; None means anywhere.
    only: tuple[str, ...] | None = None


class Lanes:
    """Counts what is being sent by receiver.

    A receiver is proven when its last answer was prompt. All that are not proven, new ones too,
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
                receiver
                for receiver, count in self._sending.items()
                if count >= (PROVEN if receiver in self._proven else UNPROVEN)
            }
            unproven = sum(
                count for receiver, count in self._sending.items() if receiver not in self._proven
            )
            if unproven < self._for_unproven:
                return Lane(avoid=tuple(full))
            return Lane(only=tuple(receiver for receiver in self._proven if receiver not in full))

    def enter(self, receiver: str) -> None:
        with self._lock:
            self._sending[receiver] += 1

    def leave(self, receiver: str, *, prompt: bool) -> None:
        """End one sending; `prompt` says whether an answer came soon, whatever it said."""
        with self._lock:
            self._sending[receiver] -= 1
            if not self._sending[receiver]:
                del self._sending[receiver]
            self._proven.pop(receiver, None)
            if prompt:
                self._proven[receiver] = None
            if len(self._proven) > REMEMBERED:
                self._proven.popitem(last=False)
