"""RunPod's REST API as it is documented, on loopback: pods that are listed, rented and stopped."""

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from loopback import AUTHORITIES, Hit, Reply, Server, TableResolver

from talkies.net.client import GuardedClient
from talkies.net.guard import AddressPolicy
from talkies.pods.runpod import Blueprint, RunPodApi

KEY = "rp_key"

#: The pods that `RunPodServer.add` makes.
ALL = Blueprint(template_id="tpl")


def api_of(url: str, key: str = KEY) -> RunPodApi:
    """Our client of a stand-in."""
    policy = AddressPolicy(allow_schemes=frozenset({"http"}), allow_private=True)
    client = GuardedClient(policy, TableResolver(), tls=AUTHORITIES)
    return RunPodApi(client, key, url=url, seconds=5)


@dataclass
class RunPodServer:
    """`pods` are all there are, as RunPod writes them; `failing` answers in place of everything."""

    pods: dict[str, dict[str, Any]] = field(default_factory=dict)
    endpoints: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: Method and path (with `{id}`) that are refused, and with what.
    refused: dict[tuple[str, str], Reply] = field(default_factory=dict)
    failing: Reply | None = None
    #: Called with a new pod, to make it well or not.
    on_create: Callable[[dict[str, Any]], None] = lambda _: None
    #: Whether a pod that was rented is listed only later, as happens.
    late: bool = False

    def __post_init__(self) -> None:
        self._server = Server(self._answer)
        self._lock = threading.Lock()
        self._made = 0
        self.created: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.__exit__()

    @property
    def url(self) -> str:
        return self._server.url("/v1")

    @property
    def asked(self) -> list[str]:
        """Every request but looks, as `POST /pods/x/stop`."""
        return [f"{hit.method} {hit.path}" for hit in self._server.hits if hit.method != "GET"]

    @property
    def hits(self) -> list[Hit]:
        return self._server.hits

    def add(self, id_: str, name: str = "", status: str = "RUNNING", **given: Any) -> None:
        self.pods[id_] = {
            "id": id_,
            "name": name or id_,
            "desiredStatus": status,
            "costPerHr": "0.86",
            "adjustedCostPerHr": 0.84,
            "lastStartedAt": "2026-01-01T00:00:00.000Z",
            "templateId": "tpl",
            "networkVolumeId": None,
            **given,
        }

    def running(self) -> list[str]:
        return sorted(i for i, pod in self.pods.items() if pod["desiredStatus"] == "RUNNING")

    def _answer(self, hit: Hit) -> Reply:
        with self._lock:
            if hit.headers.get("authorization") != f"Bearer {KEY}":
                return Reply(status=401, body=b'{"error": "unauthorized"}')
            if self.failing is not None:
                return self.failing
            url = urlsplit(hit.path)
            return self._routed(hit, url.path.removeprefix("/v1"), parse_qs(url.query))

    def _routed(self, hit: Hit, path: str, query: dict[str, list[str]]) -> Reply:
        found = re.fullmatch(r"/(pods|endpoints)(?:/([\w-]+))?(?:/(start|stop))?", path)
        if found is None:
            return Reply(status=404)
        kind, id_, verb = found.groups()
        shape = f"/{kind}" + ("/{id}" if id_ else "") + (f"/{verb}" if verb else "")
        if (hit.method, shape) in self.refused:
            return self.refused[hit.method, shape]
        if id_ is None:
            return self._create(hit) if hit.method == "POST" else self._list(query)
        known = self.endpoints if kind == "endpoints" else self.pods
        if id_ not in known:
            return Reply(status=404, body=b'{"error": "not found"}')
        return self._changed(hit.method, verb, known, id_)

    def _list(self, query: dict[str, list[str]]) -> Reply:
        names = {"templateId": "templateId", "networkVolumeId": "networkVolumeId"}
        found = [
            pod
            for pod in self.pods.values()
            if all(pod.get(names[name]) == values[0] for name, values in query.items())
            and not pod.get("hidden")
        ]
        return _json(found)

    def _create(self, hit: Hit) -> Reply:
        body = json.loads(hit.body)
        self.created.append(body)
        self._made += 1
        id_ = f"new{self._made}"
        self.add(id_, body["name"], networkVolumeId=body.get("networkVolumeId"), hidden=self.late)
        self.on_create(self.pods[id_])
        return _json(self.pods[id_], 201)

    def _changed(self, method: str, verb: str | None, known: dict[str, Any], id_: str) -> Reply:
        if method == "DELETE":
            del known[id_]
            return Reply(status=204)
        if verb is not None:
            known[id_]["desiredStatus"] = {"start": "RUNNING", "stop": "EXITED"}[verb]
        return _json(known[id_])


def _json(document: Any, status: int = 200) -> Reply:
    return Reply(status=status, body=json.dumps(document).encode())
