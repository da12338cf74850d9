from talkies.studio.webhooks.lanes import PROVEN, REMEMBERED, Lane, Lanes


def enter(lanes: Lanes, *origins: str) -> None:
    for origin in origins:
        lanes.enter(origin)


def prove(lanes: Lanes, *origins: str) -> None:
    for origin in origins:
        lanes.enter(origin)
        lanes.leave(origin, prompt=True)


def test_a_free_worker_may_send_anywhere() -> None:
    assert Lanes(8).free() == Lane()


def test_a_new_origin_gets_one_worker_until_it_answers_promptly() -> None:
    lanes = Lanes(8)
    enter(lanes, "a")
    assert lanes.free() == Lane(avoid=("a",))
    lanes.leave("a", prompt=True)
    enter(lanes, "a")
    assert lanes.free() == Lane()


def test_a_proven_origin_gets_some_workers_and_not_all() -> None:
    lanes = Lanes(8)
    prove(lanes, "a")
    enter(lanes, *"a" * (PROVEN - 1))
    assert lanes.free() == Lane()
    enter(lanes, "a")
    assert lanes.free() == Lane(avoid=("a",))
    lanes.leave("a", prompt=True)
    assert lanes.free() == Lane()


def test_an_origin_that_grows_slow_is_new_again() -> None:
    lanes = Lanes(8)
    prove(lanes, "a")
    enter(lanes, "a", "a")
    lanes.leave("a", prompt=False)
    assert lanes.free() == Lane(avoid=("a",))


def test_all_that_are_not_proven_share_half_the_workers() -> None:
    lanes = Lanes(4)
    prove(lanes, "good", "busy")
    enter(lanes, "new")
    assert lanes.free() == Lane(avoid=("new",))
    enter(lanes, "newer", *["busy"] * PROVEN)
    assert lanes.free() == Lane(only=("good",))
    lanes.leave("newer", prompt=False)
    assert set(lanes.free().avoid) == {"new", "busy"}


def test_one_worker_alone_tries_new_origins_too() -> None:
    lanes = Lanes(1)
    assert lanes.free() == Lane()
    enter(lanes, "new")
    assert lanes.free() == Lane(only=())


def test_what_is_remembered_has_a_bound() -> None:
    lanes = Lanes(2)
    prove(lanes, *map(str, range(REMEMBERED + 5)))
    enter(lanes, "new")
    only = lanes.free().only
    assert only is not None
    assert len(only) == REMEMBERED
    assert "4" not in only
    assert "5" in only
