"""How far a run of an upstream engine is, read off the lines and bars that it prints."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from talkies.engines.commands.description import ProgressKind, ProgressPhase
from talkies.engines.commands.values import Values, holds, written


@dataclass(slots=True)
class _Phase:
    """One phase that applies to this run."""

    kind: ProgressKind
    pattern: re.Pattern[str]
    #: Share of the whole, 0 to 1.
    share: float
    #: The total of its bars; 0 for any.
    total: int
    #: How often its bar runs.
    runs: int
    #: Bars that ran to their end.
    finished: int = 0
    #: Whether the bar that is drawn now was counted among them.
    counted: bool = False
    #: How much of the phase is done, 0 to 1.
    done: float = 0.0


class Meter:
    """The part of one run that is done: 0 to 1, and never less than before.

    Phases come in the order of the description. A line belongs to the present phase where its
    pattern finds something, else to the first later one whose does; what comes before a phase that
    has begun is done.
    """

    def __init__(self, phases: Sequence[ProgressPhase], values: Values) -> None:
        applying = [phase for phase in phases if holds(phase.when, values)]
        whole = sum(phase.share for phase in applying) or 1.0
        self._phases = [_made(phase, phase.share / whole, values) for phase in applying]
        self._present = 0
        self.done = 0.0

    def hear(self, line: str) -> float:
        """A line was written; says how much is done."""
        for index in range(self._present, len(self._phases)):
            phase = self._phases[index]
            found = phase.pattern.search(line)
            if found is not None and _took(phase, found):
                self._present = index
                before = sum(each.share for each in self._phases[:index])
                self.done = min(1.0, max(self.done, before + phase.share * phase.done))
                break
        return self.done


def _made(phase: ProgressPhase, share: float, values: Values) -> _Phase:
    total = written(phase.total, values)
    return _Phase(
        kind=phase.kind,
        pattern=re.compile(phase.pattern),
        share=share,
        total=int(float(total)) if total else 0,
        runs=int(values["chunks"]) if phase.kind is ProgressKind.CHUNKED_BAR else 1,
    )


def _took(phase: _Phase, found: re.Match[str]) -> bool:
    """Whether what was found says something of this phase, which then knows it."""
    if phase.kind is ProgressKind.BEGINS:
        return True
    done, total = int(found["done"]), int(found["total"])
    if not total or (phase.total and total != phase.total):
        return False
    if done < total:
        phase.counted = False
    elif not phase.counted:
        # The last state of a bar is often drawn twice.
        phase.counted = True
        phase.finished += 1
    under_way = 0.0 if done >= total else done / total
    phase.done = min(1.0, (phase.finished + under_way) / phase.runs)
    return True
