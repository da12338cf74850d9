"""The service whose models may help, one that speaks OpenAI's protocol, and how it is asked."""

import json
import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import count
from typing import Any, Final, TypeVar

from talkies.errors import FetchFailed, MediaTooLarge, UnsafeAddress
from talkies.net.client import Answer, GuardedClient, Request
from talkies.net.wire import Going

#: Statuses that may be another next time (RFC 9110; OpenAI's guide to error codes).
_PASSING: Final = frozenset({408, 409, 425, 429})

Answered = TypeVar("Answered")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelService:
    """Where it is, who we are there, and which of its models we use."""

    #: Without a slash at its end: `https://api.openai.com/v1`.
    base_url: str
    #: None where it asks for none, as one on this machine.
    key: str | None = field(default=None, repr=False)
    #: Plans emotions.
    emotion_model: str
    #: Paints expressions.
    image_model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One request to the service."""

    #: Below the service's address: `/images/edits`.
    path: str
    content_type: str
    body: bytes
    #: Bytes of an answer that are read.
    most_bytes: int


class NoAnswer(Exception):
    """One attempt came to nothing; the text says why, in a few words about "it", the model."""

    def __init__(self, why: str, *, code: str = "", final: bool = False, wait: float = 0.0) -> None:
        """`final` where asking again would not help; else `wait` seconds before, at least.

        `code` is the vendor's name for what went wrong, where it gave one.
        """
        super().__init__(why)
        self.code, self.final, self.wait = code, final, wait


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long and how often a model is asked; seconds."""

    attempts: int = 4
    #: Wait before the second attempt; it doubles.
    backoff: float
    #: No wait is longer, whatever the server asks for.
    longest_wait: float
    #: For one answer, and for all attempts at one.
    answer: float
    all: float = math.inf


def ask(
    client: GuardedClient,
    service: ModelService,
    asked: Question,
    seconds: float,
    going: Going | None = None,
) -> bytes:
    """The body of an answer, which takes so many seconds at most.

    Raises `NoAnswer`, and what `going` does, which is called while the answer is waited for.
    """
    headers = {"content-type": asked.content_type, "content-length": str(len(asked.body))}
    if service.key is not None:
        headers["authorization"] = f"Bearer {service.key}"
    request = Request(
        url=f"{service.base_url}{asked.path}",
        method="POST",
        headers=headers,
        body=asked.body,
        seconds=seconds,
        going=going,
    )
    try:
        with client.open(request) as answer:
            data = b"".join(answer.parts(asked.most_bytes))
    except (FetchFailed, MediaTooLarge, UnsafeAddress) as error:
        why = error.message.rstrip(".")
        raise NoAnswer(why[:1].lower() + why[1:], final=not error.retryable) from error
    if answer.status != HTTPStatus.OK:
        raise _refusal(answer, data)
    return data


def read_json(data: str | bytes) -> Any:
    """The value of a JSON text; raises `ValueError`, for one that is nested too deep as well."""
    try:
        return json.loads(data)
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def patiently(
    attempt: Callable[[float], Answered],
    patience: Patience,
    *,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Answered:
    """What an attempt gives, which hears how many seconds it has; raises the last `NoAnswer`."""
    until = clock() + patience.all
    for number in count():
        try:
            return attempt(min(patience.answer, until - clock()))
        except NoAnswer as failure:
            wait = min(max(failure.wait, patience.backoff * 2**number), patience.longest_wait)
            late = clock() + wait >= until
            if failure.final or late or number + 1 >= patience.attempts:
                raise
        sleep(wait)
    raise AssertionError("counting does not end")


def _refusal(answer: Answer, body: bytes) -> NoAnswer:
    """What another status than 200 comes to."""
    code = _code(body)
    passing = answer.status in _PASSING or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    # An account that has no money has none in a minute either.
    final = not passing or code == "insufficient_quota"
    wait = _seconds(answer.headers.get("retry-after", ""))
    why = f"it answered {answer.status} {code}".rstrip()
    return NoAnswer(why, code=code, final=final, wait=wait)


def _code(body: bytes) -> str:
    """The vendor's name for what went wrong. Its sentences are not repeated: they quote keys."""
    try:
        code = read_json(body)["error"]["code"]
    except (ValueError, LookupError, TypeError):
        return ""
    return code if isinstance(code, str) and re.fullmatch("[a-z0-9_]{1,60}", code) else ""


def _seconds(text: str) -> float:
    """Seconds of a `Retry-After`; the form with a date is not used by these services."""
    return float(text) if re.fullmatch(r"[0-9]{1,6}(\.[0-9]+)?", text.strip()) else 0.0
