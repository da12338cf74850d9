"""What the description says is what the server does: found out by asking it at random."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from api_client import key_with
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from service_stage import SEED_CHARACTER, Stage, built, serving
from small_character import small_character

from talkies.api.app import create_app
from talkies.api.services import HttpOptions
from talkies.core.timeline.document import Timeline
from talkies.core.timeline.document_json import timeline_to_json
from talkies.studio.access.principal import Scope

#: Requests for each route and method; more find more, and take longer.
EXAMPLES = 6

#: What every answer has to be. That a request of the right shape is taken is not among them: a
#: schema cannot say that an asset exists, or that one of two fields is needed.
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]

#: Answers for as long as the client listens.
ENDLESS = "/v1/events"

#: Names of what is there without being made.
NAMES: Mapping[str, str] = {
    "engine_id": "portrait",
    "voice_id": "heart",
    "user_id": "ann",
    "key": "a",
    # Of the seed's routes, in the character that is installed.
    "path_id": "neutral_to_blink__center",
    "sequence": "neutral_to_blink__center",
    "file": "050.png",
    "filename": "upload_1.wav",
}

#: A timeline of the character that is installed.
DOCUMENT = timeline_to_json(Timeline(id="t", character=SEED_CHARACTER, fps=Fraction(25), frames=10))

PORTRAIT = Path(__file__).parents[1] / "fixtures/portrait.png"

#: What makes a body of chance one that is taken, by its route.
GOOD: Mapping[str, Mapping[str, Any]] = {
    "/v1/videos": {"portrait": "asset", "text": "Hi"},
    "/v1/estimates": {"portrait": "asset", "text": "Hi"},
    "/v1/audio/alignments": {"audio": "asset"},
    "/v1/audio/speech": {"voice": "en", "model": "tts-1", "language": None},
    "/v1/audio/jobs": {"voice": "en", "model": "tts-1", "language": None},
    "/v1/timelines": {"character": SEED_CHARACTER, "text": "Hi", "voice": "en"},
    "/v1/timelines/{timeline_id}": {"edits": [{"op": "length", "frames": 9}], "revision": None},
    "/v1/timelines/{timeline_id}/export": {"format": "webm", "captions": "off", "draft": False},
    "/v1/webhooks": {"url": "https://example.com/hook"},
    "/v1/webhooks/{webhook_id}": {"url": "https://example.com/hook"},
    "/v1/keys": {"name": "a", "expires_at": None},
}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    folder = tmp_path_factory.mktemp("service")
    small_character(folder / "installed" / SEED_CHARACTER)
    # Nobody works here: what waits for a job gives up at once.
    return built(folder, http=HttpOptions(legacy_wait_seconds=0.1))


@pytest.fixture(scope="module")
def client(stage: Stage) -> Iterator[httpx.Client]:
    with (
        serving(stage.services) as url,
        httpx.Client(base_url=url, headers={"X-API-Key": stage.key}, timeout=120) as client,
    ):
        yield client


def made(client: httpx.Client, path: str, **body: Any) -> str:
    answer = client.post(path, **body)
    assert answer.is_success, answer.text
    return str(answer.json()["id"])


def new_id(client: httpx.Client, name: str) -> str:
    """The id of something new, by the name of its parameter."""
    if name == "delivery_id":
        return made(client, f"/v1/webhooks/{new_id(client, 'webhook_id')}/ping")
    portrait = ("face.png", PORTRAIT.read_bytes())
    requests: dict[str, tuple[str, dict[str, Any]]] = {
        "video_id": ("/v1/videos", {"files": {"portrait": portrait}, "data": {"text": "Hi"}}),
        "job_id": ("/v1/audio/jobs", {"json": {"input": "Hi"}}),
        "asset_id": ("/v1/assets", {"files": {"file": portrait}}),
        "webhook_id": ("/v1/webhooks", {"json": {"url": "https://example.com/hook"}}),
        "character_id": (
            "/v1/characters",
            {"files": {"drawing": portrait}, "data": {"name": "ann"}},
        ),
        "timeline_id": ("/v1/timelines", {"json": {"document": json.loads(DOCUMENT)}}),
        "key_id": ("/v1/keys", {"json": {"name": "a", "scopes": ["videos"]}}),
    }
    if name not in requests:
        return NAMES[name]
    path, body = requests[name]
    id_ = made(client, path, **body)
    # Streams of what has ended end.
    client.post(f"/v1/operations/{id_}/cancel")
    return id_


def directed(case: Case, ids: Mapping[str, str]) -> None:
    """Let a request of chance meet what there is."""
    case.path_parameters = {name: ids[name] for name in case.path_parameters}
    good = GOOD.get(case.operation.path)
    if good is not None and isinstance(case.body, dict):
        case.body = {**case.body, **good}
        for role in ("portrait", "audio"):
            if case.body.get(role) == "asset":
                case.body[role] = ids["asset_id"]
                case.body.pop("audio" if role == "portrait" else "portrait", None)


def anonymous(case: Case) -> None:
    """Without credentials of chance, which would hide ours, and without patience."""
    case.cookies = {}
    for name in ("Authorization", "X-API-Key", "Prefer"):
        case.headers.pop(name, None)


def asked(operation: APIOperation, client: httpx.Client) -> Counter[int]:
    """Ask one route at random, half of the time about what there is; statuses that it gave."""
    seen: Counter[int] = Counter()
    names = {parameter.name for parameter in operation.path_parameters} | {"asset_id"}
    ids = {name: new_id(client, name) for name in names}

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), known=st.booleans())
    def ask(case: Case, known: bool) -> None:
        anonymous(case)
        if known:
            directed(case, ids)
        answer = case.call(
            base_url=str(client.base_url),
            headers={"X-API-Key": client.headers["X-API-Key"]},
            timeout=120,
            allow_redirects=False,
        )
        seen[answer.status_code] += 1
        case.validate_response(answer, checks=CHECKS)

    ask()
    return seen


def test_every_route_answers_as_it_is_described(stage: Stage, client: httpx.Client) -> None:
    schema = schemathesis.openapi.from_asgi("/openapi.json", create_app(stage.services))
    seen: dict[str, Counter[int]] = {}
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path != ENDLESS:
            # Each with a key of its own: one key may have ten webhooks.
            client.headers["X-API-Key"] = key_with(stage, Scope.ADMIN)
            seen[operation.label] = asked(operation, client)
    assert len(seen) > 60
    answered = {label for label, statuses in seen.items() if any(s < 400 for s in statuses)}
    assert len(answered) > 45, sorted(seen.keys() - answered)
