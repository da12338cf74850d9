"""One video on one pod: asked for, followed, brought back, and stopped there when it is in vain."""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Protocol

from talkies.errors import Canceled, InvalidInput, PodFailure, TalkiesError
from talkies.pods.client import (
    Accepted,
    Client,
    Connect,
    Look,
    Order,
    RemoteState,
    Withdrawing,
    pod_failure,
)
from talkies.pods.pod import Pod

#: Seconds between two looks at a job: a share of its age, so that a short one is soon known to be
#: done and a long one costs few questions.
LEAST_PACE: Final = 0.1
PACE_SHARE: Final = 0.05

#: How often a video is fetched whose render is done.
FETCH_TRIES: Final = 3

log = logging.getLogger(__name__)


class Stop:
    """How another thread ends work on a pod: what waits wakes up, and connections are cut."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self._lock = threading.Lock()
        self._cut: Callable[[], None] | None = None

    def set(self) -> None:
        """Stop; may be called more than once."""
        with self._lock:
            self.event.set()
            if self._cut is not None:
                self._cut()

    @contextlib.contextmanager
    def cutting(self, cut: Callable[[], None]) -> Iterator[None]:
        """Call `cut`, from whichever thread, where it is to stop within the block."""
        with self._lock:
            self._cut = cut
            if self.event.is_set():
                cut()
        try:
            yield
        finally:
            with self._lock:
                self._cut = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Where a piece of work is, for whoever goes on with it after us."""

    pod: str
    remote_id: str


class Watch(Protocol):
    """Who waits for a video."""

    @property
    def stop(self) -> Stop: ...

    @property
    def leaves(self) -> bool:
        """Whether somebody else goes on with the remote job, so that it is not to be canceled."""
        ...

    def progress(self, fraction: float) -> None:
        """How far the pod says it is, 0 to 1. May raise to stop."""
        ...

    def noted(self, note: Note) -> None:
        """Write down where the work is."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayRules:
    """How long a pod is believed in."""

    #: Seconds without an answer that is understood, while a job is at work there.
    lost_seconds: float = 20.0
    #: Seconds between two looks, at most.
    most_pace: float = 5.0
    #: Seconds before a video that was cut on its way is fetched again.
    fetch_pause: float = 1.0


class Relay:
    """Carries one order to one pod, and its video back."""

    def __init__(self, pod: Pod, connect: Connect, rules: RelayRules) -> None:
        self._pod = pod
        self._connect = connect
        self._rules = rules

    def run(
        self, order: Order, path: Path, watch: Watch, *, seconds: float, known: str | None = None
    ) -> None:
        """Bring the order's video to `path`; `known` is a job there that may already make it.

        Raises:
            PodFailure: as `Client`; of reason `slow` after `seconds`; of reason `job` with the
                pod's own error as its cause.
            InvalidInput: the order itself cannot be done.
            Canceled: it was stopped. And what `watch.progress` raises.
        """
        client = self._connect(self._pod)
        try:
            with watch.stop.cutting(client.close), self._stoppable(watch):
                self._carried(client, order, path, watch, seconds=seconds, known=known)
        finally:
            client.close()

    def cancel(self, remote_id: str) -> None:
        """Let the pod stop a job, as far as that can be done."""
        client = self._connect(self._pod)
        try:
            client.cancel(remote_id)
        except PodFailure as failure:
            log.warning("the job %s may still run: %s", remote_id, failure.message)
        finally:
            client.close()

    def _carried(
        self,
        client: Client,
        order: Order,
        path: Path,
        watch: Watch,
        *,
        seconds: float,
        known: str | None,
    ) -> None:
        end = time.monotonic() + seconds
        accepted = self._known(client, known) or self._submitted(client, order, watch)
        remote_id = accepted.remote_id
        try:
            if remote_id is not None:
                watch.noted(Note(pod=self._pod.name, remote_id=remote_id))
            look = self._followed(client, accepted, watch, end)
            self._fetch(partial(client.fetch, remote_id, self._good(look), path), watch)
        except BaseException:
            if remote_id is not None and not watch.leaves:
                self.cancel(remote_id)
            raise

    def _submitted(self, client: Client, order: Order, watch: Watch) -> Accepted:
        try:
            return client.submit(order)
        except PodFailure:
            if watch.stop.event.is_set() and not watch.leaves:
                self._withdraw(order)
            raise

    def _withdraw(self, order: Order) -> None:
        """End a job of whose beginning we did not hear any more."""
        client = self._connect(self._pod)
        try:
            if isinstance(client, Withdrawing):
                client.withdraw(order)
        except PodFailure as failure:
            log.warning("a job of %s may still run: %s", order.key, failure.message)
        finally:
            client.close()

    def _fetch(self, fetch: Callable[[], None], watch: Watch) -> None:
        """Bring the video; a cut on the way does not cost the whole render."""
        for number in range(1, FETCH_TRIES + 1):
            try:
                fetch()
            except PodFailure as failure:
                if failure.details["reason"] != "unreachable" or number == FETCH_TRIES:
                    raise
                watch.stop.event.wait(self._rules.fetch_pause)
            else:
                return

    @contextlib.contextmanager
    def _stoppable(self, watch: Watch) -> Iterator[None]:
        """What a cut connection looks like is no failure of the pod."""
        try:
            yield
        except PodFailure as failure:
            if watch.stop.event.is_set():
                raise Canceled("The work was stopped.") from failure
            raise

    def _known(self, client: Client, remote_id: str | None) -> Accepted | None:
        """The job that an earlier worker asked for, where it is still of use."""
        if remote_id is None:
            return None
        look = client.look(remote_id)
        useless = {RemoteState.LOST, RemoteState.FAILED, RemoteState.CANCELED}
        return None if look.state in useless else Accepted(remote_id=remote_id, look=look)

    def _followed(self, client: Client, accepted: Accepted, watch: Watch, end: float) -> Look:
        """The job when it is over."""
        look = accepted.look
        began = heard = asked = time.monotonic()
        while not look.state.over:
            self._require_time(end)
            if look.progress is not None:
                watch.progress(look.progress)
            if watch.stop.event.wait(self._pause(began, asked)):
                raise Canceled("The work was stopped.")
            asked = time.monotonic()
            look, heard = self._looked(partial(client.look, str(accepted.remote_id)), look, heard)
        return look

    def _pause(self, began: float, asked: float) -> float:
        """Seconds until the next look: a pod that held its last answer paces itself."""
        now = time.monotonic()
        pace = max(LEAST_PACE, min(PACE_SHARE * (now - began), self._rules.most_pace))
        return max(0.0, pace - (now - asked))

    def _looked(self, look: Callable[[], Look], before: Look, heard: float) -> tuple[Look, float]:
        """How it is now and when that was heard; no answer for a while is as it was before."""
        try:
            found = look()
        except PodFailure as failure:
            self._require_heard(failure, heard)
            return before, heard
        if found.state is RemoteState.UNKNOWN:
            said = "says something of the job that nobody understands."
            self._require_heard(pod_failure(self._pod, "answer", said), heard)
            return found, heard
        return found, time.monotonic()

    def _require_heard(self, failure: PodFailure, heard: float) -> None:
        if time.monotonic() - heard >= self._rules.lost_seconds:
            raise failure

    def _require_time(self, end: float) -> None:
        if time.monotonic() >= end:
            raise pod_failure(self._pod, "slow", "took longer than it may.")

    def _good(self, look: Look) -> Look:
        """A job that succeeded; else its failure."""
        if look.state is RemoteState.SUCCEEDED:
            return look
        if isinstance(look.error, InvalidInput | PodFailure):
            raise look.error
        if look.state is RemoteState.LOST:
            raise pod_failure(self._pod, "lost", "does not know the job any more.")
        raise self._failed(look.error) from look.error

    def _failed(self, error: TalkiesError | None) -> PodFailure:
        said = "canceled the job." if error is None else f"failed: {error.message}"
        return pod_failure(self._pod, "job", said)
