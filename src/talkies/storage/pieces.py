"""How blobs are read and tried on every backend."""

import secrets
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from talkies.errors import StorageFailure
from talkies.kit.files import private_folder
from talkies.storage.base import Storage

#: Bytes of one piece of a reading: few calls for a video, and little memory for many readers.
PIECE_BYTES: Final = 256 << 10

#: Where `check` writes.
TRIALS: Final = "checks"


def batches(keys: Iterable[str], size: int) -> Iterator[list[str]]:
    """The keys, so many at a time."""
    left = iter(keys)
    while batch := list(islice(left, size)):
        yield batch


def started(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces, opened: their first one is empty and comes once the blob is known to be there.

    A generator that was started also closes what it holds when nobody reads it to its end.
    """
    next(pieces)
    return pieces


def try_out(storage: Storage) -> None:
    """Write, read and remove a small blob; raises what stands in the way."""
    key = f"{TRIALS}/{secrets.token_hex(8)}"
    content = secrets.token_bytes(64)
    with private_folder() as folder:
        sample = folder / "sample"
        sample.write_bytes(content)
        storage.put(key, sample, content_type="application/octet-stream")
    try:
        if b"".join(storage.read(key)) != content:
            raise StorageFailure(
                "The storage does not give back what was put into it.",
                hint="Check that nothing between here and the storage changes the files.",
            )
    finally:
        storage.delete([key])
