import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from talkies.telemetry.access import answered
from talkies.telemetry.context import bound
from talkies.telemetry.logs import KINDS_KEPT, QUIET_SECONDS, Damper, configure

SECRET = "Zx9k3LmQp7vR2tYw8uBn"  # noqa: S105
TOUCHED = ("", "dbos", "uvicorn", "uvicorn.error", "uvicorn.access", "alembic", "httpx")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _loggers_as_before() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in TOUCHED]
    before = [(log.handlers[:], log.level, log.propagate, log.disabled) for log in loggers]
    yield
    for log, (handlers, level, propagate, disabled) in zip(loggers, before, strict=True):
        log.handlers[:] = handlers
        log.setLevel(level)
        log.propagate, log.disabled = propagate, disabled


@pytest.fixture
def stream() -> io.StringIO:
    stream = io.StringIO()
    configure("debug", stream=stream)
    return stream


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def fail(message: str) -> None:
    try:
        int(message)
    except ValueError:
        logging.getLogger("talkies").exception("failed")


def test_a_line_is_one_object_with_its_ids_and_fields(stream: io.StringIO) -> None:
    with bound(request_id="r1", job_id="j1", key_id="key_1"):
        logging.getLogger("talkies.jobs").info("took %s over", "j1", extra={"seconds": 4.5})
    (line,) = lines(stream)
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "info",
        "logger": "talkies.jobs",
        "message": "took j1 over",
        "request_id": "r1",
        "job_id": "j1",
        "key_id": "key_1",
        "seconds": 4.5,
    }


def test_an_id_given_with_the_line_wins_over_the_known_one(stream: io.StringIO) -> None:
    with bound(job_id="j1"):
        logging.getLogger("talkies").info("swept", extra={"job_id": "j2"})
    assert lines(stream)[0]["job_id"] == "j2"


def test_a_line_with_line_breaks_stays_one_line(stream: io.StringIO) -> None:
    logging.getLogger("talkies").info("a\nb\r\n{}")
    assert lines(stream)[0]["message"] == "a\nb\r\n{}"


def test_a_failure_is_written_with_its_trace_and_without_its_secret(stream: io.StringIO) -> None:
    fail(f"Authorization: Bearer {SECRET}")
    (line,) = lines(stream)
    assert "Traceback" in line["exception"]
    assert SECRET not in stream.getvalue()


@pytest.mark.parametrize(
    "extra",
    [
        {"authorization": f"Bearer {SECRET}"},
        {"transcript": f"my name is {SECRET}"},
        {"url": f"https://a.example/b?signature={SECRET}"},
        {"headers": {"X-API-Key": SECRET}},
    ],
)
def test_no_field_gives_a_secret_away(stream: io.StringIO, extra: dict[str, object]) -> None:
    logging.getLogger("talkies").info("received", extra=extra)
    assert len(lines(stream)) == 1
    assert SECRET not in stream.getvalue()


def test_a_value_that_json_does_not_know_is_written_as_text(stream: io.StringIO) -> None:
    logging.getLogger("talkies").info("seen", extra={"path": object()})
    assert "object object at" in lines(stream)[0]["path"]


def test_a_terminal_gets_lines_for_people() -> None:
    terminal = Terminal()
    configure(stream=terminal)
    with bound(job_id="j1"):
        logging.getLogger("talkies").warning("slow", extra={"seconds": 3})
    assert terminal.getvalue().rstrip().endswith("WARNING slow  job_id=j1  seconds=3")


def test_a_failure_on_a_terminal_shows_its_trace() -> None:
    terminal = Terminal()
    configure(stream=terminal)
    fail(f"tk_{SECRET}")
    assert "Traceback" in terminal.getvalue()
    assert SECRET not in terminal.getvalue()


@pytest.mark.parametrize("as_json", [True, False])
def test_the_form_can_be_chosen(as_json: bool) -> None:
    stream = Terminal()
    configure(as_json=as_json, stream=stream)
    logging.getLogger("talkies").info("hello")
    assert stream.getvalue().startswith("{") is as_json


def test_a_level_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="LOUD"):
        configure("loud", stream=io.StringIO())


def test_the_level_holds(stream: io.StringIO) -> None:
    configure("WARNING", stream=stream)
    logging.getLogger("talkies").info("quiet")
    assert stream.getvalue() == ""


def test_the_servers_own_access_lines_are_not_written(stream: io.StringIO) -> None:
    logging.getLogger("uvicorn.access").info("GET /v1/files/a?signature=%s", SECRET)
    assert stream.getvalue() == ""


def test_clients_do_not_speak_of_each_request(stream: io.StringIO) -> None:
    logging.getLogger("httpx").info("HTTP Request: GET https://a.example/?k=%s", SECRET)
    assert stream.getvalue() == ""


def test_the_queues_library_writes_in_our_form_and_once(stream: io.StringIO) -> None:
    logging.getLogger("dbos").warning("hello", extra={"executorID": "x"})
    (line,) = lines(stream)
    assert (line["logger"], line["message"]) == ("dbos", "hello")
    assert "executorID" not in line


def test_the_queues_library_does_not_flood_while_its_database_is_away() -> None:
    code = (
        "import sys, logging\n"
        "from talkies.telemetry.logs import configure\n"
        "configure(as_json=True)\n"
        "import dbos\n"
        "log = logging.getLogger('dbos')\n"
        "for attempt in range(500):\n"
        "    try:\n"
        "        raise OSError('connection refused')\n"
        "    except OSError as e:\n"
        "        log.warning('Retrying in %d s', attempt, exc_info=e)\n"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    (line,) = [json.loads(text) for text in said.stderr.splitlines()]
    assert line["cause"] == "connection refused"
    assert "exception" not in line


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def record(message: str, *, name: str = "dbos", level: int = logging.ERROR) -> logging.LogRecord:
    return logging.LogRecord(name, level, "f.py", 1, message, (), None)


def test_the_same_thing_is_said_again_after_a_while_with_how_often_it_was_held_back() -> None:
    clock = Clock()
    damper = Damper("dbos", clock=clock)
    assert damper.filter(record("lost 1"))
    assert [damper.filter(record(f"lost {n}")) for n in range(3)] == [False] * 3
    assert damper.filter(record("another thing"))
    clock.now = QUIET_SECONDS
    again = record("lost 9")
    assert damper.filter(again)
    assert vars(again)["held_back"] == 3


def test_other_loggers_and_quiet_lines_are_not_held_back() -> None:
    damper = Damper("dbos", clock=Clock())
    assert all(damper.filter(record("a", name="talkies")) for _ in range(3))
    assert all(damper.filter(record("a", level=logging.INFO)) for _ in range(3))


def test_what_was_said_is_not_remembered_without_end() -> None:
    damper = Damper("dbos", clock=Clock())
    letters = "abcdefghijklmnopqrstuvwxyz"
    for n in range(KINDS_KEPT + 5):
        damper.filter(record("".join(letters[n // 26**p % 26] for p in range(4))))
    assert damper.filter(record("aaaa"))


def test_a_request_is_written_by_its_route(stream: io.StringIO) -> None:
    answered(
        method="GET", route="/v1/videos/{id}", status=200, milliseconds=1.26, sent=10, received=0
    )
    (line,) = lines(stream)
    assert line["message"] == "GET /v1/videos/{id} 200"
    assert (line["ms"], line["bytes"], line["level"]) == (1.3, 10, "info")


@pytest.mark.parametrize(
    ("route", "status", "level"),
    [("/healthz", 200, "debug"), ("/readyz", 503, "error"), ("/v1/videos", 500, "error")],
)
def test_probes_are_quiet_and_failures_are_not(
    stream: io.StringIO, route: str, status: int, level: str
) -> None:
    answered(method="GET", route=route, status=status, milliseconds=1, sent=1, received=1)
    assert lines(stream)[0]["level"] == level
