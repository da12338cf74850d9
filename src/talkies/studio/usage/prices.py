"""What work and storage cost, by the prices that whoever runs the server has set."""

from dataclasses import dataclass
from typing import Final

#: Hours of a month in which storage is priced: 365 days by 12.
MONTH_HOURS: Final = 730.0

#: Bytes of a priced gigabyte; S3 and R2 bill decimal ones.
GIGABYTE: Final = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Prices in one currency, and how long files are kept."""

    gpu_per_hour: float = 0.0
    storage_per_gb_month: float = 0.0
    currency: str = "USD"
    #: None keeps files until they are deleted.
    retention_hours: float | None = None

    def cost(self, gpu_seconds: float, stored_bytes: int) -> float:
        """What a run costs: its seconds on a GPU, and its files for as long as they are kept.

        Files without an end are counted for their first month.
        """
        hours = MONTH_HOURS if self.retention_hours is None else self.retention_hours
        months = min(hours / MONTH_HOURS, 1.0)
        storage = stored_bytes / GIGABYTE * self.storage_per_gb_month * months
        return gpu_seconds / 3600 * self.gpu_per_hour + storage
