"""What an asset is: a file that a caller keeps with us to use in requests."""

from dataclasses import dataclass

from talkies.errors import MediaTooLarge
from talkies.media.sniff import Family


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One file of one caller. Its bytes are shared with whoever handed in the same ones."""

    id: str
    kind: Family
    filename: str | None
    content_type: str
    bytes: int
    #: None while a direct upload is awaited.
    sha256: str | None
    key_id: str | None
    user_id: str | None
    #: UTC milliseconds.
    created_at: int

    @property
    def ready(self) -> bool:
        """Whether its bytes have arrived, so that requests can use it."""
        return self.sha256 is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetLimits:
    """The most bytes of one file, by what it is."""

    picture_bytes: int = 10_000_000
    sound_bytes: int = 50_000_000
    video_bytes: int = 100_000_000
    archive_bytes: int = 5 << 30

    def require(self, kind: Family, size: int) -> None:
        """Raise `MediaTooLarge` for a file over its limit."""
        most = getattr(self, f"{kind.value}_bytes")
        if size > most:
            raise MediaTooLarge(
                f"The {kind.value} has {size:,} bytes; {most:,} are allowed.",
                details={"bytes": size, "limit": most},
            )
