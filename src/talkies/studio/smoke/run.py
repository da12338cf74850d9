"""Runs all trials of a deployment, and says which of its routes none of them called."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from talkies.errors import TalkiesError
from talkies.studio.smoke.caller import Caller
from talkies.studio.smoke.state import State
from talkies.studio.smoke.trials import TRIALS

#: The group that is about all of them.
COVERAGE: Final = "Every route"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one group of routes did."""

    group: str
    ok: bool
    #: What was seen, or what was wrong.
    fact: str
    seconds: float


def smoke(caller: Caller, state: State) -> Iterator[Outcome]:
    """Try group after group; a failure does not stop the others, but nobody answering does."""
    for group, trial in TRIALS.items():
        began = time.monotonic()
        ok, fact = True, ""
        try:
            fact = trial(caller, state)
        except (TalkiesError, KeyError, IndexError, ValueError) as error:
            ok, fact = False, _said(error)
        yield Outcome(group=group, ok=ok, fact=fact, seconds=time.monotonic() - began)
        if not ok and group == next(iter(TRIALS)):
            return
    yield _covered(caller)


def _said(error: Exception) -> str:
    if isinstance(error, TalkiesError):
        return error.message
    return f"the answer is not as it should be ({type(error).__name__}: {error})"


def _covered(caller: Caller) -> Outcome:
    """Whether every route that the deployment describes was called."""
    began = time.monotonic()
    try:
        described = caller.call("GET", "/openapi.json").json()["paths"]
    except (TalkiesError, KeyError, ValueError) as error:
        return Outcome(group=COVERAGE, ok=False, fact=_said(error), seconds=0.0)
    routes = {(method.upper(), path) for path, methods in described.items() for method in methods}
    missed = sorted(f"{method} {path}" for method, path in routes - caller.called)
    fact = f"{len(routes)} called" if not missed else f"not called: {', '.join(missed)}"
    return Outcome(group=COVERAGE, ok=not missed, fact=fact, seconds=time.monotonic() - began)
