"""RunPod's REST API: pods listed, created, started, stopped, and serverless endpoints.

Documented at https://docs.runpod.io/api-reference/pods/GET/pods, …/pods/POST/pods,
…/pods/POST/pods/podId/start, …/pods/POST/pods/podId/stop, …/pods/DELETE/pods/podId and
…/endpoints/GET/endpoints/endpointId; its OpenAPI is at
https://docs.runpod.io/api-reference/openapi.json. Base URL https://rest.runpod.io/v1, bearer key.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from talkies.errors import FetchFailed, MediaTooLarge, PodFailure, UnsafeAddress
from talkies.net.client import GuardedClient, Request
from talkies.pods.client import Reason, shown

REST_URL: Final = "https://rest.runpod.io/v1"

#: How a pod's port is reached from outside
#: (https://docs.runpod.io/pods/configuration/expose-ports); 8888 is the seeds' and `run.sh`'s.
PROXY_URL: Final = "https://{id}-8888.proxy.runpod.net"

#: Where queues of serverless endpoints are (https://docs.runpod.io/serverless/endpoints/overview).
SERVERLESS_URL: Final = "https://api.runpod.ai/v2"

#: Largest answer that is read: an account's pods have some kilobytes each.
ANSWER_BYTES: Final = 8 << 20

_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RentedPod:
    """One pod as RunPod lists it."""

    id: str
    name: str
    #: `RUNNING`, `EXITED` or `TERMINATED`: what RunPod is to make of it, and soon is.
    desired_status: str
    cost_per_hour: float | None
    #: UTC milliseconds.
    last_started_at: int | None
    has_network_volume: bool

    @property
    def running(self) -> bool:
        return self.desired_status == "RUNNING"

    @property
    def stopped(self) -> bool:
        return self.desired_status == "EXITED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """What new pods are made of, and which pods are looked for."""

    template_id: str | None = None
    volume_id: str | None = None
    #: Best first.
    gpu_types: tuple[str, ...] = ()
    #: `SECURE` or `COMMUNITY`.
    cloud: str = "SECURE"

    @property
    def named(self) -> bool:
        """Whether it says anything: without, every pod of the account would be meant."""
        return bool(self.template_id or self.volume_id)


class RunPodApi:
    """Asks RunPod. Every method raises `PodFailure` where it does not do as it should."""

    def __init__(
        self, client: GuardedClient, key: str, *, url: str = REST_URL, seconds: float = 30.0
    ) -> None:
        self._client = client
        self._key = key
        self._url = url.rstrip("/")
        self._seconds = seconds

    def pods(self, blueprint: Blueprint) -> tuple[RentedPod, ...]:
        """All pods of that template and volume, whatever they do."""
        wanted = {"templateId": blueprint.template_id, "networkVolumeId": blueprint.volume_id}
        query = urlencode({name: value for name, value in wanted.items() if value})
        found = self._ask("GET", f"/pods?{query}" if query else "/pods")
        if not isinstance(found, list):
            raise _failed("answer", "answered something that is no list of pods.")
        return tuple(_pod(one) for one in found if isinstance(one, dict))

    def create(self, blueprint: Blueprint, name: str) -> RentedPod:
        """Rent a pod: it costs from now on."""
        body = {
            "name": name,
            "templateId": blueprint.template_id,
            "networkVolumeId": blueprint.volume_id,
            "cloudType": blueprint.cloud,
            "gpuTypeIds": list(blueprint.gpu_types),
            # In our order; `availability` would choose for us.
            "gpuTypePriority": "custom" if blueprint.gpu_types else None,
        }
        given = {field: value for field, value in body.items() if value}
        made = self._ask("POST", "/pods", given)
        if not isinstance(made, dict):
            raise _failed("answer", "answered something that is no pod.")
        return _pod(made)

    def start(self, pod_id: str) -> None:
        """Let a stopped pod run again; fails where its machine has no GPU free."""
        self._ask("POST", f"/pods/{_checked(pod_id)}/start")

    def stop(self, pod_id: str) -> None:
        """Let a pod give its GPU back; its volume costs on."""
        self._ask("POST", f"/pods/{_checked(pod_id)}/stop")

    def terminate(self, pod_id: str) -> None:
        """Give a pod back, with the disk that is its own."""
        self._ask("DELETE", f"/pods/{_checked(pod_id)}")

    def most_workers(self, endpoint_id: str) -> int:
        """How many workers a serverless endpoint may have."""
        found = self._ask("GET", f"/endpoints/{_checked(endpoint_id)}")
        most = found.get("workersMax") if isinstance(found, dict) else None
        return most if isinstance(most, int) and most > 0 else 1

    def _ask(self, method: str, path: str, document: Mapping[str, Any] | None = None) -> Any:
        """The JSON that is answered; None where nothing is."""
        body = b"" if document is None else json.dumps(document).encode()
        request = Request(
            url=f"{self._url}{path}",
            method=method,
            headers={"authorization": f"Bearer {self._key}", "content-type": "application/json"},
            body=body,
            seconds=self._seconds,
        )
        try:
            with self._client.open(request) as answer:
                text = b"".join(answer.parts(ANSWER_BYTES))
        except (FetchFailed, MediaTooLarge, UnsafeAddress) as error:
            raise _failed("unreachable", f"does not answer: {error.message}") from error
        if not 200 <= answer.status < 300:  # noqa: PLR2004 - 2xx is success
            raise _refused(answer.status, text)
        return _read(text)


def _read(text: bytes) -> Any:
    if not text.strip():
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise _failed("answer", "answered something that is no JSON.") from None


def _pod(found: Mapping[str, Any]) -> RentedPod:
    pod_id = found.get("id")
    if not isinstance(pod_id, str) or not _ID.fullmatch(pod_id):
        raise _failed("answer", "lists a pod without an id.")
    return RentedPod(
        id=pod_id,
        name=str(found.get("name") or ""),
        desired_status=str(found.get("desiredStatus") or ""),
        cost_per_hour=_price(found),
        last_started_at=_moment(found.get("lastStartedAt")),
        has_network_volume=bool(found.get("networkVolumeId") or found.get("networkVolume")),
    )


def _price(found: Mapping[str, Any]) -> float | None:
    """Dollars; the documentation shows `costPerHr` as a text and the adjusted one as a number."""
    for name in ("adjustedCostPerHr", "costPerHr"):
        try:
            price = float(found[name])
        except (KeyError, TypeError, ValueError):
            continue
        if price > 0:
            return price
    return None


def _moment(text: object) -> int | None:
    """RFC 3339, or Go's own way of writing a time: only its first two parts are read."""
    if not isinstance(text, str):
        return None
    parts = text.replace("T", " ").replace("Z", " ").split()
    if len(parts) < 2:  # noqa: PLR2004 - a day and a time
        return None
    try:
        return round(datetime.fromisoformat(f"{parts[0]}T{parts[1][:12]}+00:00").timestamp() * 1e3)
    except ValueError:
        return None


def _checked(id_: str) -> str:
    if not _ID.fullmatch(id_):
        raise _failed("answer", "was to be asked for an id that is none.")
    return id_


def _refused(status: int, text: bytes) -> PodFailure:
    said = shown(text[:2_000].decode("utf-8", "replace"))
    reasons: Mapping[int, Reason] = {401: "refused", 403: "refused", 429: "busy"}
    known = {"refused": "does not accept RUNPOD_API_KEY"}
    reason = reasons.get(status, "answer")
    return _failed(reason, f"{known.get(reason, 'refused')} (status {status}): {said}")


def _failed(reason: Reason, message: str) -> PodFailure:
    return PodFailure(f"RunPod {message}", details={"pod": "RunPod", "reason": reason})
