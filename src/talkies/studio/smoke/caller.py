"""Calls routes of a deployment, and remembers which."""

import time
from collections.abc import Iterable
from typing import Any, Final, Self

import httpx

from talkies.errors import TalkiesError, Unavailable

#: Seconds that one answer may take; a cold start is not waited for longer.
SECONDS: Final = 60.0


class Unexpected(TalkiesError):
    """A route answered otherwise than it should."""

    code = "SMOKE_FAILED"
    exit_status = 1


class Caller:
    """An HTTP client of one deployment with one key; a context manager."""

    def __init__(self, url: str, key: str, *, seconds: float = SECONDS) -> None:
        self._client = httpx.Client(
            base_url=url.rstrip("/"), headers={"X-API-Key": key}, timeout=seconds
        )
        #: Method and path of every route that was called, as OpenAPI writes them.
        self.called: set[tuple[str, str]] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def call(
        self,
        method: str,
        path: str,
        *,
        expect: Iterable[int] = (200,),
        at: str = "",
        url: str = "",
        **more: Any,
    ) -> httpx.Response:
        """The answer of a route; `at` stands for what its path has in braces, `url` for all of it.

        Raises `Unexpected` for another status, and `Unavailable` where nobody answers.
        """
        self.called.add((method, path))
        begin, brace, rest = path.partition("{")
        place = url or (f"{begin}{at}{rest.partition('}')[2]}" if brace else path)
        try:
            answer = self._client.request(method, place, **more)
        except httpx.HTTPError as error:
            raise Unavailable(
                f"{method} {place} was not answered: {str(error).rstrip('.')}.",
                hint="Is the address right, and does the deployment run?",
            ) from error
        if answer.status_code not in set(expect):
            wanted = " or ".join(map(str, expect))
            raise Unexpected(
                f"{method} {place.partition('?')[0]} answered {answer.status_code}, not {wanted}: "
                f"{answer.text[:300]}",
            )
        return answer

    def begun(self, path: str, at: str) -> str:
        """The first line of a stream of events."""
        self.called.add(("GET", path))
        place = path.replace(path[path.find("{") : path.find("}") + 1], at) if at else path
        with self._client.stream("GET", place) as answer:
            if answer.status_code != httpx.codes.OK:
                raise Unexpected(f"GET {place} answered {answer.status_code}, not 200.")
            return next(answer.iter_lines(), "")

    def until_done(self, path: str, job_id: str, seconds: float) -> dict[str, Any]:
        """A job when it has ended; raises `Unexpected` where it has not by then."""
        end = time.monotonic() + seconds
        while True:
            job: dict[str, Any] = self.call("GET", path, at=job_id).json()
            if job["status"] in {"succeeded", "failed", "canceled"}:
                return job
            if time.monotonic() > end:
                raise Unexpected(f"{job_id} is still {job['status']} after {seconds:.0f} s.")
            time.sleep(0.5)
