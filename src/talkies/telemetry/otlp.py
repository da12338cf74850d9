"""Spans that are sent to an OpenTelemetry collector; imported only where tracing is on."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from talkies.telemetry.context import current
from talkies.telemetry.redaction import redacted
from talkies.telemetry.tracing import Attributes, Span

#: How this program calls itself to collectors.
SERVICE = "talkies"

#: Where a collector takes traces (OTLP specification, "OTLP/HTTP Request").
TRACES = "/v1/traces"


@dataclass(frozen=True, slots=True)
class _OtlpSpan:
    inner: trace.Span

    def note(self, attributes: Attributes) -> None:
        self.inner.set_attributes(
            {
                f"{SERVICE}.{name}": redacted(value) if isinstance(value, str) else value
                for name, value in attributes.items()
            }
        )


class OtlpTracing:
    """A tracer of its own: the global one belongs to whoever embeds us."""

    def __init__(self, endpoint: str, version: str) -> None:
        self._provider = TracerProvider(
            resource=Resource.create({"service.name": SERVICE, "service.version": version})
        )
        exporter = OTLPSpanExporter(endpoint=endpoint.rstrip("/") + TRACES)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer(SERVICE, version)

    @contextmanager
    def span(self, name: str, attributes: Attributes | None = None) -> Iterator[Span]:
        """The block is one span; it carries the ids of the present work.

        What an exception says is not sent, only that there was one: its text may quote a user.
        """
        with self._tracer.start_as_current_span(
            name, record_exception=False, set_status_on_exception=False
        ) as inner:
            span = _OtlpSpan(inner)
            span.note({**current(), **(attributes or {})})
            try:
                yield span
            except BaseException as error:
                inner.set_status(trace.StatusCode.ERROR, type(error).__name__)
                raise

    def close(self) -> None:
        """Send what is not sent yet, and stop."""
        self._provider.shutdown()
