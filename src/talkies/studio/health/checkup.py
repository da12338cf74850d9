"""The checkup: every part is tried for real, and says what it is or what is wrong with it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from talkies.errors import TalkiesError


class State(StrEnum):
    """How a part is."""

    OK = "ok"
    #: An optional part that is not there.
    MISSING = "missing"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found out about one part."""

    part: str
    state: State
    #: What it is, or what is wrong.
    fact: str
    #: What mends it; empty where nothing is to be done.
    mend: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One part, and how it is tried."""

    part: str
    #: Returns a fact about the part that works; raises what is wrong.
    run: Callable[[], str]
    #: An optional part may be missing.
    optional: bool = False


REINSTALL = "Install talkies again."


def examine(trials: Sequence[Trial]) -> Iterator[Finding]:
    """The finding of each trial, as it is made; no failure stops the others."""
    return (_tried(trial) for trial in trials)


def _tried(trial: Trial) -> Finding:
    try:
        return Finding(part=trial.part, state=State.OK, fact=trial.run())
    except TalkiesError as error:
        state = State.MISSING if trial.optional else State.PROBLEM
        return Finding(part=trial.part, state=state, fact=error.message, mend=error.hint)
    except Exception as error:  # noqa: BLE001 - a broken installation fails in any way it likes
        fact = f"{type(error).__name__}: {error}"
        return Finding(part=trial.part, state=State.PROBLEM, fact=fact, mend=REINSTALL)
