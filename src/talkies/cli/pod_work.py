"""What `talkies pods` does: all that is slow to load stands here."""

import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from talkies.cli.operating import Target
from talkies.cli.streams import say, say_event, tell
from talkies.cli.tables import table
from talkies.errors import Misconfigured
from talkies.kit.clock import rfc3339
from talkies.pods.member import PodState
from talkies.pods.starting import Starter
from talkies.wiring.pods import Pods

HEAD = ("POD", "CONTRACT", "ENGINES", "STATE", "VIDEOS", "BREAKER", "PRICE/H", "LAST ERROR")

#: Longest error in a table, in characters; --json has the whole.
ERROR_LENGTH = 100

NONE = "There are no pods: PODS, SADTALKER_RUNPOD_ENDPOINTS or RUNPOD_API_KEY name them."


def list_pods(target: Target, *, look: bool) -> None:
    """Print the pods as they are now."""
    with target.open() as parts:
        pods = parts.parts.work.pods
        if pods is None:
            tell(NONE)
            return
        _say(*_seen(pods, look=look), as_json=target.as_json)


def watch_pods(target: Target, *, look: bool, seconds: float) -> None:
    """Print them again and again; ends when it is interrupted."""
    with target.open() as parts:
        pods = parts.parts.work.pods
        if pods is None:
            tell(NONE)
            return
        before: Sequence[PodState] | None = None
        while True:
            states, who = _seen(pods, look=look)
            if states != before:
                _say(states, who, as_json=target.as_json)
                before = states
            time.sleep(seconds)


def start_pod(target: Target) -> None:
    """Start one more pod, and say whether one was."""
    with target.open() as parts:
        starter = _starter(parts.parts.work.pods)
        if not starter.may_start:
            raise Misconfigured(
                "Pods are not to be started here.", hint="Set RUNPOD_ALLOW_CREATE=true."
            )
        started = starter.start_one()
    if target.as_json:
        say_event("result", {"started": started})
        return
    full = "No pod was started: there are as many as POD_MAX allows, or one is on its way."
    say("A pod starts; `talkies pods watch` shows when it is ready." if started else full)


def stop_pods(target: Target) -> None:
    """Stop all pods of ours, and say which."""
    with target.open() as parts:
        names = _starter(parts.parts.work.pods).stop_all()
    if target.as_json:
        say_event("result", {"stopped": list(names)})
        return
    say(f"Stopped: {', '.join(names)}." if names else "None of our pods runs.")


def _starter(pods: Pods | None) -> Starter:
    if pods is None or pods.starter is None:
        raise Misconfigured(
            "There is nothing to start pods with.",
            hint="Set RUNPOD_API_KEY and RUNPOD_TEMPLATE_ID.",
        )
    return pods.starter


def _seen(pods: Pods, *, look: bool) -> tuple[Sequence[PodState], str]:
    """The pods, and who sees them so."""
    states = () if look else pods.book.states()
    if states:
        return states, "as the workers see them"
    pods.look()
    return pods.pool.states(), "as asked from here"


def _say(states: Sequence[PodState], who: str, *, as_json: bool) -> None:
    if as_json:
        for state in states:
            say_event("pod", _document(state))
        return
    for line in table(HEAD, [_row(state) for state in states]):
        say(line)
    tell(f"{len(states)} pod{'' if len(states) == 1 else 's'}, {who}.")


def _document(state: PodState) -> dict[str, Any]:
    return {**asdict(state), "used_at": rfc3339(state.used_at)}


def _row(state: PodState) -> tuple[str, ...]:
    price = "" if state.price_per_hour is None else f"{state.price_per_hour:.2f}"
    videos = f"{state.running + state.elsewhere}/{state.concurrency}"
    engines = ",".join(state.engines) or "?"
    error = state.last_error[:ERROR_LENGTH]
    return (state.name, state.contract, engines, state.state, videos, state.breaker, price, error)
