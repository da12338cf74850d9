"""A video from whichever pod can make it: one after another, until one does."""

import logging
from dataclasses import dataclass, field
from pathlib import Path

from talkies.errors import NoPodAvailable, PodFailure, TalkiesError
from talkies.pods.client import Connect, Order
from talkies.pods.pod import Pod
from talkies.pods.pool import Pool, Wish
from talkies.pods.relay import Note, Relay, RelayRules, Watch

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchRules:
    """How hard it is tried."""

    #: Different pods that are tried for one video.
    attempts: int = 3
    relay: RelayRules = field(default_factory=RelayRules)


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """How a video came."""

    pod: str
    #: Failures of the pods before, as whole sentences.
    failures: tuple[str, ...]


class Dispatcher:
    """Sends orders to the pods of a pool. Any thread may call it."""

    def __init__(self, pool: Pool, connect: Connect, rules: DispatchRules) -> None:
        self._pool = pool
        self._connect = connect
        self._rules = rules

    def render(
        self, order: Order, path: Path, watch: Watch, *, seconds: float, note: Note | None = None
    ) -> Brought:
        """Bring the order's video to `path`; each pod has `seconds`.

        `note` says where an earlier worker had it. What a pod began and did not deliver is
        canceled there, unless `watch.leaves`.

        Raises:
            PodFailure, or the pod's own error: the last of as many pods as are tried.
            NoPodAvailable: there is none to try.
            InvalidInput: the order itself cannot be done.
            Canceled, and what `watch.progress` raises.
        """
        failures: dict[str, PodFailure] = {}
        while True:
            wish = Wish(
                engine=order.engine,
                without=frozenset(failures),
                prefer=note.pod if note else None,
            )
            try:
                with self._pool.lend(wish, watch.stop.event) as pod:
                    known, note = self._elsewhere(note, pod), None
                    relay = Relay(pod, self._connect, self._rules.relay)
                    relay.run(order, path, watch, seconds=seconds, known=known)
                    return Brought(
                        pod=pod.name, failures=tuple(one.message for one in failures.values())
                    )
            except PodFailure as failure:
                log.warning("%s", failure.message)
                failures[str(failure.details["pod"])] = failure
                if len(failures) >= self._rules.attempts:
                    raise _own(failure) from None
            except NoPodAvailable as nothing:
                raise _last(failures, nothing) from None

    def cancel(self, note: Note) -> None:
        """Let a pod stop what was noted, where it is still in the list."""
        pod = next((one for one in self._pool.pods if one.name == note.pod), None)
        if pod is not None:
            Relay(pod, self._connect, self._rules.relay).cancel(note.remote_id)

    def _elsewhere(self, note: Note | None, pod: Pod) -> str | None:
        """The job that is known on this pod; one on another pod is canceled there."""
        if note is None:
            return None
        if note.pod == pod.name:
            return note.remote_id
        self.cancel(note)
        return None


def _own(failure: PodFailure) -> TalkiesError:
    """The error that people see: what went wrong in the job rather than that a pod failed."""
    cause = failure.__cause__
    if failure.details.get("reason") == "job" and isinstance(cause, TalkiesError):
        cause.details["pod"] = failure.details["pod"]
        return cause
    return failure


def _last(failures: dict[str, PodFailure], nothing: NoPodAvailable) -> TalkiesError:
    """Where pods were tried, what they did says more than that there is no other."""
    return _own(list(failures.values())[-1]) if failures else nothing
