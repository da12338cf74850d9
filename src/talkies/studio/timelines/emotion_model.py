"""Emotions planned by a chat model of somebody else's, and what is done where it fails."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Final

from talkies.core.alignment import Alignment
from talkies.core.direction.feelings import FaceChange
from talkies.core.direction.phrases import Phrase, phrases
from talkies.core.rig.model import RigConfig
from talkies.net.client import GuardedClient
from talkies.studio.model_service import (
    ModelService,
    NoAnswer,
    Patience,
    Question,
    ask,
    patiently,
)
from talkies.studio.timelines.create import goes_on
from talkies.studio.timelines.emotion_chat import expressive, most_changes, plan_in, question

#: Bytes of an answer; a plan of some minutes has a tenth of it.
MOST_BYTES: Final = 1_000_000
#: Seconds of speech that are asked about at once: what one answer holds well.
PIECE_SECONDS: Final = 240.0
#: A phrase is parted by time alone, so frames have no part in it.
_FPS: Final = Fraction(25)

#: Seconds of a wait after which it is asked anew whether to go on.
STEP_SECONDS: Final = 0.5

PATIENCE: Final = Patience(backoff=1.0, longest_wait=20.0, answer=60.0, all=120.0)


class EmotionModel:
    """Asks a service that speaks OpenAI's protocol for plans of the face."""

    def __init__(
        self,
        client: GuardedClient,
        service: ModelService,
        *,
        patience: Patience = PATIENCE,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client, self._service = client, service
        self._patience = patience
        self._sleep, self._clock = sleep, clock

    def plan(
        self,
        alignment: Alignment,
        config: RigConfig,
        warn: Callable[[str], None],
        going: Callable[[], object] = goes_on,
        /,
    ) -> tuple[FaceChange, ...] | None:
        """Changes of the face to what is said, half a second apart at least.

        None where there is no plan: `warn` hears why, and the built-in rules are to make it.
        `going` is called before every question and while anything is waited for, and may raise to
        stop.
        """
        try:
            return tuple(self._planned(alignment, expressive(config), going))
        except NoAnswer as error:
            warn(f"The model did not plan the expressions ({error}); the built-in rules did.")
            return None

    def _planned(
        self, alignment: Alignment, expressions: Sequence[str], going: Callable[[], object]
    ) -> Iterator[FaceChange]:
        if not alignment.words:
            raise NoAnswer("it reads words, and there is no transcript")
        for piece in _pieces(phrases(alignment, _FPS)):
            yield from self._asked(piece, expressions, alignment.seconds, going)

    def _asked(
        self,
        piece: Sequence[Phrase],
        expressions: Sequence[str],
        end: float,
        going: Callable[[], object],
    ) -> list[FaceChange]:
        """The plan of one piece; raises `NoAnswer` when patience is at its end."""
        most = most_changes(piece[-1].end - piece[0].start)
        asked = Question(
            path="/chat/completions",
            content_type="application/json",
            body=question(self._service.emotion_model, piece, expressions, most),
            most_bytes=MOST_BYTES,
        )

        def attempt(seconds: float) -> list[FaceChange]:
            going()
            answer = ask(self._client, self._service, asked, seconds, going)
            return plan_in(answer, expressions, end, most)

        def wait(seconds: float) -> None:
            for _ in range(math.floor(seconds / STEP_SECONDS)):
                going()
                self._sleep(STEP_SECONDS)
            self._sleep(seconds % STEP_SECONDS)

        return patiently(attempt, self._patience, sleep=wait, clock=self._clock)


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
