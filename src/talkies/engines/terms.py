"""What an installation grants a render: how long it may take, how long its models stay after it."""

from dataclasses import dataclass
from typing import Final

#: What helps where a render took longer than it may.
TOO_LONG: Final = "Make a shorter video, choose a quicker preset, or raise RENDER_PATIENCE."


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderTerms:
    """The settings about renders, as plain values; the defaults are those of the settings."""

    #: Seconds that a render may take, however short it is.
    least_seconds: float = 600.0
    #: How many times what is expected a render may take.
    patience: float = 3.0
    #: Seconds without a job after which models leave the memory; with 0 they never stay.
    idle_seconds: float = 900.0

    def seconds_for(self, expected: float) -> float:
        """The most that a render may take which is expected to take so many seconds."""
        return max(self.least_seconds, self.patience * expected)
