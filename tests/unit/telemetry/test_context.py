import threading

from talkies.telemetry.context import LONGEST, bound, carried, current, learned


def test_ids_hold_inside_the_block_and_not_after_it() -> None:
    with bound(request_id="r1"):
        with bound(job_id="j1"):
            assert current() == {"request_id": "r1", "job_id": "j1"}
        assert current() == {"request_id": "r1"}
    assert current() == {}


def test_what_is_not_known_changes_nothing() -> None:
    with bound(request_id="r1", key_id=None):
        assert current() == {"request_id": "r1"}


def test_a_child_process_takes_over_what_it_was_given_and_nothing_else() -> None:
    with bound({"request_id": "r1", "secret": "s"}):
        assert current() == {"request_id": "r1"}


def test_an_id_from_a_stranger_is_cut() -> None:
    with bound(request_id="r" * 5_000):
        assert len(current()["request_id"]) == LONGEST


def test_another_thread_knows_the_ids_when_its_work_is_carried() -> None:
    seen: list[object] = []

    def look() -> None:
        seen.append(current())

    with bound(request_id="r1"):
        threads = [threading.Thread(target=carried(look)), threading.Thread(target=look)]
    for thread in threads:
        thread.start()
        thread.join()
    assert seen == [{"request_id": "r1"}, {}]


def test_work_that_is_carried_can_be_called_by_several_threads_at_once() -> None:
    gate = threading.Barrier(2, timeout=60)
    with bound(job_id="j1"):
        work = carried(gate.wait)
    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads)
    assert not gate.broken


def test_what_another_thread_learned_is_known_to_the_block() -> None:
    with bound(request_id="r1"):
        thread = threading.Thread(target=carried(lambda: learned(key_id="key_1")))
        thread.start()
        thread.join()
        assert current() == {"request_id": "r1", "key_id": "key_1"}
    assert current() == {}


def test_outside_of_a_block_nothing_is_learned() -> None:
    learned(key_id="key_1")
    assert current() == {}


def test_what_was_read_does_not_change_afterwards() -> None:
    with bound(request_id="r1"):
        before = current()
        learned(key_id="key_1")
    assert before == {"request_id": "r1"}
