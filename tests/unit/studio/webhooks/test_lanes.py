from talkies.studio.webhooks.lanes import HEALTHY, REMEMBERED, Lanes


def enter(lanes: Lanes, origin: str, times: int = 1) -> None:
    for _ in range(times):
        lanes.enter(origin)


def test_an_origin_that_answers_gets_some_lanes_and_not_all() -> None:
    lanes = Lanes(8)
    enter(lanes, "a", HEALTHY - 1)
    assert lanes.crowded() == ()
    enter(lanes, "a")
    assert lanes.crowded() == ("a",)
    lanes.leave("a", answered=True)
    assert lanes.crowded() == ()


def test_an_origin_that_did_not_answer_gets_one() -> None:
    lanes = Lanes(8)
    enter(lanes, "a")
    lanes.leave("a", answered=False)
    assert lanes.crowded() == ()
    enter(lanes, "a")
    assert lanes.crowded() == ("a",)
    lanes.leave("a", answered=True)
    enter(lanes, "a")
    assert lanes.crowded() == ()


def test_all_that_did_not_answer_share_half_the_workers() -> None:
    lanes = Lanes(4)
    for origin in "abc":
        enter(lanes, origin)
        lanes.leave(origin, answered=False)
    enter(lanes, "a")
    assert lanes.crowded() == ("a",)
    enter(lanes, "b")
    assert sorted(lanes.crowded()) == ["a", "b", "c"]
    lanes.leave("a", answered=False)
    assert lanes.crowded() == ("b",)


def test_even_one_worker_tries_the_dead() -> None:
    lanes = Lanes(1)
    enter(lanes, "a")
    lanes.leave("a", answered=False)
    assert lanes.crowded() == ()


def test_what_is_remembered_has_a_bound() -> None:
    lanes = Lanes(2)
    for number in range(REMEMBERED + 5):
        enter(lanes, str(number))
        lanes.leave(str(number), answered=False)
    enter(lanes, "new")
    lanes.leave("new", answered=False)
    enter(lanes, "new")
    assert len(lanes.crowded()) == REMEMBERED
