"""Drafts: every picture encoded once, kept, and joined into videos by copying.

Only the first draft that shows a picture encodes it. The file is several times as large as a real
export, since nothing in it is predicted from anything else.
"""

import mmap
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any, Final

from talkies.kit.files import unwritable
from talkies.media.captions import CaptionPainter
from talkies.media.samples import SoundSource
from talkies.media.splicing import UNIT_FRAMES, encode_units, unit_settings
from talkies.media.video import VideoWriter
from talkies.rigs.character import DRAFTS, FRAMES
from talkies.rigs.export.ahead import ahead
from talkies.rigs.export.pictures import Film, FilmKeys, pictures
from talkies.rigs.export.progress import Advance
from talkies.rigs.pack.building import one_builder
from talkies.rigs.pack.store import Span, appending, create, read_index

#: Bytes of kept pictures at which a character's drafts begin anew.
KEPT_BYTES: Final = 4_000_000_000

#: Pictures that are drawn ahead of the encoder.
_DEPTH: Final = 2

#: Grows when units of before cannot be used any more.
_VERSION: Final = 1


@dataclass(frozen=True, slots=True, order=True)
class Unit:
    """One encoded picture, as it is kept: what it shows, and the number of its key frame."""

    picture: str
    parity: int


@dataclass(frozen=True, slots=True)
class Step:
    """One frame of a draft: a frame of a unit."""

    unit: Unit
    place: int


def write_draft(
    film: Film,
    folder: Path,
    output: Path,
    *,
    sound: SoundSource | None,
    progress: Advance,
) -> None:
    """Write a video of kept pictures; `folder` is the character's, and keeps them.

    `progress` hears of pictures that are encoded and frames that are joined.
    """
    painter = CaptionPainter(film.cues, *film.size, film.fps)
    keys = FilmKeys(film, painter)
    shows = [keys.frame(number).hex() for number in range(film.frames)]
    with one_builder(folder / FRAMES, lambda: progress(0, film.frames)):
        kept = _Kept(folder / DRAFTS, unit_settings(film.size, film.fps))
        steps = spliced(shows)
        missing = alternating({step.unit for step in steps} - kept.units)
        total = len(missing) + film.frames
        work = chain(
            _encode(film, painter, shows, kept, missing), _splice(film, steps, kept, output, sound)
        )
        for done, _ in enumerate(work):
            progress(done + 1, total)


def spliced(shows: Sequence[str]) -> list[Step]:
    """Which frame of which unit each frame of a video is, by what it shows.

    A unit's frames follow each other. Two key frames in a row have different numbers; where either
    would do it is 0, so that the same pictures ask for the same units.
    """
    steps: list[Step] = []
    for picture in shows:
        last = steps[-1] if steps else None
        if last is not None and last.unit.picture == picture and last.place + 1 < UNIT_FRAMES:
            steps.append(Step(last.unit, last.place + 1))
            continue
        parity = 1 - last.unit.parity if last is not None and last.place == 0 else 0
        steps.append(Step(Unit(picture, parity), 0))
    return steps


class _Kept:
    """The file of encoded pictures."""

    def __init__(self, path: Path, settings: str) -> None:
        """Begin it anew where it has others, or too many."""
        self.path, self._settings = path, settings
        self._spans: dict[Unit, tuple[Span, ...]] = {}
        try:
            self._load()
        except FileNotFoundError:
            create(path, self.index())
        except OSError as error:
            raise unwritable(path, error) from error

    @property
    def units(self) -> frozenset[Unit]:
        return frozenset(self._spans)

    def spans(self, unit: Unit) -> tuple[Span, ...]:
        return self._spans[unit]

    def enter(self, unit: Unit, spans: Sequence[Span]) -> None:
        self._spans[unit] = tuple(spans)

    def index(self) -> dict[str, Any]:
        units = [
            [unit.picture, unit.parity, [[span.offset, span.length] for span in spans]]
            for unit, spans in self._spans.items()
        ]
        return {"version": _VERSION, "settings": self._settings, "units": units}

    def _load(self) -> None:
        with self.path.open("rb", buffering=0) as file:
            index = read_index(file)
            size = os.fstat(file.fileno()).st_size
        same = index is not None and index.get("settings") == self._settings
        if index is None or not same or index["version"] != _VERSION or size > KEPT_BYTES:
            create(self.path, self.index())
            return
        for picture, parity, spans in index["units"]:
            self._spans[Unit(picture, parity)] = tuple(Span(*span) for span in spans)


def _encode(
    film: Film, painter: CaptionPainter, shows: Sequence[str], kept: _Kept, missing: Sequence[Unit]
) -> Iterator[None]:
    """Encode units, one at a time; they are kept once all are there."""
    if not missing:
        return
    first: dict[str, int] = {}
    for number, picture in enumerate(shows):
        first.setdefault(picture, number)
    drawn = pictures(film, painter, [first[unit.picture] for unit in missing])
    with appending(kept.path) as appender, ahead(drawn, _DEPTH) as planes:
        units = encode_units(planes, film.size, film.fps)
        for unit, packets in zip(missing, units, strict=True):
            kept.enter(unit, [appender.append(packet) for packet in packets])
            yield
        appender.commit(kept.index())


def alternating(units: Iterable[Unit]) -> tuple[Unit, ...]:
    """These units, and others where they need it, so that their numbers are 0, 1, 0, 1, ..."""
    lines: tuple[list[Unit], list[Unit]] = ([], [])
    for unit in sorted(units):
        lines[unit.parity].append(unit)
    ordered: list[Unit] = []
    for pair in zip_longest(*lines):
        known = next(unit for unit in pair if unit is not None)
        ordered += [unit or Unit(known.picture, parity) for parity, unit in enumerate(pair)]
    if len(lines[0]) > len(lines[1]):
        ordered.pop()
    return tuple(ordered)


def _splice(
    film: Film, steps: Sequence[Step], kept: _Kept, output: Path, sound: SoundSource | None
) -> Iterator[None]:
    """Join kept units, frame by frame."""
    with ExitStack() as stack:
        file = stack.enter_context(kept.path.open("rb"))
        view = stack.enter_context(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        writer = stack.enter_context(
            VideoWriter(
                output,
                width=film.size[0],
                height=film.size[1],
                fps=film.fps,
                format="spliced",
                sound=sound,
            )
        )
        for step in steps:
            span = kept.spans(step.unit)[step.place]
            writer.splice(view[span.offset : span.offset + span.length], key=step.place == 0)
            yield
