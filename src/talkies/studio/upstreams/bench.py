"""What an engine takes on this machine: videos of several lengths, the first cold, all told."""

import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from talkies.engines.commands.description import Scalar
from talkies.errors import GpuUnavailable
from talkies.kit.clock import Clock, now, rfc3339
from talkies.studio.progress import Listener, ignore
from talkies.studio.upstreams.gpus import Gpus
from talkies.studio.upstreams.tryout import Run, Tryout

#: Version of a row's form.
SCHEMA: Final = 1

Form = Literal["cold", "warm"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One measured video."""

    #: "cold" is the first of the process: models are loaded in it.
    form: Form
    #: As it was asked for; "" lets the engine choose.
    preset: str
    run: Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Measures one engine."""

    tryout: Tryout
    engine: str
    options: Mapping[str, Scalar]
    listener: Listener = ignore

    def rows(self, lengths: Sequence[float], *, repeats: int = 1) -> Iterator[Row]:
        """The shortest length once cold, then each of them warm, so many times.

        A warm video of an engine that starts anew for each is as slow as a cold one: that is what
        is to be seen. Raises whatever stands in the way of a video.
        """
        yield self._row("cold", min(lengths))
        for seconds in lengths:
            for _ in range(repeats):
                yield self._row("warm", seconds)

    def _row(self, form: Form, seconds: float) -> Row:
        run = self.tryout.run(
            self.engine, seconds, self.options, score=False, listener=self.listener
        )
        return Row(form=form, preset=str(self.options.get("preset", "")), run=run)


def device_of(gpus: Gpus) -> str:
    """What computes: the first GPU, or the processor."""
    try:
        return gpus.cards()[0].name
    except GpuUnavailable:
        return f"{platform.machine()} CPU"


def row_document(row: Row, device: str, version: str, clock: Clock = now) -> dict[str, Any]:
    """A row as plain values, times in seconds, memory in bytes; `version` is ours."""
    run, peak = row.run, row.run.gpu_peak
    return {
        "schema": SCHEMA,
        "at": rfc3339(clock()),
        "talkies": version,
        "device": device,
        "engine": run.engine,
        "preset": row.preset,
        "form": row.form,
        "video_seconds": round(run.seconds, 3),
        "width": run.width,
        "height": run.height,
        "latency_seconds": round(run.total_seconds, 3),
        "render_seconds": round(run.render_seconds, 3),
        "seconds_per_video_second": round(run.speed, 3),
        "gpu_peak_bytes": None if peak is None else peak.bytes,
        "gpu_peak_of": None if peak is None else peak.of,
        "warnings": list(run.warnings),
    }
