"""How often a download is tried, and how long it waits between."""

import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

#: Bytes after which an attempt counts as progress: what failed before it is forgotten.
PROGRESS: Final = 1 << 20
#: Answers that may be others a moment later: timeouts, throttling and a server's own troubles.
PASSING: Final = frozenset({408, 425, 429, 500, 502, 503, 504})

_SECONDS: Final = re.compile(r"(?P<seconds>[0-9]{1,8})")
_RESET: Final = re.compile(r";\s*t=(?P<seconds>[0-9]{1,8})\b")

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Tries of one file, or of one question, that bring nothing; and the waits between them."""

    tries: int = 3
    #: Before the second try; each further wait is twice as long.
    first_seconds: float = 1.0
    #: No wait is longer, whatever a server asks for.
    most_seconds: float = 300.0
    #: Longest silence of a server in the middle of an answer.
    stall_seconds: float = 60.0

    def wait(self, failures: int, asked: float | None = None) -> float:
        """Seconds to wait after so many failures in a row; `asked` is a server's `Retry-After`.

        Between half of the time and all of it, by chance, so that many machines that failed at
        once do not come back at once.
        """
        doubled = self.first_seconds * 2.0 ** (failures - 1)
        jittered = doubled * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
        return min(self.most_seconds, max(jittered, asked or 0.0))

    def ask(
        self,
        question: Callable[[], _T],
        hear: Callable[[str, float], None],
        sleep: Callable[[float], None] = time.sleep,
    ) -> _T:
        """The answer to a question that may have to be asked again.

        `hear` gets the reason and the wait before each further try. Raises the last `Passing`.
        """
        for failures in range(1, self.tries):
            try:
                return question()
            except Passing as error:
                wait = self.wait(failures, error.asked)
                hear(error.reason, wait)
                sleep(wait)
        return question()


class Passing(Exception):
    """It failed in a way that may be over soon."""

    def __init__(self, reason: str, *, asked: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        #: Seconds that the server asks us to wait.
        self.asked = asked


def asked_seconds(headers: Mapping[str, str]) -> float | None:
    """Seconds that a server asks to wait; names of `headers` are in lower case.

    `Retry-After`, whose form as a date few servers send and is not read; else the time until the
    quota is new, as the model hub says it (draft-ietf-httpapi-ratelimit-headers: `"api";r=0;t=55`).
    """
    text = headers.get("retry-after", "").strip()
    found = _SECONDS.fullmatch(text) or _RESET.search(headers.get("ratelimit", ""))
    return float(found["seconds"]) if found else None
