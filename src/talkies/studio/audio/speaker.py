"""Speaking and listening at once, for a caller who waits: each in a maker, so many at a time."""

import json
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from talkies.errors import MediaTooLarge, Unavailable
from talkies.kit.clock import Clock, now
from talkies.kit.ids import new_id
from talkies.kit.scratch import Scratch
from talkies.studio.audio.steps import ORDER, RECORDING
from talkies.studio.maker_process import Patience
from talkies.studio.making import Makers
from talkies.studio.speaking import Script
from talkies.studio.videos.workbench import TIMING

#: Longest recording that is worth waiting for: it takes about ten seconds. Seconds.
WAIT_SECONDS: Final = 60.0

#: Seconds that a request may take; a client that reads slowly counts.
PATIENCE: Final = Patience(wall_seconds=600.0)

#: What those wait who come when all are busy. Seconds.
RETRY_SECONDS: Final = 2


class Speaker:
    """Makes speech and listens to it while somebody waits."""

    def __init__(
        self, makers: Makers, scratch: Scratch, *, most: int = 4, clock: Clock = now
    ) -> None:
        """`most` requests are answered at a time."""
        self._makers = makers
        self._scratch = scratch
        self._free = threading.BoundedSemaphore(most)
        self._clock = clock

    def stream(self, script: Script, response_format: str) -> Iterator[bytes]:
        """The encoded speech, sentence by sentence; the first bytes are there at once.

        Closing it early ends the work. Raises, before it returns, what the script makes impossible;
        and `Unavailable` where everybody is busy.
        """
        blocks = self._blocks(script, response_format)
        return _begun(next(blocks, b""), blocks)

    def align(
        self, bring: Callable[[Path], object], transcript: str | None, language: str | None
    ) -> dict[str, Any]:
        """The timing document of a recording, which `bring` puts where it is told.

        Raises `MediaTooLarge` with `details["wait_seconds"]` where it is longer than that,
        `Unavailable` where everybody is busy, and what the recording makes impossible.
        """
        job = new_id("now", self._clock)
        with self._slot():
            folder = self._scratch.folder(job)
            try:
                bring(folder / RECORDING)
                return self._aligned(folder, transcript, language)
            finally:
                self._scratch.remove(job)

    def _blocks(self, script: Script, response_format: str) -> Generator[bytes, None, None]:
        command = {"do": "stream", "script": asdict(script), "format": response_format}
        with self._slot(), self._makers.lend() as maker:
            for header, block in maker.events(command, PATIENCE):
                if header.get("event") == "sound":
                    yield block

    def _aligned(
        self, folder: Path, transcript: str | None, language: str | None
    ) -> dict[str, Any]:
        order = {"transcript": transcript, "language": language, "max_seconds": WAIT_SECONDS}
        (folder / ORDER).write_text(json.dumps(order), encoding="utf-8")
        try:
            with self._makers.lend() as maker:
                maker.do({"do": "align", "folder": str(folder)}, PATIENCE)
        except MediaTooLarge as error:
            if "limit_seconds" not in error.details:
                raise
            raise MediaTooLarge(
                f"The recording is longer than {WAIT_SECONDS:g} s, too long to be waited for.",
                hint="Send it as a job, or in parts.",
                details={"wait_seconds": WAIT_SECONDS},
            ) from error
        document: dict[str, Any] = json.loads((folder / TIMING).read_text(encoding="utf-8"))
        return document

    @contextmanager
    def _slot(self) -> Iterator[None]:
        if not self._free.acquire(blocking=False):
            raise Unavailable(
                "Everybody is speaking or listening already.",
                details={"retry_after_seconds": RETRY_SECONDS},
            )
        try:
            yield
        finally:
            self._free.release()


def _begun(first: bytes, rest: Generator[bytes, None, None]) -> Iterator[bytes]:
    try:
        yield first
        yield from rest
    finally:
        rest.close()
