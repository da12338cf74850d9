"""A pod that runs our own service: `POST /v1/videos` and what belongs to it."""

import json
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from talkies.errors import InvalidInput, MediaTooLarge, TalkiesError
from talkies.kit.messages import rebuilt
from talkies.pods.client import Accepted, Look, Order, Probe, RemoteState, state_in
from talkies.pods.forms import Form, FormFile
from talkies.pods.pod import Pod
from talkies.pods.wire import Limits, PodWire, Said, Ways

#: Stands in the metadata of a video that another installation sent: it is not sent on, so that two
#: that are each other's pods send nothing in circles.
MARK: Final = "talkies_order"

#: Seconds for which a pod holds its answer while the job goes on: an end is known at once, and
#: progress at least so often.
WAIT_SECONDS: Final = 1

#: Earlier jobs of the same key that have failed and are passed over.
MOST_FORMER: Final = 4

#: Tries while the pod still answers the same request of a worker that died, a second apart.
MOST_ANSWERING: Final = 20

#: Looks for a job whose request was cut off, a second apart.
LOOKS_FOR_ORDER: Final = 3

#: Engines that are read of one pod: a page of its list.
PAGE: Final = 100

_STATES: Final[Mapping[str, RemoteState]] = {
    "queued": RemoteState.WAITING,
    "running": RemoteState.WORKING,
    "succeeded": RemoteState.SUCCEEDED,
    "failed": RemoteState.FAILED,
    "canceled": RemoteState.CANCELED,
}

#: What goes into a URL's path: no id of ours has other characters.
SAFE_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")

#: Refusals that are about the pod, not about the order.
_ABOUT_THE_POD: Final = frozenset(
    {"UNAUTHENTICATED", "FORBIDDEN", "NOT_FOUND", "UNKNOWN_ENGINE", "INVALID_OPTION"}
    | {"MISSING_DEPENDENCY", "LICENCE_FORBIDS", "BLOB_MISSING", "INVALID_REQUEST"}
)


class TalkiesClient:
    """Speaks our own `/v1`."""

    def __init__(
        self, pod: Pod, ways: Ways, limits: Limits, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._wire = PodWire(pod, ways, limits)
        self._sleep = sleep

    def probe(self) -> Probe:
        said = self._asked("GET", f"/v1/engines?limit={PAGE}", "its engines")
        engines = [one for one in _list(said, "data") if isinstance(one, dict)]
        return Probe(
            engines=frozenset(str(one.get("id")) for one in engines if one.get("ready") is True),
            waiting=sum(_count(one.get("queue"), "waiting") for one in engines),
            running=sum(_count(one.get("queue"), "running") for one in engines),
        )

    def submit(self, order: Order) -> Accepted:
        """A job that failed or was canceled under the same key is passed over for a new one."""
        for number in range(1, MOST_FORMER + 1):
            said = self._created(order, f"{order.key}.{number}")
            record = self._wire.document(said, "a question about a job")
            look = self._look(record)
            replayed = said.headers.get("idempotency-replayed") == "true"
            if not (replayed and look.state in {RemoteState.FAILED, RemoteState.CANCELED}):
                return Accepted(remote_id=self._id(record), look=look)
        raise self._wire.failure("job", "has failed at this before.")

    def look(self, remote_id: str) -> Look:
        seconds = self._wire.limits.ask_seconds + WAIT_SECONDS
        path = f"/v1/videos/{remote_id}?wait={WAIT_SECONDS}"
        said = self._wire.ask("GET", path, seconds=seconds)
        if said.gone:
            return Look(state=RemoteState.LOST)
        return self._look(self._wire.document(said, "a question about a job"))

    def fetch(self, remote_id: str | None, look: Look, path: Path) -> None:  # noqa: ARG002 - the id says all
        self._wire.bring(self._wire.path(f"/v1/videos/{remote_id}/content"), path)

    def cancel(self, remote_id: str) -> None:
        said = self._wire.ask("POST", f"/v1/videos/{remote_id}/cancel")
        if not said.ok and said.status not in {404, 410}:
            raise self._wire.refusal(said, "a request to cancel")

    def withdraw(self, order: Order) -> None:
        """The pod may still be reading the request that was cut off, so it is asked again."""
        for _ in range(LOOKS_FOR_ORDER):
            found = _list(self._asked("GET", f"/v1/videos?limit={PAGE}", "its videos"), "data")
            ours = [
                one
                for one in found
                if isinstance(one, dict) and one.get("metadata") == {MARK: order.key}
            ]
            for record in ours:
                if not self._look(record).state.over:
                    self.cancel(self._id(record))
            if ours:
                return
            self._sleep(1.0)

    def close(self) -> None:
        self._wire.close()

    def _created(self, order: Order, key: str) -> Said:
        for _ in range(MOST_ANSWERING):
            form = _form(order)
            if form.length > self._wire.limits.most_sent:
                raise MediaTooLarge("The portrait and the sound are too large for a pod.")
            headers = {**form.headers, "idempotency-key": key}
            said = self._wire.send("/v1/videos", form.pieces(), headers)
            if said.ok:
                return said
            if _code(said) != "IDEMPOTENCY_IN_PROGRESS":
                raise self._refused(said)
            self._sleep(1.0)
        raise self._wire.failure("busy", "still answers an earlier request for this video.")

    def _refused(self, said: Said) -> TalkiesError:
        """Why the order was not taken: mostly the pod's failure, sometimes the order's."""
        error = self._error((said.document or {}).get("error"))
        if isinstance(error, InvalidInput) and error.code not in _ABOUT_THE_POD:
            return error
        if error is not None and said.status in {400, 404, 422, 501}:
            return self._wire.failure("answer", f"does not take it: {error.message}")
        return self._wire.refusal(said, "a request for a video")

    def _id(self, record: Mapping[str, Any]) -> str:
        found = record.get("id")
        if not isinstance(found, str) or not SAFE_ID.fullmatch(found):
            raise self._wire.failure("answer", "answered without the id of a job.")
        return found

    def _look(self, record: Mapping[str, Any]) -> Look:
        state = state_in(_STATES, record.get("status"))
        return Look(
            state=state,
            progress=progress_of(record.get("progress")),
            error=self._error(record.get("error")) if state is RemoteState.FAILED else None,
        )

    def _error(self, described: object) -> TalkiesError | None:
        """The error that a pod describes in our own words, without more than people should read."""
        if not isinstance(described, dict):
            return None
        names = ("code", "message", "hint")
        return rebuilt({name: self._wire.quoted(str(described.get(name) or "")) for name in names})

    def _asked(self, method: str, path: str, what: str) -> Mapping[str, Any]:
        return self._wire.document(self._wire.ask(method, path), f"a question about {what}")


def progress_of(value: object) -> float | None:
    """A fraction, where the value is one."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        return None
    return float(value)


def _form(order: Order) -> Form:
    """The pod makes the plain video; captions, score, size and sound are ours to do."""
    output = {"framing": "source", "resolution": "source", "format": "mp4", "captions": "off"}
    texts = {
        "engine": order.engine,
        "score": "false",
        "seed": str(order.seed),
        "motion": repr(order.motion),
        "output": json.dumps(output),
        "options": json.dumps(dict(order.options)),
        "metadata": json.dumps({MARK: order.key}),
    }
    if order.prompt:
        texts["prompt"] = order.prompt
    visual = {"portrait": FormFile(order.portrait, "portrait.png", "image/png")}
    if order.source_video is not None:
        visual = {"source_video": FormFile(order.source_video, "source.mp4", "video/mp4")}
    return Form(texts, {**visual, "audio": FormFile(order.sound, "sound.wav", "audio/wav")})


def _code(said: Said) -> object:
    error = (said.document or {}).get("error")
    return error.get("code") if isinstance(error, dict) else None


def _list(document: Mapping[str, Any], name: str) -> list[Any]:
    found = document.get(name)
    return found if isinstance(found, list) else []


def _count(queue: object, name: str) -> int:
    found = queue.get(name) if isinstance(queue, dict) else None
    return found if isinstance(found, int) and found > 0 else 0
