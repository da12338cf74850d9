import pytest

from talkies.telemetry.redaction import REMOVED, redacted, redacted_value

SECRET = "Zx9k3LmQp7vR2tYw8uBn"  # noqa: S105


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {SECRET}",
        f"authorization: Basic {SECRET}==",
        f"{{'authorization': 'Bearer tk_{SECRET}', 'accept': '*/*'}}",
        f"[(b'x-api-key', b'{SECRET}')]",
        f"X-API-Key={SECRET}",
        f"Cookie: theme=dark; talkies_session={SECRET}; other=1",
        f"Set-Cookie: talkies_session={SECRET}; HttpOnly",
        f"key tk_{SECRET} was refused",
        f"secret whsec_{SECRET}+/a=",
        f"private whsk_{SECRET}",
        f"bearer {SECRET} is not known",
        f"connect postgresql://talkies:{SECRET}@db.example/talkies",
        f"redis://:{SECRET}@cache:6379/0",
        f"GET https://bucket.example/videos/a.mp4?X-Amz-Signature={SECRET}&X-Amz-Date=1",
        f'"GET /v1/files/videos/a.mp4?expires=1&signature={SECRET} HTTP/1.1" 200',
        f"password={SECRET}&name=a",
        f"aws_secret={SECRET}",
        f"RUNPOD_API_KEY = {SECRET}",
        f"(sqlite3.Error) locked\n[SQL: INSERT INTO jobs]\n[parameters: ('job_1', '{SECRET}')]",
        f"[parameters: ('a', '[{SECRET}]')]\n(Background on this error at: x)",
        f"Input should be a string [type=string_type, input_value='{SECRET}', input_type=str]",
    ],
)
def test_no_secret_stays_in_a_text(text: str) -> None:
    assert SECRET not in redacted(text)
    assert REMOVED in redacted(text)


@pytest.mark.parametrize(
    "text",
    [
        "worker_1 took job_01hf4 over after 12.5 s",
        "GET /v1/videos/{id} 200",
        "cookies are fine? yes/no? maybe",
        "https://example.com/a/b",
        "the bearer of bad news",
        "tk_1",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redacted(text) == text


def test_the_address_before_the_query_stays() -> None:
    assert redacted("https://a.example/b.mp4?sig=1 failed") == (
        f"https://a.example/b.mp4?{REMOVED} failed"
    )


def test_a_long_hostile_text_is_read_in_time() -> None:
    import time

    started = time.process_time()
    for text in ("/" * 20_000, "a://" * 5_000, "cookie:" * 3_000, "[parameters: " * 2_000):
        redacted(text)
    assert time.process_time() - started < 5


@pytest.mark.parametrize("name", ["text", "Transcript", "authorization", "token", "prompt"])
def test_fields_that_hold_speech_or_secrets_are_not_written(name: str) -> None:
    assert redacted_value(name, SECRET) == REMOVED


def test_fields_are_read_in_depth() -> None:
    value = {"job": {"transcript": SECRET, "urls": [f"https://a.example/x?s={SECRET}"]}, "n": 1}
    written = redacted_value("request", value)
    assert SECRET not in str(written)
    assert written["n"] == 1
