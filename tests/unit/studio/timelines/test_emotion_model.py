"""A chat model is asked as its vendor documents it, and whatever it answers, there is a plan."""

import json
import threading
import time
from dataclasses import replace
from typing import Any

import pytest
from loopback import Hit, Reply, Server, client_of
from speech_made_up import said

from talkies.core.alignment import Alignment
from talkies.core.direction.feelings import LEAST_APART
from talkies.core.rig.standard import BUILT, STANDARD
from talkies.errors import Canceled
from talkies.studio.model_service import ModelService, Patience
from talkies.studio.timelines.emotion_chat import expressive, most_changes
from talkies.studio.timelines.emotion_model import PATIENCE, EmotionModel

SPEECH = replace(
    said("Good morning! I am afraid that the train is late. It is sad."), language="en"
)


def change(time: int, expression: str = "happy_soft", **facts: Any) -> dict[str, Any]:
    return {"time_ms": time, "expression": expression, "strength": 0.8, "reason": "why", **facts}


def chat(content: object, **facts: Any) -> Reply:
    """A chat completion as OpenAI's reference shows it."""
    ending = facts.pop("finish_reason", "stop")
    message = {"role": "assistant", "content": content, "refusal": None, **facts}
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": "gpt-4o-2024-08-06",
        "choices": [{"index": 0, "message": message, "finish_reason": ending, "logprobs": None}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }
    return Reply(body=json.dumps(body).encode())


def planned(*changes: dict[str, Any]) -> Reply:
    return chat(json.dumps({"changes": changes}))


def failed(status: int, code: str | None = None, **headers: str) -> Reply:
    """An error as OpenAI's guide shows it; its message quotes the key."""
    error = {"message": "Incorrect API key provided: sk-secret", "type": "t", "code": code}
    sent = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(status=status, headers=sent, body=json.dumps({"error": error}).encode())


class Asked:
    """A model on loopback, what it was asked, what was waited for, and what was said."""

    def __init__(self, *replies: Reply, patience: Patience = PATIENCE) -> None:
        self.replies = list(replies)
        #: Seconds after each question but the last.
        self.waits: list[float] = []
        self.warnings: list[str] = []
        self.hits: list[Hit] = []
        self._patience = patience

    def plan(self, alignment: Alignment = SPEECH, key: str | None = "sk-secret") -> Any:
        with Server(self._answer) as server, client_of(server) as client:
            service = ModelService(
                base_url=f"http://127.0.0.1:{server.port}/v1",
                key=key,
                emotion_model="gpt-4o",
                image_model="",
            )

            def sleep(seconds: float) -> None:
                self.waits += [0.0] * (len(server.hits) - len(self.waits))
                self.waits[-1] += seconds

            model = EmotionModel(client, service, patience=self._patience, sleep=sleep)
            found = model.plan(alignment, BUILT, self.warnings.append)
            self.hits = server.hits
        return found

    def _answer(self, _: Hit) -> Reply:
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


def test_the_model_is_asked_as_openai_documents_it() -> None:
    asked = Asked(planned())
    asked.plan()

    (hit,) = asked.hits
    assert (hit.method, hit.path) == ("POST", "/v1/chat/completions")
    assert hit.headers["authorization"] == "Bearer sk-secret"
    assert hit.headers["content-type"] == "application/json"
    body = json.loads(hit.body)
    assert body["model"] == "gpt-4o"
    form = body["response_format"]
    assert (form["type"], form["json_schema"]["strict"]) == ("json_schema", True)
    items = form["json_schema"]["schema"]["properties"]["changes"]["items"]
    assert items["properties"]["expression"]["enum"] == list(expressive(BUILT))
    assert set(items["required"]) == set(items["properties"])
    system, user = body["messages"]
    assert "At most 3 changes, at least 500 ms apart" in system["content"]
    phrases = json.loads(user["content"])["phrases"]
    assert phrases[0] == {"start_ms": 0, "end_ms": 600, "text": "Good morning!"}


def test_a_server_of_ones_own_asks_for_no_key() -> None:
    asked = Asked(planned())
    asked.plan(key=None)

    assert "authorization" not in asked.hits[0].headers


def test_a_plan_is_read() -> None:
    asked = Asked(planned(change(2000, "concerned"), change(0)))
    found = asked.plan()

    assert [(each.time, each.expression, each.strength, each.note) for each in found] == [
        (0.0, "happy_soft", 0.8, "why"),
        (2.0, "concerned", 0.8, "why"),
    ]
    assert (asked.warnings, asked.waits) == ([], [])


def test_a_plan_is_held_to_the_rules() -> None:
    asked = Asked(
        planned(
            change(0, strength=0.5),
            change(200, strength=0.9),
            change(1000, "frobnicate"),
            change(1500, "speaking_ah"),
            change(2000, strength=7),
            change(-500),
            change(99_000),
            change(2500, strength=0.1),
            change(3000, strength=0.7),
        )
    )
    found = asked.plan()

    assert [(each.time, each.strength) for each in found] == [(0.2, 0.9), (2.0, 1.0), (3.0, 0.7)]
    assert most_changes(SPEECH.seconds) == 3
    assert LEAST_APART == 0.5


def test_a_model_without_schemas_may_wrap_its_plan_in_a_fence() -> None:
    content = "```json\n" + json.dumps({"changes": [change(0)]}) + "\n```"

    assert len(Asked(chat(content)).plan()) == 1


def test_a_busy_server_is_given_the_time_that_it_asks_for() -> None:
    asked = Asked(failed(429, "rate_limit_exceeded", retry_after="7"), planned(change(0)))

    assert len(asked.plan()) == 1
    assert asked.waits == [7.0]


def test_nobody_is_waited_for_too_long() -> None:
    asked = Asked(failed(429, "rate_limit_exceeded", retry_after="3600"), planned())
    asked.plan()

    assert asked.waits == [PATIENCE.longest_wait]


def test_waits_double_and_an_odd_wish_is_not_heeded() -> None:
    asked = Asked(
        failed(500), failed(503, retry_after="Wed, 21 Oct 2026 07:28:00 GMT"), planned(change(0))
    )

    assert len(asked.plan()) == 1
    assert asked.waits == [1.0, 2.0]


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (failed(500), "it answered 500"),
        (failed(429, "rate_limit_exceeded"), "it answered 429 rate_limit_exceeded"),
        (Reply(status=502, body=b"<html>Bad gateway</html>"), "it answered 502"),
        (Reply(body=b"<html>"), "its answer is not one of a chat model"),
        (Reply(body=b'{"choices": []}'), "its answer is not one of a chat model"),
        (chat(None), "it said nothing"),
        (chat("I would smile."), "its plan is not the JSON that was asked for"),
        (chat('{"changes": 3}'), "its plan is not the JSON that was asked for"),
        (chat('{"changes": [3]}'), "its plan is not the JSON that was asked for"),
        (Reply(body=b"[" * 100_000), "its answer is not one of a chat model"),
        (chat("[" * 100_000), "its plan is not the JSON that was asked for"),
        (planned(change(10**400)), "its plan is not the JSON that was asked for"),
        (planned({"time_ms": "soon"}), "its plan is not the JSON that was asked for"),
        (planned(change(0, strength=float("nan"))), "its plan has numbers that are none"),
        (chat("{", finish_reason="length"), "its answer was cut off"),
    ],
)
def test_what_may_go_better_is_tried_again_and_then_left_to_the_rules(
    reply: Reply, why: str
) -> None:
    asked = Asked(reply)

    assert asked.plan() is None
    assert len(asked.hits) == PATIENCE.attempts
    assert asked.waits == [1.0, 2.0, 4.0]
    assert asked.warnings == [
        f"The model did not plan the expressions ({why}); the built-in rules did."
    ]


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (failed(401, "invalid_api_key"), "it answered 401 invalid_api_key"),
        (failed(400, "bad code; DROP TABLE"), "it answered 400"),
        (failed(404, "model_not_found"), "it answered 404 model_not_found"),
        (failed(429, "insufficient_quota"), "it answered 429 insufficient_quota"),
        (chat(None, refusal="I cannot help with that."), "it refused to"),
        (chat("", finish_reason="content_filter"), "it refused to"),
    ],
)
def test_what_stays_as_it_is_is_asked_once_and_no_secret_is_told(reply: Reply, why: str) -> None:
    asked = Asked(reply)

    assert asked.plan() is None
    assert len(asked.hits) == 1
    assert asked.warnings == [
        f"The model did not plan the expressions ({why}); the built-in rules did."
    ]


def test_a_slow_server_is_left() -> None:
    patience = replace(PATIENCE, attempts=1, answer=0.3)

    def slow(_: Hit) -> Reply:
        pause.wait(60)
        return planned()

    pause = threading.Event()
    warnings: list[str] = []
    with Server(slow) as server, client_of(server) as client:
        service = ModelService(
            base_url=f"http://127.0.0.1:{server.port}", emotion_model="m", image_model=""
        )
        model = EmotionModel(client, service, patience=patience)
        assert model.plan(SPEECH, BUILT, warnings.append) is None
        pause.set()
    assert "did not give all of its answer in time" in warnings[0]


def test_patience_has_an_end_however_many_attempts_are_left() -> None:
    asked = Asked(failed(500), patience=replace(PATIENCE, attempts=50, all=0.5))

    assert asked.plan() is None
    assert len(asked.hits) == 1


def test_an_address_that_is_not_contacted_is_no_plan() -> None:
    warnings: list[str] = []
    service = ModelService(base_url="http://10.0.0.1:1", emotion_model="m", image_model="")
    with Server() as server, client_of(server) as client:
        assert EmotionModel(client, service).plan(SPEECH, BUILT, warnings.append) is None
    assert len(warnings) == 1


def test_speech_without_words_is_not_sent() -> None:
    asked = Asked(planned())

    assert asked.plan(replace(SPEECH, words=())) is None
    assert asked.hits == []
    assert "there is no transcript" in asked.warnings[0]


def test_a_long_speech_is_asked_about_in_pieces() -> None:
    long = replace(said("So it is. " * 400), language="en")
    asked = Asked(planned(change(0)))
    asked.plan(long)

    texts = [json.loads(json.loads(hit.body)["messages"][1]["content"]) for hit in asked.hits]
    assert len(texts) == 2
    assert sum(len(text["phrases"]) for text in texts) == 400


def test_who_stops_is_heard_before_every_question() -> None:
    def going() -> None:
        if len(server.hits) == 2:
            raise Canceled

    with Server(lambda _: failed(500)) as server, client_of(server) as client:
        service = ModelService(
            base_url=f"http://127.0.0.1:{server.port}", emotion_model="m", image_model=""
        )
        model = EmotionModel(client, service, sleep=lambda _: None)
        with pytest.raises(Canceled):
            model.plan(SPEECH, BUILT, print, going)
        assert len(server.hits) == 2


@pytest.mark.parametrize("wait", ["for an answer", "between questions"])
def test_who_stops_is_heard_while_anything_is_waited_for(wait: str) -> None:
    asked, pause = threading.Event(), threading.Event()

    def silent(_: Hit) -> Reply:
        asked.set()
        if wait == "for an answer":
            pause.wait(60)
        return failed(429, retry_after="20")

    def going() -> None:
        if asked.is_set():
            raise Canceled

    with Server(silent) as server, client_of(server) as client:
        service = ModelService(
            base_url=f"http://127.0.0.1:{server.port}", emotion_model="m", image_model=""
        )
        began = time.monotonic()
        with pytest.raises(Canceled):
            EmotionModel(client, service).plan(SPEECH, BUILT, print, going)
        took = time.monotonic() - began
        pause.set()
    assert took < 10


def test_expressions_of_feelings_are_offered_and_mouths_of_speech_are_not() -> None:
    assert expressive(STANDARD) == (
        "neutral", "happy_soft", "happy_big", "surprised_ah", "concerned",
    )  # fmt: skip
    assert not {"lips_closed", "lip_teeth", "blink_closed"} & set(expressive(BUILT))
