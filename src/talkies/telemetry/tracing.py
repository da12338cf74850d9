"""Spans for OpenTelemetry: off until an address is given, and only with `talkies[telemetry]`."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module
from typing import Protocol, TypeAlias, cast

from talkies.errors import MissingDependency

#: What a span may say. Never a URL: its query may be a signature.
Attributes: TypeAlias = Mapping[str, str | int | float | bool]


class Span(Protocol):
    """A piece of work whose time is taken."""

    def note(self, attributes: Attributes) -> None:
        """Write down what came of it."""
        ...


class Tracing(Protocol):
    """Takes the time of pieces of work."""

    def span(self, name: str, attributes: Attributes | None = None) -> AbstractContextManager[Span]:
        """The block is one piece of work; an exception out of it marks it as failed."""
        ...

    def close(self) -> None:
        """Send what is not sent yet."""
        ...


class Untraced:
    """Takes no time of anything."""

    @contextmanager
    def span(self, name: str, attributes: Attributes | None = None) -> Iterator[Span]:  # noqa: ARG002
        """The block, as if nothing was there."""
        yield self

    def note(self, attributes: Attributes) -> None:
        """Nothing is written down."""

    def close(self) -> None:
        """There is nothing to send."""


def tracing(endpoint: str | None, version: str) -> Tracing:
    """Tracing that sends OTLP over HTTP to `endpoint` (`http://host:4318`), or none.

    Raises:
        MissingDependency: an address is given, and the extra is not installed.
    """
    if endpoint is None:
        return Untraced()
    try:
        module = import_module("talkies.telemetry.otlp")
    except ImportError as error:
        raise MissingDependency(
            "Traces need a part that is not installed.",
            hint="Run: pip install 'talkies[telemetry]'",
            details={"missing": [str(error.name)]},
        ) from error
    return cast("Tracing", module.OtlpTracing(endpoint, version))
