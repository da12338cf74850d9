from pathlib import Path

import pytest
from made_once import migrated
from service_stage import Stage, built
from starlette.responses import Response

from talkies.api.creation import Asked, Creation
from talkies.errors import IdempotencyInProgress, IdempotencyMismatch, NotFound, QueueFull
from talkies.studio.access.principal import Principal, Scope

WHO = Principal(key_id="key_1", name="one", scopes=frozenset({Scope.VIDEOS}))
ASKED = Asked(prefix="thing", fields={"a": 1}, files={"f": "00"})


class Shelf:
    """Where things are made."""

    def __init__(self) -> None:
        self.things: dict[str, int] = {}
        self.refusals = 0

    def make(self, id_: str) -> str:
        if self.refusals:
            self.refusals -= 1
            raise QueueFull
        self.things[id_] = self.things.get(id_, 0) + 1
        return id_

    def again(self, id_: str) -> str:
        if id_ not in self.things:
            raise NotFound
        return id_


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return built(tmp_path)


def creation(stage: Stage, *, named: bool = True) -> Creation:
    return Creation(stage.services.idempotency, "POST /things", "t" if named else None)


def test_without_a_token_every_request_makes_one(stage: Stage) -> None:
    shelf = Shelf()
    made = [
        creation(stage, named=False).once(WHO, ASKED, shelf.make, shelf.again) for _ in range(2)
    ]
    assert len(shelf.things) == 2
    assert not any(each.replayed for each in made)
    assert made[0].value.startswith("thing_")


def test_with_a_token_the_second_gives_the_first(stage: Stage) -> None:
    shelf, response = Shelf(), Response()
    first = creation(stage).once(WHO, ASKED, shelf.make, shelf.again)
    second = creation(stage).once(WHO, ASKED, shelf.make, shelf.again)
    assert second.tell(response) == first.value
    assert response.headers["Idempotency-Replayed"] == "true"
    assert shelf.things == {first.value: 1}


def test_other_files_are_another_request(stage: Stage) -> None:
    shelf = Shelf()
    creation(stage).once(WHO, ASKED, shelf.make, shelf.again)
    other = Asked(prefix="thing", fields={"a": 1}, files={"f": "11"})
    with pytest.raises(IdempotencyMismatch):
        creation(stage).once(WHO, other, shelf.make, shelf.again)


def test_a_refused_creation_can_be_tried_again(stage: Stage) -> None:
    shelf = Shelf()
    shelf.refusals = 1
    with pytest.raises(QueueFull):
        creation(stage).once(WHO, ASKED, shelf.make, shelf.again)
    assert not creation(stage).once(WHO, ASKED, shelf.make, shelf.again).replayed


def test_what_is_being_made_is_not_made_by_another(stage: Stage) -> None:
    shelf = Shelf()

    def meanwhile(id_: str) -> str:
        with pytest.raises(IdempotencyInProgress):
            creation(stage).once(WHO, ASKED, shelf.make, shelf.again)
        return shelf.make(id_)

    creation(stage).once(WHO, ASKED, meanwhile, shelf.again)
    assert len(shelf.things) == 1


def test_what_a_killed_process_made_is_found_and_not_made_twice(tmp_path: Path) -> None:
    from talkies.studio.access.idempotency import Idempotency

    moment = [1_000_000]
    engine = migrated(tmp_path / "own.db")
    book = Idempotency(engine, lambda: moment[0])
    shelf = Shelf()

    def killed(id_: str) -> str:
        shelf.make(id_)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Creation(book, "POST /things", "t").once(WHO, ASKED, killed, shelf.again)
    moment[0] += 60_000
    found = Creation(book, "POST /things", "t").once(WHO, ASKED, shelf.make, shelf.again)
    assert found.replayed
    assert shelf.things == {found.value: 1}
    again = Creation(book, "POST /things", "t").once(WHO, ASKED, shelf.make, shelf.again)
    assert again.value == found.value
