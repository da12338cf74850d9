"""Emotions planned by a chat model of somebody else's, and what is done where it fails."""

import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from http import HTTPStatus
from typing import Final

from talkies.core.alignment import Alignment
from talkies.core.direction.feelings import FaceChange
from talkies.core.direction.phrases import Phrase, phrases
from talkies.core.rig.model import RigConfig
from talkies.errors import TalkiesError
from talkies.net.client import Answer, GuardedClient, Request
from talkies.studio.model_service import ModelService
from talkies.studio.timelines.emotion_chat import (
    Unusable,
    expressive,
    most_changes,
    plan_in,
    question,
)

#: Bytes of an answer; a plan of some minutes has a tenth of it.
MOST_BYTES: Final = 1_000_000
#: Seconds of speech that are asked about at once: what one answer holds well.
PIECE_SECONDS: Final = 240.0
#: Statuses that may be another next time (RFC 9110; OpenAI's guide to error codes).
_PASSING: Final = frozenset({408, 409, 425, 429})
#: A phrase is parted by time alone, so frames have no part in it.
_FPS: Final = Fraction(25)

Warn = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long and how often a model is asked; seconds."""

    attempts: int = 4
    #: Wait before the second attempt; it doubles.
    backoff: float = 1.0
    #: No wait is longer, whatever the server asks for.
    longest_wait: float = 20.0
    #: For one answer, and for all attempts at one piece.
    answer: float = 60.0
    all: float = 120.0


class EmotionModel:
    """Asks a service that speaks OpenAI's protocol for plans of the face."""

    def __init__(
        self,
        client: GuardedClient,
        service: ModelService,
        *,
        patience: Patience | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client, self._service = client, service
        self._patience = patience or Patience()
        self._sleep, self._clock = sleep, clock

    def plan(
        self, alignment: Alignment, config: RigConfig, warn: Warn
    ) -> tuple[FaceChange, ...] | None:
        """Changes of the face to what is said, half a second apart at least.

        None where there is no plan: `warn` hears why, and the built-in rules are to make it.
        """
        try:
            return tuple(self._planned(alignment, expressive(config)))
        except Unusable as error:
            warn(f"The model did not plan the expressions ({error}); the built-in rules did.")
            return None

    def _planned(self, alignment: Alignment, expressions: Sequence[str]) -> Iterator[FaceChange]:
        if not alignment.words:
            raise Unusable("it reads words, and there is no transcript")
        for piece in _pieces(phrases(alignment, _FPS)):
            yield from self._asked(piece, expressions, alignment.seconds)

    def _asked(
        self, piece: Sequence[Phrase], expressions: Sequence[str], end: float
    ) -> list[FaceChange]:
        """The plan of one piece; raises `Unusable` when patience is at its end."""
        patience = self._patience
        most = most_changes(piece[-1].end - piece[0].start)
        body = question(self._service.emotion_model, piece, expressions, most)
        until = self._clock() + patience.all
        attempt = 0
        while True:
            attempt += 1
            try:
                seconds = min(patience.answer, until - self._clock())
                return plan_in(self._answer(body, seconds), expressions, end, most)
            except Unusable as error:
                wait = max(error.wait, patience.backoff * 2 ** (attempt - 1))
                wait = min(wait, patience.longest_wait)
                late = self._clock() + wait >= until
                if error.final or late or attempt >= patience.attempts:
                    raise
            self._sleep(wait)

    def _answer(self, body: object, seconds: float) -> bytes:
        data = json.dumps(body, ensure_ascii=False).encode()
        headers = {"content-type": "application/json", "content-length": str(len(data))}
        if self._service.key is not None:
            headers["authorization"] = f"Bearer {self._service.key}"
        request = Request(
            url=f"{self._service.base_url}/chat/completions",
            method="POST",
            headers=headers,
            body=data,
            seconds=seconds,
        )
        try:
            with self._client.open(request) as answer:
                text = b"".join(answer.parts(MOST_BYTES))
        except TalkiesError as error:
            why = error.message.rstrip(".")
            raise Unusable(why[:1].lower() + why[1:], final=not error.retryable) from error
        if answer.status != HTTPStatus.OK:
            raise _refusal(answer, text)
        return text


def _refusal(answer: Answer, body: bytes) -> Unusable:
    """What another status than 200 comes to."""
    code = _code(body)
    passing = answer.status in _PASSING or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    # An account that has no money has none in a minute either.
    final = not passing or code == "insufficient_quota"
    wait = _seconds(answer.headers.get("retry-after", ""))
    return Unusable(f"it answered {answer.status} {code}".rstrip(), final=final, wait=wait)


def _code(body: bytes) -> str:
    """The vendor's name for what went wrong. Its sentences are not repeated: they quote keys."""
    try:
        code = json.loads(body)["error"]["code"]
    except (ValueError, LookupError, TypeError):
        return ""
    return code if isinstance(code, str) and re.fullmatch("[a-z0-9_]{1,60}", code) else ""


def _seconds(text: str) -> float:
    """Seconds of a `Retry-After`; the form with a date is not used by these services."""
    return float(text) if re.fullmatch(r"[0-9]{1,6}(\.[0-9]+)?", text.strip()) else 0.0


def _pieces(found: Sequence[Phrase]) -> Iterator[list[Phrase]]:
    """Phrases in pieces of some minutes."""
    piece: list[Phrase] = []
    for phrase in found:
        if piece and phrase.end - piece[0].start > PIECE_SECONDS:
            yield piece
            piece = []
        piece.append(phrase)
    if piece:
        yield piece
