"""A pod that runs the seeds' SadTalker service: a form in, a job to ask for, a link out."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from talkies.errors import MediaTooLarge, PodFailure, TalkiesError
from talkies.pods.client import Accepted, Look, Order, Probe, RemoteState, state_in
from talkies.pods.forms import Form, FormFile
from talkies.pods.pod import Pod
from talkies.pods.talkies_client import SAFE_ID, progress_of
from talkies.pods.wire import Limits, PodWire, Said, Ways

#: The service of the seeds (upstreams §11), and what other builds of it say for the same.
_STATES: Final[Mapping[str, RemoteState]] = {
    "queued": RemoteState.WAITING,
    "pending": RemoteState.WAITING,
    "running": RemoteState.WORKING,
    "processing": RemoteState.WORKING,
    "succeeded": RemoteState.SUCCEEDED,
    "completed": RemoteState.SUCCEEDED,
    "failed": RemoteState.FAILED,
    "error": RemoteState.FAILED,
}

#: Options of the engine, by the names of the service's form; others are not sent.
FIELDS: Final[Mapping[str, str]] = {
    **{
        name: name
        for name in (
            *("preprocess", "still", "enhancer", "background_enhancer", "expression_scale"),
            *("pose_style", "batch_size", "input_yaw", "input_pitch", "input_roll"),
        )
    },
    "size": "default_size",
}

#: What an option has that is not used.
UNUSED: Final = frozenset({"", "none"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """Where the service has its routes."""

    create: str = "/v1/jobs"
    status: str = "/v1/jobs"


class SadTalkerClient:
    """Speaks the contract of the seeds' pods.

    It knows no idempotency and no way to cancel: a job that nobody waits for any more runs to its
    end on the pod.
    """

    def __init__(
        self,
        pod: Pod,
        ways: Ways,
        limits: Limits,
        *,
        paths: Paths = Paths(),
        whole_seconds: float = 480.0,
    ) -> None:
        """`whole_seconds` is how long an older path may take to answer with the video."""
        self._wire = PodWire(pod, ways, limits)
        self._paths = paths
        self._whole_seconds = whole_seconds

    def probe(self) -> Probe:
        said = self._wire.ask("GET", "/healthz")
        # Older pods have no such route: that they say so themselves is enough.
        if not said.ok and not said.gone:
            raise self._wire.refusal(said, "a look at its health")
        return Probe()

    def submit(self, order: Order) -> Accepted:
        form = _form(order)
        if form.length > self._wire.limits.most_sent:
            raise MediaTooLarge("The portrait and the sound are too large for a pod.")
        said = self._wire.send(self._paths.create, form.pieces(), form.headers, self._seconds())
        document = self._document(said, "a request for a video")
        remote_id = document.get("id")
        if remote_id is None:
            return Accepted(remote_id=None, look=self._direct(document))
        if not isinstance(remote_id, str) or not SAFE_ID.fullmatch(remote_id):
            raise self._wire.failure("answer", "gave a job an id that cannot be asked for.")
        return Accepted(remote_id=remote_id, look=self._look(document))

    def look(self, remote_id: str) -> Look:
        said = self._wire.ask("GET", f"{self._paths.status}/{remote_id}")
        if said.gone:
            return Look(state=RemoteState.LOST)
        return self._look(self._document(said, "a question about a job"))

    def fetch(self, remote_id: str | None, look: Look, path: Path) -> None:
        """By the pod's own route first: its links are as it sees itself behind a proxy."""
        if remote_id is not None:
            try:
                self._wire.bring(
                    self._wire.path(f"{self._paths.status}/{remote_id}/download"), path
                )
            except PodFailure as failure:
                if look.link is None or failure.details["reason"] != "answer":
                    raise
            else:
                return
        if look.link is None:
            raise self._wire.failure("answer", "succeeded without a link to the video.")
        self._wire.bring(look.link, path)

    def cancel(self, remote_id: str) -> None:
        """The contract has no such route."""

    def close(self) -> None:
        self._wire.close()

    def _seconds(self) -> float | None:
        """How long the answer may take: only an older path answers with the video."""
        if self._paths.create == self._paths.status:
            return None
        return max(self._whole_seconds, self._wire.limits.transfer_seconds)

    def _document(self, said: Said, what: str) -> Mapping[str, Any]:
        detail = (said.document or {}).get("detail")
        if isinstance(detail, str) and said.status in {400, 415, 422}:
            raise self._wire.failure("answer", f"does not take it: {self._wire.quoted(detail)}")
        return self._wire.document(said, what)

    def _direct(self, document: Mapping[str, Any]) -> Look:
        """The answer of an older path: the video, or nothing."""
        link = _link(document)
        if link is None:
            raise self._wire.failure("answer", "answered without a job and without a video.")
        return Look(state=RemoteState.SUCCEEDED, progress=1.0, link=link)

    def _look(self, document: Mapping[str, Any]) -> Look:
        state = state_in(_STATES, document.get("status"))
        return Look(
            state=state,
            progress=progress_of(document.get("progress")),
            error=self._error(document) if state is RemoteState.FAILED else None,
            link=_link(document),
        )

    def _error(self, document: Mapping[str, Any]) -> TalkiesError:
        text = document.get("error")
        said = (
            self._wire.quoted(text) if isinstance(text, str) and text.strip() else "nothing of why"
        )
        return self._wire.failure("job", f"could not make the video: it said {said}")


def _form(order: Order) -> Form:
    chosen = {
        FIELDS[name]: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in order.options.items()
        if name in FIELDS and str(value) not in UNUSED
    }
    # The picture is framed already: the whole of it is wanted.
    texts = {"preprocess": "full", "still": str(order.motion == 0).lower(), **chosen}
    return Form(
        texts,
        {
            "source_image": FormFile(order.portrait, "portrait.png", "image/png"),
            "driven_audio": FormFile(order.sound, "sound.wav", "audio/wav"),
        },
    )


def _link(document: Mapping[str, Any]) -> str | None:
    """The video's address, under whichever name the service gives it."""
    storage = document.get("storage")
    names = ("download_url", "downloadUrl", "video_url", "videoUrl", "video_path", "videoPath")
    places = [document.get(name) for name in names]
    if isinstance(storage, dict):
        places.insert(2, storage.get("url"))
    return next((place for place in places if isinstance(place, str) and place), None)
