"""Drawings of a character: how thousands of files of unknown origin become planes, quickly.

A few children decode them side by side, one file after another. The parent only reads files and
passes bytes on, and holds one drawing of each child.
"""

import contextlib
import os
from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Self, TypeAlias

from talkies.errors import (
    ChildCrashed,
    ChildTimedOut,
    CorruptMedia,
    MediaTooLarge,
    TalkiesError,
)
from talkies.kit.child import Child, Limits
from talkies.kit.messages import rebuilt, receive, send
from talkies.media.sandbox import limits, untrusted
from talkies.media.sniff import Family

#: Largest file of a drawing, in bytes: 2048×3072 of noise with alpha has 25 million.
DRAWING_BYTES: Final = 64 << 20

#: Bytes that are read at once: Python fetches room for all that is asked for, however small a file.
PIECE: Final = 1 << 20

#: Drawings that one child decodes, and its time for them in seconds: 0.1 s each on a quiet machine,
#: ten times that for the largest ones with a colour to key.
BATCH: Final = 64
BOUNDS: Final = limits(wall_seconds=900.0, cpu_seconds=240)

#: More children than this wait for the disk.
WORKERS_MAX: Final = 8

#: Drawings for which another child is worth its start, 0.2 s.
WORTH: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What is made of every drawing."""

    #: Size of the planes in pixels, both even. Others are cut by one odd row or column, or scaled.
    width: int
    height: int
    #: The colour that becomes transparent where a drawing has no alpha of its own, RGB.
    key: tuple[int, int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """One drawing, decoded and compressed."""

    #: SHA-256 of the planes, in hexadecimal.
    digest: str
    alpha: bool
    #: A frame of zstd: luma (H, W), both chromas (H/2, W/2) and, with alpha, alpha (H, W); uint8.
    data: bytes


#: A drawing, or why there is none: `CorruptMedia`, `UnsupportedMedia`, `FileMissing`, and others
#: of `load_picture`.
Outcome: TypeAlias = Packed | TalkiesError


def default_workers() -> int:
    """As many children as there are processors, within reason."""
    return min(WORKERS_MAX, os.cpu_count() or 1)


class DrawingDecoders:
    """Children that decode drawings; those of one block stay for all the work in it.

    A context manager, for one thread. A child is started when there is work for it.
    """

    def __init__(self, workers: int | None = None) -> None:
        """At most so many children: as many as there are processors where no number is given."""
        self._decoders = [_Decoder() for _ in range(workers or default_workers())]

    def pack(self, paths: Sequence[Path], recipe: Recipe) -> Generator[Outcome]:
        """What became of each file, in order.

        One that cannot be decoded, or breaks its child, does not keep the others from it.
        """
        asked: deque[_Decoder] = deque()
        free = deque(self._decoders[: -(-len(paths) // WORTH)])
        try:
            for path in paths:
                if not free:
                    free.append(asked.popleft())
                    yield free[0].answer()
                decoder = free.popleft()
                asked.append(decoder)
                decoder.ask(path, recipe)
            while asked:
                decoder = asked.popleft()
                free.append(decoder)
                yield decoder.answer()
        finally:
            # Answers that nobody waits for must not be taken for those to the next questions.
            for decoder in asked:
                decoder.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.ExitStack() as stack:
            for decoder in self._decoders:
                stack.callback(decoder.close)


def pack_drawings(
    paths: Sequence[Path], recipe: Recipe, *, workers: int | None = None
) -> Generator[Outcome]:
    """What became of each file, in order, by children that end with this."""
    with DrawingDecoders(workers) as decoders:
        yield from decoders.pack(paths, recipe)


class _Decoder:
    """One child at a time, asked for one drawing after another; a broken one is replaced."""

    def __init__(self, bounds: Limits = BOUNDS) -> None:
        self._bounds = bounds
        self._stack = contextlib.ExitStack()
        self._child: Child | None = None
        self._left = 0
        self._name = ""
        self._refused: TalkiesError | None = None

    def close(self) -> None:
        """End the child; its answer, if it still has one, is not wanted."""
        if self._child is not None:
            self._child.kill()
        self._child = None
        self._stack.close()

    def ask(self, path: Path, recipe: Recipe) -> None:
        """Begin with a drawing; the next call is `answer`."""
        self._name, self._refused = path.name, None
        try:
            with untrusted(path, Family.PICTURE, most_bytes=DRAWING_BYTES) as (file, kind):
                data = _all(file.read, DRAWING_BYTES)
        except TalkiesError as error:
            self._refused = error
            return
        self._send({"decoder": kind.decoder, "recipe": asdict(recipe)}, data)

    def answer(self) -> Outcome:
        if self._refused is not None:
            return self._refused
        child = self._child
        assert child is not None  # noqa: S101  `ask` started it, or left a refusal
        try:
            header, data = receive(child.stdout)
        except EOFError as ended:
            return self._broken(ended)
        if "refused" in header:
            return _named(rebuilt(header["refused"]), self._name)
        return Packed(digest=str(header["digest"]), alpha=bool(header["alpha"]), data=data)

    def _send(self, request: Mapping[str, Any], data: bytes) -> None:
        try:
            send(self._ready().stdin, request, data)
        except BrokenPipeError as ended:
            outcome = self._broken(ended)
            assert isinstance(outcome, TalkiesError)  # noqa: S101  for the type checker
            self._refused = outcome

    def _ready(self) -> Child:
        if self._left == 0 and self._child is not None:
            self._child = None
            self._stack.close()
        if self._child is None:
            child = Child("talkies.media.drawing_child", limits=self._bounds)
            self._child = self._stack.enter_context(child)
            self._left = BATCH
        self._left -= 1
        return self._child

    def _broken(self, ended: Exception) -> Outcome:
        """The child has gone: leave it, and tell of the drawing that it had."""
        self._child = None
        stack, self._stack = self._stack, contextlib.ExitStack()
        try:
            stack.__exit__(type(ended), ended, None)
        except ChildTimedOut as error:
            return MediaTooLarge(f"{self._name} takes too long to decode.", details=error.details)
        except ChildCrashed as error:
            return CorruptMedia(f"{self._name} cannot be decoded.", details=error.details)
        raise ended


def _all(read: Callable[[int], bytes], most: int) -> bytes:
    """A file to its end, which a raw read does not promise; `most` bytes of one that grows."""
    pieces: list[bytes] = []
    left = most
    while left and (piece := read(min(left, PIECE))):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def _named(error: TalkiesError, name: str) -> TalkiesError:
    """The error with the drawing's name before it."""
    message = error.message[:1].lower() + error.message[1:]
    return type(error)(f"{name}: {message}", hint=error.hint, details=error.details)
