"""How often and how long it is waited."""

import pytest

from talkies.weights.patience import Passing, Patience, asked_seconds


def test_waits_double_and_differ_by_chance() -> None:
    patience = Patience(first_seconds=1.0, most_seconds=100.0)
    for failures, most in ((1, 1.0), (2, 2.0), (5, 16.0)):
        waits = [patience.wait(failures) for _ in range(50)]
        assert most / 2 <= min(waits) < max(waits) <= most


def test_a_server_may_ask_for_more_but_not_for_ever() -> None:
    patience = Patience(first_seconds=1.0, most_seconds=100.0)
    assert patience.wait(1, asked=30) == 30
    assert patience.wait(1, asked=3600) == 100
    assert patience.wait(1000) == 100


@pytest.mark.parametrize(("text", "seconds"), [("7", 7.0), (" 0 ", 0.0)])
def test_seconds_are_read(text: str, seconds: float) -> None:
    assert asked_seconds({"retry-after": text, "ratelimit": '"api";r=0;t=55'}) == seconds


def test_the_hub_says_when_its_quota_is_new() -> None:
    assert asked_seconds({"ratelimit": '"resolvers";r=0;t=55'}) == 55
    assert asked_seconds({"ratelimit": '"api";r=0'}) is None


@pytest.mark.parametrize("text", ["", "-5", "9" * 30, "Wed, 21 Oct 2026 07:28:00 GMT", "1.5", "²"])
def test_what_is_no_number_of_seconds_is_not_read(text: str) -> None:
    assert asked_seconds({"retry-after": text}) is None
    assert asked_seconds({}) is None


def test_a_question_is_asked_until_it_is_answered() -> None:
    answers = iter([Passing("busy"), Passing("slow", asked=3.0), "yes"])

    def question() -> str:
        answer = next(answers)
        if isinstance(answer, Passing):
            raise answer
        return answer

    heard: list[tuple[str, float]] = []
    slept: list[float] = []
    patience = Patience(first_seconds=0.5, most_seconds=60)
    assert patience.ask(question, lambda *news: heard.append(news), slept.append) == "yes"
    assert [reason for reason, _ in heard] == ["busy", "slow"]
    assert slept == [wait for _, wait in heard]
    assert slept[1] == 3.0


def test_a_question_is_not_asked_more_often_than_that() -> None:
    asked: list[int] = []

    def question() -> None:
        asked.append(1)
        raise Passing("busy")

    with pytest.raises(Passing, match="busy"):
        Patience(tries=4).ask(question, lambda *_: None, lambda _: None)
    assert len(asked) == 4
