"""The handler of the platform's SDK: a request in, its answer out, and word on the way.

The SDK's loop stays free while a job runs, so that it hears of cancels.
"""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from talkies.errors import Canceled, TalkiesError
from talkies.jobs.ledger import described
from talkies.jobs.records import Document
from talkies.studio.serverless.answers import failure
from talkies.studio.serverless.desk import Order, ServesOrders

#: Least seconds between two words about one job.
TELL_SECONDS: Final = 2.0

#: Longest that the answer waits for a word that is on its way. The platform takes them in any
#: order, and a word after the answer would open the job again (runpod-python#250).
LAST_WORD_SECONDS: Final = 10.0

#: Tells the platform how far a request is; returns once it took the word.
Send = Callable[[Mapping[str, Any], Document], Awaitable[None]]

log = logging.getLogger(__name__)


class Handler:
    """Serves the requests of one worker."""

    def __init__(
        self,
        desk: ServesOrders,
        send: Send | None = None,
        *,
        tell_seconds: float = TELL_SECONDS,
        last_word_seconds: float = LAST_WORD_SECONDS,
    ) -> None:
        """Without `send`, nobody hears how far a job is."""
        self._desk = desk
        self._send = send
        self._tell_seconds = tell_seconds
        self._last_word_seconds = last_word_seconds

    async def handle(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """What the SDK is to return for a request; what fails is an answer with `error`.

        Raises `CancelledError` where the platform stopped the request, after the job has ended.
        """
        try:
            order = Order.read(request)
        except TalkiesError as error:
            return failure(described(error))
        word = _Word()
        telling = asyncio.create_task(self._tell(request, word))
        try:
            return await self._served(order, word)
        except TalkiesError as error:
            return failure(described(error))
        except Exception:  # the SDK would show the platform's users our traceback
            log.exception("request %s failed", order.id)
            hint = "The worker's log has the cause."
            return failure(
                described(TalkiesError("Something went wrong on this worker.", hint=hint))
            )
        finally:
            word.end()
            await _settled(telling, self._last_word_seconds)

    async def _served(self, order: Order, word: "_Word") -> dict[str, Any]:
        stop, loop = threading.Event(), asyncio.get_running_loop()

        def tell(document: Document) -> None:
            loop.call_soon_threadsafe(word.say, document)

        work = asyncio.ensure_future(asyncio.to_thread(self._desk.serve, order, stop, tell))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            stop.set()
            # The next request must not begin while this one still holds the graphics card.
            await asyncio.wait({work})
            if not isinstance(work.exception(), Canceled | None):
                log.warning("request %s ended badly: %s", order.id, work.exception())
            raise

    async def _tell(self, request: Mapping[str, Any], word: "_Word") -> None:
        """Pass on what is new, now and then, until the end."""
        said: Document | None = None
        while self._send is not None:
            document = await word.next(said)
            if document is None:
                return
            said, began = document, time.monotonic()
            try:
                await self._send(request, document)
            except Exception as error:  # noqa: BLE001 - the job is worth more than word about it
                log.warning("progress was not told: %s", error)
            await word.pause(self._tell_seconds - (time.monotonic() - began))


class _Word:
    """The latest that is known of a job."""

    def __init__(self) -> None:
        self._latest: Document | None = None
        self._changed = asyncio.Event()
        self._ended = asyncio.Event()

    def say(self, document: Document) -> None:
        self._latest = document
        self._changed.set()

    def end(self) -> None:
        self._ended.set()
        self._changed.set()

    async def next(self, said: Document | None) -> Document | None:
        """The latest that is other than what was said; None at the end."""
        while not self._ended.is_set():
            if self._latest is not None and self._latest != said:
                return self._latest
            self._changed.clear()
            await self._changed.wait()
        return None

    async def pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ended.wait(), max(0.0, seconds))


async def _settled(telling: "asyncio.Task[None]", seconds: float) -> None:
    """Wait until the last word was taken, or give it up."""
    done, _ = await asyncio.wait({telling}, timeout=seconds)
    if not done:
        log.warning("a word of progress is still on its way and was given up")
        telling.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await telling
