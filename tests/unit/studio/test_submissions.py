from typing import Any

import pytest
from workshop_stage import WHO

from talkies.errors import InvalidRequest, UnsafeAddress
from talkies.jobs.records import Priority
from talkies.studio.submissions import (
    Source,
    Submission,
    new_job,
    request_document,
    require_caller,
    with_webhook,
)


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("https://example.com/a.png", Source(url="https://example.com/a.png")),
        ("ast_01", Source(asset_id="ast_01")),
    ],
)
def test_a_text_names_an_address_or_an_asset(text: str, source: Source) -> None:
    assert Source.named(text) == source


@pytest.mark.parametrize(
    "given",
    [{}, {"asset_id": "a", "url": "https://b"}, {"url": "https://example.com/" + "a" * 8_000}],
)
def test_a_source_is_exactly_one_place(given: dict[str, str]) -> None:
    with pytest.raises(InvalidRequest):
        Source(**given)


@pytest.mark.parametrize(
    "given",
    [
        {"user_id": ""},
        {"user_id": "u" * 201},
        {"external_id": "e" * 201},
        {"deadline_seconds": 0.5},
        {"deadline_seconds": 604_801},
        {"deadline_seconds": float("nan")},
        {"metadata": {str(number): 1 for number in range(17)}},
        {"metadata": {"": 1}},
        {"metadata": {"k" * 65: 1}},
        {"metadata": {"k": "v" * 513}},
        {"metadata": {"k": {"nested": 1}}},
        {"metadata": {"k": [1]}},
    ],
)
def test_what_is_beyond_the_contract_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest) as caught:
        require_caller(Submission(**given))
    assert caught.value.details["fields"] == list(given)


def test_what_the_contract_allows_passes() -> None:
    most = {"k" * 63 + chr(97 + number): "v" * 512 for number in range(16)}
    require_caller(
        Submission(metadata=most, deadline_seconds=1, user_id="u", external_id="é" * 200)
    )
    require_caller(Submission(metadata={"a": None, "b": True, "c": 1.5}))


def test_a_webhook_is_kept_as_it_will_be_called() -> None:
    heard = with_webhook(
        Submission(webhook_url="HTTPS://Example.com", webhook_events=("job.failed", "job.started")),
        lambda url: url.lower(),
    )
    assert heard.webhook_url == "https://example.com"
    assert heard.webhook_events == ("job.started", "job.failed")
    with pytest.raises(InvalidRequest):
        with_webhook(Submission(webhook_events=("job.nonsense",)), str)


def test_a_webhook_to_nowhere_safe_is_refused() -> None:
    def refuse(_: str) -> str:
        raise UnsafeAddress

    with pytest.raises(UnsafeAddress):
        with_webhook(Submission(webhook_url="http://10.0.0.1"), refuse)


def test_the_job_s_columns_get_what_the_document_leaves_out() -> None:
    asked = Submission(
        user_id="u",
        external_id="e",
        webhook_url="https://example.com",
        webhook_events=("job.failed",),
        metadata={"a": 1},
        deadline_seconds=10,
        priority=Priority.HIGH,
        origin="seed",
    )
    made = new_job(
        "vid_1",
        "video",
        WHO,
        asked,
        clock=lambda: 1_000,
        inputs={"portrait": Source(sha256="ab"), "audio": Source(url="https://example.com")},
        engine="quick",
    )
    assert request_document(asked) == {"deadline_seconds": 10}
    assert made.request == {"deadline_seconds": 10}
    assert (made.user_id, made.external_id, made.origin, made.priority) == ("u", "e", "seed", 0)
    assert (made.webhook_url, made.webhook_events) == ("https://example.com", ("job.failed",))
    assert (made.metadata, made.deadline_at, made.key_id) == ({"a": 1}, 11_000, "key_1")
    assert (made.inputs, made.engine) == ({"portrait": "ab"}, "quick")
