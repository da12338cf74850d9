# ruff: noqa: INP001 - part of a program; see run.py
"""Reads the values of a description, which come as texts, as what an adapter needs them to be."""

from __future__ import annotations

YES = ("1", "true", "yes", "on")
NO = ("", "0", "false", "no", "off")


class Values:
    """Texts by name; one that is missing or empty counts as its default.

    All readers raise `ValueError` for a text that is something else.
    """

    def __init__(self, texts: dict[str, str]) -> None:
        self._texts = texts

    def text(self, name: str, default: str = "") -> str:
        return str(self._texts.get(name, "")).strip() or default

    def whole(self, name: str, default: int) -> int:
        return int(self.number(name, default))

    def number(self, name: str, default: float) -> float:
        text = self.text(name)
        try:
            return float(text) if text else default
        except ValueError:
            raise ValueError(f"`{name}` is {text!r}, which is no number") from None

    def flag(self, name: str, *, default: bool = False) -> bool:
        text = self.text(name).lower()
        if text not in YES + NO:
            raise ValueError(f"`{name}` is {text!r}, which is neither true nor false")
        return text in YES if text else default

    def choice(self, name: str) -> str | None:
        """A text for which "none" stands for nothing."""
        text = self.text(name)
        return None if text.lower() in ("", "none") else text

    def wholes(self, name: str, default: list[int]) -> list[int]:
        """Whole numbers between blanks or commas."""
        text = self.text(name)
        try:
            return [int(part) for part in text.replace(",", " ").split()] or default
        except ValueError:
            raise ValueError(f"`{name}` is {text!r}, which are no whole numbers") from None

    def path(self, name: str) -> str:
        """A path, which has to be given."""
        text = self.text(name)
        if not text:
            raise ValueError(f"`{name}` has to be given")
        return text
