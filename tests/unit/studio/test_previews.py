import threading
import time
from pathlib import Path

import pytest

from talkies.errors import StorageUnavailable
from talkies.storage.links import LinkSigner
from talkies.storage.local import LocalStorage
from talkies.studio.previews import Previews, Shipment, shipping


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "storage", LinkSigner(b"s" * 32))


@pytest.fixture
def previews(storage: LocalStorage) -> Previews:
    return Previews(storage)


@pytest.fixture
def growing(tmp_path: Path) -> Path:
    return tmp_path / "preview.mp4"


def shipment(storage: LocalStorage, growing: Path, attempt: str = "1-1-5") -> Shipment:
    return Shipment(storage, growing, job_id="vid_1", attempt=attempt)


def grow(growing: Path, more: bytes) -> None:
    with growing.open("ab") as file:
        file.write(more)


def seen(previews: Previews, start: int = 0, end: int | None = None) -> bytes:
    found = previews.look("vid_1")
    assert found is not None
    return b"".join(previews.read(found, start, end))


def test_there_is_nothing_before_the_file_is(
    storage: LocalStorage, growing: Path, previews: Previews
) -> None:
    shipment(storage, growing).ship()
    assert previews.look("vid_1") is None


def test_what_is_new_is_added_until_it_is_whole(
    storage: LocalStorage, growing: Path, previews: Previews, tmp_path: Path
) -> None:
    ship = shipment(storage, growing)
    sizes = []
    for more in (b"index", b"first ", b"second ", b""):
        grow(growing, more)
        ship.ship()
        found = previews.look("vid_1")
        assert found is not None
        assert not found.complete
        sizes.append(found.bytes)
    assert sizes == [5, 11, 18, 18]
    grow(growing, b"end")
    ship.ship(last=True)
    found = previews.look("vid_1")
    assert found is not None
    assert found.complete
    assert seen(previews) == b"indexfirst second end"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["preview.mp4", "storage"]


@pytest.mark.parametrize(
    ("start", "end"), [(0, None), (0, 5), (3, 8), (5, 11), (11, 100), (17, 18), (4, 4), (30, 40)]
)
def test_any_part_can_be_read(
    storage: LocalStorage, growing: Path, previews: Previews, start: int, end: int | None
) -> None:
    ship = shipment(storage, growing)
    for more in (b"index", b"first ", b"second "):
        grow(growing, more)
        ship.ship()
    assert seen(previews, start, end) == b"indexfirst second "[start:end]


def test_a_file_is_whole_also_when_its_end_was_seen_before(
    storage: LocalStorage, growing: Path, previews: Previews
) -> None:
    ship = shipment(storage, growing)
    grow(growing, b"all")
    ship.ship()
    ship.ship(last=True)
    found = previews.look("vid_1")
    assert found is not None
    assert found.complete
    assert seen(previews) == b"all"


def test_the_latest_attempt_is_shown(
    storage: LocalStorage, growing: Path, previews: Previews
) -> None:
    for attempt in ("1-2-30", "1-10-40", "1-9-90"):
        growing.write_bytes(attempt.encode())
        shipment(storage, growing, attempt).ship(last=True)
    assert seen(previews) == b"1-10-40"


def test_a_reader_sees_no_further_than_a_missing_piece(
    storage: LocalStorage, growing: Path, previews: Previews
) -> None:
    ship = shipment(storage, growing)
    for more in (b"one", b"two", b"three"):
        grow(growing, more)
        ship.ship()
    storage.delete(["previews/vid_1/1-1-5/00000000000003.mp4"])
    assert seen(previews) == b"one"


class MoodyStorage(LocalStorage):
    """Cannot be reached at first."""

    refusals = 1

    def put(self, key: str, path: Path, *, content_type: str) -> None:
        if self.refusals:
            self.refusals -= 1
            raise StorageUnavailable
        super().put(key, path, content_type=content_type)


def test_what_did_not_arrive_goes_with_the_next_piece(tmp_path: Path, growing: Path) -> None:
    storage = MoodyStorage(tmp_path / "storage", LinkSigner(b"s" * 32))
    ship = shipment(storage, growing)
    for more in (b"one", b"two"):
        grow(growing, more)
        ship.ship()
    assert seen(Previews(storage)) == b"onetwo"


def test_a_disk_that_takes_no_piece_only_delays_it(
    storage: LocalStorage, growing: Path, previews: Previews
) -> None:
    ship = shipment(storage, growing)
    grow(growing, b"one")
    # Where the piece would be copied to, nothing can be written.
    blocked = growing.with_name(f"{growing.name}.part")
    blocked.mkdir()
    ship.ship()
    assert previews.look("vid_1") is None
    blocked.rmdir()
    ship.ship(last=True)
    assert seen(previews) == b"one"


def test_a_growing_file_is_shipped_in_the_background(
    storage: LocalStorage, growing: Path, previews: Previews
) -> None:
    with shipping(storage, growing, job_id="vid_1", attempt="1-1-5"):
        began = time.monotonic()
        grow(growing, b"index")
        while previews.look("vid_1") is None:
            time.sleep(0.02)
        assert time.monotonic() - began < 15
        grow(growing, b"rest")
    found = previews.look("vid_1")
    assert found is not None
    assert found.complete
    assert seen(previews) == b"indexrest"


def test_what_failed_is_never_whole(
    storage: LocalStorage, growing: Path, previews: Previews
) -> None:
    def fail() -> None:
        with shipping(storage, growing, job_id="vid_1", attempt="1-1-5"):
            grow(growing, b"index")
            while previews.look("vid_1") is None:
                time.sleep(0.02)
            raise InterruptedError

    with pytest.raises(InterruptedError):
        fail()
    found = previews.look("vid_1")
    assert found is not None
    assert not found.complete


def test_a_follower_gets_what_comes_until_the_end(
    storage: LocalStorage, growing: Path, previews: Previews
) -> None:
    ship = shipment(storage, growing)
    steps = iter([(b"index", False), (b"first", False), (b"end", True)])

    def pause(_: float) -> None:
        more, last = next(steps)
        grow(growing, more)
        ship.ship(last=last)

    got = b"".join(previews.follow("vid_1", 2, over=lambda: False, pause=pause))
    assert got == b"dexfirstend"


def test_a_follower_leaves_when_another_attempt_begins(
    storage: LocalStorage, growing: Path, previews: Previews
) -> None:
    growing.write_bytes(b"old")
    shipment(storage, growing).ship()

    def pause(_: float) -> None:
        shipment(storage, growing, "1-2-6").ship()

    assert b"".join(previews.follow("vid_1", over=lambda: False, pause=pause)) == b"old"


def test_a_follower_leaves_when_nothing_more_comes(
    storage: LocalStorage, growing: Path, previews: Previews
) -> None:
    growing.write_bytes(b"some")
    shipment(storage, growing).ship()
    over = threading.Event()
    follow = previews.follow("vid_1", over=over.is_set, pause=lambda _: over.set())
    assert b"".join(follow) == b"some"


def test_previews_are_purged_by_job(storage: LocalStorage, growing: Path) -> None:
    growing.write_bytes(b"some")
    for number in (1, 2):
        Shipment(storage, growing, job_id=f"vid_{number}", attempt="1-1-5").ship()
    previews = Previews(storage)
    previews.purge("vid_1")
    assert previews.look("vid_1") is None
    assert previews.look("vid_2") is not None
