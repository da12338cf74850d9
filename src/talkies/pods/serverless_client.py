"""An endpoint of RunPod Serverless whose workers are ours: `/run`, `/status`, `/cancel`, `/health`.

What it takes and gives is `docs/guides/runpod-serverless.md`; the worker is `talkies.serverless`.
"""

import base64
import binascii
import hashlib
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from talkies.errors import InvalidInput, MediaTooLarge, TalkiesError
from talkies.kit.files import replacing
from talkies.kit.messages import rebuilt
from talkies.pods.client import Accepted, Look, Order, Probe, RemoteState, state_in
from talkies.pods.pod import Pod, TokenPlace
from talkies.pods.talkies_client import MARK, SAFE_ID, progress_of
from talkies.pods.wire import Limits, PodWire, Said, Ways

#: Bytes of one request by `/run`, which takes 10 MB.
REQUEST_BYTES: Final = 9_500_000

#: Bytes of one answer: RunPod keeps 20 MB at most.
ANSWER_BYTES: Final = 24_000_000

#: Longest that RunPod keeps a job, in seconds: a week.
LONGEST_SECONDS: Final = 7 * 86_400.0

#: Waits before another try where RunPod is busy or out of order, in seconds.
WAITS: Final = (1.0, 2.0, 4.0)

BUSY: Final = 429
SERVER_ERROR: Final = 500

_STATES: Final[Mapping[str, RemoteState]] = {
    "IN_QUEUE": RemoteState.WAITING,
    "IN_PROGRESS": RemoteState.WORKING,
    "RUNNING": RemoteState.WORKING,
    "COMPLETED": RemoteState.SUCCEEDED,
    "FAILED": RemoteState.FAILED,
    "TIMED_OUT": RemoteState.FAILED,
    "CANCELLED": RemoteState.CANCELED,
}

#: Refusals that are about the endpoint, not about the order.
_ABOUT_THE_ENDPOINT: Final = frozenset({"UNKNOWN_ENGINE", "INVALID_OPTION", "INVALID_REQUEST"})

#: The files of an order by our names, the names of `POST /v1/videos`, and their types.
_FILES: Final = (
    ("portrait", "portrait", "image/png"),
    ("source_video", "source_video", "video/mp4"),
    ("sound", "audio", "audio/wav"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How long an endpoint may take. Seconds; together at most a week."""

    #: For a worker to begin: there may be none, and one that starts loads its models first.
    wait_seconds: float = 86_400.0
    #: For the work. RunPod ends what takes longer, and by itself would after ten minutes.
    work_seconds: float = 21_600.0

    @property
    def policy(self) -> dict[str, int]:
        """As `/run` takes it, in milliseconds."""
        whole = min(LONGEST_SECONDS, self.wait_seconds + self.work_seconds)
        return {"executionTimeout": round(self.work_seconds * 1_000), "ttl": round(whole * 1_000)}


class ServerlessClient:
    """Speaks to one endpoint; `pod.url` is `https://api.runpod.ai/v2/<endpoint id>`."""

    def __init__(
        self,
        pod: Pod,
        ways: Ways,
        limits: Limits,
        *,
        terms: Terms | None = None,
        waits: tuple[float, ...] = WAITS,
    ) -> None:
        # RunPod knows one secret, and in one place.
        bearer = replace(
            pod, token=pod.token or pod.api_key, api_key=None, token_place=TokenPlace.HEADER
        )
        self._wire = PodWire(bearer, ways, limits)
        self._terms = terms or Terms()
        self._waits = waits
        self._closed = threading.Event()
        #: Records of jobs that succeeded, by their ids: the video may be inside.
        self._finished: dict[str, Mapping[str, Any]] = {}

    def probe(self) -> Probe:
        """What the endpoint counts; it does not say what its workers render with."""
        jobs = self._wire.document(self._patient(lambda: self._get("/health")), "its health").get(
            "jobs"
        )
        counts = jobs if isinstance(jobs, dict) else {}
        return Probe(waiting=_count(counts, "inQueue"), running=_count(counts, "inProgress"))

    def submit(self, order: Order) -> Accepted:
        document = {"input": self._input(order), "policy": self._terms.policy}
        seconds = self._wire.limits.transfer_seconds
        said = self._patient(
            lambda: self._wire.ask("POST", "/run", document=document, seconds=seconds),
            repeatable=False,
        )
        record = self._wire.document(said, "a request for a video")
        found = record.get("id")
        if not isinstance(found, str) or not SAFE_ID.fullmatch(found):
            raise self._wire.failure("answer", "answered without the id of a job.")
        return Accepted(remote_id=found, look=self._look(found, record))

    def look(self, remote_id: str) -> Look:
        said = self._patient(lambda: self._get(f"/status/{remote_id}"))
        if said.status in {404, 410}:
            return Look(state=RemoteState.LOST)
        return self._look(remote_id, self._wire.document(said, "a question about a job"))

    def fetch(self, remote_id: str | None, look: Look, path: Path) -> None:
        known = remote_id or ""
        if known not in self._finished:
            look = self.look(known)
        video = _video(self._finished.get(known, {}))
        if look.link is not None:
            self._wire.bring(look.link, path)
        elif isinstance(video.get("base64"), str):
            self._unpack(video["base64"], path)
        else:
            raise self._wire.failure("answer", "has finished without a video.")
        self._require_whole(video, path)

    def cancel(self, remote_id: str) -> None:
        said = self._patient(lambda: self._wire.ask("POST", f"/cancel/{remote_id}"))
        if not said.ok and said.status not in {404, 410}:
            raise self._wire.refusal(said, "a request to cancel")

    def close(self) -> None:
        self._closed.set()
        self._wire.close()

    def _get(self, path: str) -> Said:
        return self._wire.ask("GET", path, max_bytes=ANSWER_BYTES)

    def _patient(self, ask: Callable[[], Said], *, repeatable: bool = True) -> Said:
        """What the endpoint says once it is not busy any more.

        A request that is not `repeatable` is not sent again where it may have been taken.
        """
        said = ask()
        for wait in self._waits:
            broken = repeatable and said.status >= SERVER_ERROR
            if not (said.status == BUSY or broken) or self._closed.wait(wait):
                break
            said = ask()
        return said

    def _look(self, remote_id: str, record: Mapping[str, Any]) -> Look:
        state = state_in(_STATES, record.get("status"))
        output = record.get("output")
        said = output if isinstance(output, dict) else {}
        if state is RemoteState.SUCCEEDED:
            self._finished[remote_id] = record
            url = _video(record).get("url")
            return Look(state=state, progress=1.0, link=url if isinstance(url, str) else None)
        if state is RemoteState.FAILED:
            return Look(state=state, error=self._error(record))
        return Look(state=state, progress=progress_of(said.get("progress")))

    def _error(self, record: Mapping[str, Any]) -> TalkiesError:
        """Why a job failed: in our worker's words where it could say it, else in RunPod's."""
        if record.get("status") == "TIMED_OUT":
            return self._wire.failure("slow", "took longer than it may.")
        described = _described(record.get("error"))
        if "code" not in described:
            text = described.get("error_message") or record.get("error") or "no reason was given"
            return self._wire.failure("job", f"failed: {self._wire.quoted(str(text))}")
        words = {
            name: self._wire.quoted(str(described.get(name) or ""))
            for name in ("code", "message", "hint")
        }
        error = rebuilt(words)
        if isinstance(error, InvalidInput) and error.code in _ABOUT_THE_ENDPOINT:
            return self._wire.failure("answer", f"does not take it: {error.message}")
        return error

    def _input(self, order: Order) -> dict[str, Any]:
        """The order as our worker takes it: it makes the plain video, all else is ours to do."""
        return {
            **self._files(order),
            "engine": order.engine,
            "score": False,
            "seed": order.seed,
            "motion": order.motion,
            "output": {"framing": "source", "resolution": "source", "format": "mp4"},
            "options": dict(order.options),
            "metadata": {MARK: order.key},
            # The worker ends it a little before RunPod would end the worker.
            "deadline_seconds": max(1.0, self._terms.work_seconds * 0.95),
            **({"prompt": order.prompt} if order.prompt else {}),
        }

    def _files(self, order: Order) -> dict[str, str]:
        """Small files as they are, larger ones as links to where they lie."""
        paths = {"portrait": order.portrait, "sound": order.sound}
        if order.source_video is not None:
            paths = {"source_video": order.source_video, "sound": order.sound}
        given = [(role, name, kind) for role, name, kind in _FILES if role in paths]
        if sum(path.stat().st_size * 4 / 3 for path in paths.values()) < REQUEST_BYTES - 100_000:
            return {name: _data(paths[role], kind) for role, name, kind in given}
        if all(role in order.links for role in paths):
            return {name: order.links[role] for role, name, _ in given}
        raise MediaTooLarge(
            "The portrait and the sound are too large for a request to RunPod.",
            hint="Keep files in a storage that RunPod reaches: STORAGE_PROVIDER=s3, r2 or supabase."
            " Or ask for a shorter video or a smaller resolution.",
            details={"max_bytes": REQUEST_BYTES * 3 // 4},
        )

    def _unpack(self, text: str, path: Path) -> None:
        try:
            content = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise self._wire.failure("answer", "sent a video that cannot be read.") from None
        with replacing(path) as partial:
            partial.write_bytes(content)

    def _require_whole(self, video: Mapping[str, Any], path: Path) -> None:
        """See that it is the file that the worker made, where it said which."""
        promised = video.get("sha256")
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if path.stat().st_size and (promised is None or promised == digest):
            return
        path.unlink()
        raise self._wire.failure("answer", "gave another file than the one it made.")


def _data(path: Path, content_type: str) -> str:
    return f"data:{content_type};base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"


def _video(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the worker says of the video; empty where it says nothing."""
    found: Any = record
    for name in ("output", "files", "video"):
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def _described(error: object) -> Mapping[str, Any]:
    """The error as a document: RunPod passes texts on, and ours is JSON."""
    if isinstance(error, str):
        try:
            error = json.loads(error)
        except (ValueError, RecursionError):
            return {}
    return error if isinstance(error, dict) else {}


def _count(counts: Mapping[str, Any], name: str) -> int:
    found = counts.get(name)
    return found if isinstance(found, int) and found > 0 else 0
