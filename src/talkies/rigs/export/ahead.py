"""Work done ahead of who needs it, in a thread of its own."""

import contextlib
from collections.abc import Generator, Iterator
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import TypeAlias, TypeVar

_Item = TypeVar("_Item")

#: Whether there is an item; the item; what was raised in its place.
_Entry: TypeAlias = tuple[bool, _Item | None, BaseException | None]

#: How long, in seconds, the thread waits for room before it looks whether anybody still reads.
_PATIENCE = 0.1


@contextlib.contextmanager
def ahead(items: Generator[_Item, None, None], depth: int) -> Iterator[Iterator[_Item]]:
    """The items of a generator, made up to `depth` ahead in a thread that ends with the block.

    The generator runs, and is closed, in that thread; what it raises is raised to the reader.
    """
    line: Queue[_Entry[_Item]] = Queue(depth)
    stopped = Event()
    thread = Thread(target=_make, args=(items, line, stopped), name="frames-ahead", daemon=True)
    thread.start()
    try:
        yield _taken(line)
    finally:
        stopped.set()
        with contextlib.suppress(Empty):
            while True:
                line.get_nowait()
        thread.join()


def _make(
    items: Generator[_Item, None, None],
    line: Queue[_Entry[_Item]],
    stopped: Event,
) -> None:
    failure: BaseException | None = None
    try:
        with contextlib.closing(items):
            for item in items:
                if not _put(line, (True, item, None), stopped):
                    return
    except BaseException as error:  # noqa: BLE001  the reader raises it
        failure = error
    _put(line, (False, None, failure), stopped)


def _put(
    line: Queue[_Entry[_Item]],
    entry: _Entry[_Item],
    stopped: Event,
) -> bool:
    while not stopped.is_set():
        with contextlib.suppress(Full):
            line.put(entry, timeout=_PATIENCE)
            return True
    return False


def _taken(
    line: Queue[_Entry[_Item]],
) -> Iterator[_Item]:
    while True:
        more, item, failure = line.get()
        if failure is not None:
            raise failure
        if not more:
            return
        yield item  # type: ignore[misc]
