# ruff: noqa: INP001 - part of a program; see run.py
"""Turns the bars of an upstream, one after another, into one part that is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # novm: never run
    from collections.abc import Mapping


class Phases:
    """The phases of one render, each with its share of the work, in the order they come in.

    A phase is meant by the beginning of its bar's label; bars of other labels only show life.
    """

    def __init__(self, report: Any, shares: Mapping[str, float]) -> None:
        whole = sum(shares.values())
        self._report = report
        self._shares = {label: share / whole for label, share in shares.items()}

    def step(self, done: int, total: int, label: str) -> None:
        """A bar with a label stands at `done` of `total`. Raises where the work is to stop."""
        before = 0.0
        for known, share in self._shares.items():
            if label.startswith(known):
                part = before + share * min(1.0, done / max(total, 1))
                self._report.step(done, total, label, part)
                return
            before += share
        self._report.check()
