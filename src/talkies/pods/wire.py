"""HTTP to one pod: with its secrets to its own address, without them to where its links lead."""

import contextlib
import json
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from talkies.errors import FetchFailed, MediaTooLarge, PodFailure, UnsafeAddress
from talkies.kit.files import replacing
from talkies.net.client import MOST_REDIRECTS, REDIRECTS, Answer, GuardedClient, Request
from talkies.net.guard import AddressPolicy, read_url, redirected
from talkies.net.resolver import Resolver
from talkies.pods.client import Reason, pod_failure, shown
from talkies.pods.pod import Pod, TokenPlace

#: Largest answer that is read as JSON; a job's record has a few kilobytes.
JSON_BYTES: Final = 1 << 20

#: Answers that say why it is not our pod's day, by status.
_REASONS: Final[Mapping[int, Reason]] = {
    401: "refused",
    403: "refused",
    407: "refused",
    429: "busy",
    503: "busy",
}

#: What proxies answer, without a word of JSON, whose pod is stopped, starting or overloaded; from
#: 520 on they are Cloudflare's, which stands before RunPod's.
_AWAY: Final = frozenset({404, 502, 503, 504, *range(520, 531)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much and how long."""

    #: Seconds of one small request.
    ask_seconds: float = 20.0
    #: Seconds of one file in either direction, and of silence in the middle of it.
    transfer_seconds: float = 600.0
    stall_seconds: float = 60.0
    #: Bytes of all files of an order, and of a video that comes back.
    most_sent: int = 1 << 30
    most_received: int = 4 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """How pods are reached."""

    resolver: Resolver
    #: Checks certificates; made once, because that takes time.
    tls: ssl.SSLContext
    #: Makes a client for links that lead away from a pod: it contacts what strangers may name.
    links: Callable[[], GuardedClient]
    agent: str = "talkies"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a pod answered to a small request."""

    status: int
    #: None where it is no JSON object.
    document: Mapping[str, Any] | None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300  # noqa: PLR2004 - 2xx is success

    @property
    def gone(self) -> bool:
        """Whether the service itself says that there is no such thing.

        A proxy whose pod is away answers 404 too, but with a page for people.
        """
        return self.status in {404, 410} and self.document is not None


class PodWire:
    """Asks one pod, for one piece of work."""

    def __init__(self, pod: Pod, ways: Ways, limits: Limits) -> None:
        self.pod = pod
        self.limits = limits
        self._ways = ways
        self._base = read_url(pod.url)
        policy = AddressPolicy(
            allow_schemes=frozenset({self._base.scheme}),
            allow_hosts=(self._base.host,),
            allow_ports=frozenset({self._base.port}),
            # The operator named it: it may be in the same room.
            allow_private=True,
        )
        self._own = GuardedClient(policy, ways.resolver, agent=ways.agent, tls=ways.tls)
        self._foreign: GuardedClient | None = None
        self._closed = False

    def ask(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        document: Mapping[str, Any] | None = None,
        seconds: float | None = None,
        max_bytes: int = JSON_BYTES,
    ) -> Said:
        """Send a small request, with a JSON body where there is one, and read its JSON answer."""
        body = b"" if document is None else json.dumps(document).encode()
        typed = {} if document is None else {"content-type": "application/json"}
        request = Request(
            url=self._url(path),
            method=method,
            headers={**self._secrets(), **typed, **(headers or {})},
            body=body,
            seconds=seconds or self.limits.ask_seconds,
        )
        return self._said(request, max_bytes)

    def send(
        self,
        path: str,
        pieces: Iterator[bytes],
        headers: Mapping[str, str],
        seconds: float | None = None,
    ) -> Said:
        """Send a large body; `headers` has its length."""
        request = Request(
            url=self._url(path),
            method="POST",
            headers={**self._secrets(), **headers},
            body=pieces,
            seconds=seconds or self.limits.transfer_seconds,
            stall_seconds=None if seconds else self.limits.stall_seconds,
        )
        return self._said(request)

    def path(self, path: str) -> str:
        """The link to a path of the pod's own, for `bring`."""
        return self.pod.url + path

    def bring(self, link: str, path: Path) -> None:
        """Write what a link of the pod gives to `path`; the file is whole or not there.

        The pod's secrets go to its own origin alone. Elsewhere only addresses are contacted that
        strangers may name.
        """
        with self._translated(own=False):
            url = redirected(self._base, link)
            for _ in range(MOST_REDIRECTS + 1):
                with self._opened(url) as answer:
                    location = answer.headers.get("location")
                    if answer.status not in REDIRECTS or location is None:
                        self._write(answer, path)
                        return
                    url = redirected(read_url(url), location)
        raise self.failure("answer", "redirects for ever.")

    def quoted(self, text: str) -> str:
        """What the pod says, fit for people: it knows our secrets, and may say them."""
        for secret in filter(None, (self.pod.token, self.pod.api_key)):
            text = text.replace(secret, "…").replace(quote(secret, safe=""), "…")
        return shown(text)

    def failure(self, reason: Reason, message: str) -> PodFailure:
        return pod_failure(self.pod, reason, message)

    def refusal(self, said: Said, what: str) -> PodFailure:
        """The failure behind an answer that is none of 2xx."""
        reason = _REASONS.get(said.status, "answer")
        if said.document is None and said.status in _AWAY:
            reason = "unreachable"
        explained: Mapping[Reason, str] = {
            "unreachable": f"is not behind its address (status {said.status}).",
            "refused": f"does not accept our key or token (status {said.status}).",
            "busy": f"has no room now (status {said.status}).",
        }
        return self.failure(reason, explained.get(reason, f"answered {said.status} to {what}."))

    def document(self, said: Said, what: str) -> Mapping[str, Any]:
        """The JSON object that was answered to `what`, as "a question about a job"."""
        if not said.ok:
            raise self.refusal(said, what)
        if said.document is None:
            raise self.failure("answer", "answered something that is no JSON object.")
        return said.document

    def close(self) -> None:
        self._closed = True
        self._own.close()
        if self._foreign is not None:
            self._foreign.close()

    def _said(self, request: Request, max_bytes: int = JSON_BYTES) -> Said:
        with self._translated(own=True), self._own.open(request) as answer:
            body = b"".join(answer.parts(max_bytes))
            return Said(status=answer.status, document=_object(body), headers=answer.headers)

    def _opened(self, url: str) -> AbstractContextManager[Answer]:
        own = read_url(url).origin == self._base.origin
        client = self._own if own else self._stranger()
        request = Request(
            url=self._with_token(url) if own else url,
            headers=self._secrets() if own else {},
            seconds=self.limits.transfer_seconds,
            stall_seconds=self.limits.stall_seconds,
        )
        return client.open(request)

    def _stranger(self) -> GuardedClient:
        if self._foreign is None:
            self._foreign = self._ways.links()
            if self._closed:
                self._foreign.close()
        return self._foreign

    def _write(self, answer: Answer, path: Path) -> None:
        if answer.status != 200:  # noqa: PLR2004 - OK
            raise self.failure("answer", f"answered {answer.status} instead of the video.")
        with replacing(path) as partial:
            with partial.open("wb") as file:
                for part in answer.parts(self.limits.most_received):
                    file.write(part)
            if not partial.stat().st_size:
                raise self.failure("answer", "gave an empty file for the video.")

    def _url(self, path: str) -> str:
        return self._with_token(f"{self.pod.url}{path}")

    def _with_token(self, url: str) -> str:
        if self.pod.token is None or self.pod.token_place is not TokenPlace.QUERY:
            return url
        return f"{url}{'&' if '?' in url else '?'}token={quote(self.pod.token, safe='')}"

    def _secrets(self) -> dict[str, str]:
        pod = self.pod
        bearer = pod.token if pod.token_place is TokenPlace.HEADER else None
        return {
            **({"authorization": f"Bearer {bearer}"} if bearer else {}),
            **({"x-api-key": pod.api_key} if pod.api_key else {}),
        }

    @contextlib.contextmanager
    def _translated(self, *, own: bool) -> Iterator[None]:
        """Turn what the network does into the pod's failure."""
        try:
            yield
        except FetchFailed as error:
            said = error.message[:1].lower() + error.message[1:]
            raise self.failure("unreachable", f"failed: {said}") from error
        except MediaTooLarge as error:
            raise self.failure("answer", "sent more than is taken from a pod.") from error
        except UnsafeAddress as error:
            if own:
                raise self.failure("unreachable", "has an address that is not there.") from error
            raise self.failure("answer", "leads to an address that is not contacted.") from error


def _object(body: bytes) -> Mapping[str, Any] | None:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
