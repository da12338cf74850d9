"""What the settings say of characters."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from talkies.settings import Settings
from talkies.wiring.engines import engine_home

#: Folder of characters below the root.
CHARACTERS: Final = "characters"


@dataclass(frozen=True, slots=True, kw_only=True)
class CharacterTerms:
    """Where characters are, and how much of them there may be."""

    #: Those that are known by name.
    folder: Path
    #: Those of the service, unpacked; and how many bytes of them stay.
    shelf: Path
    shelf_bytes: int
    #: The largest archive that is taken.
    archive_bytes: int
    #: Processes that draw one character.
    workers: int
    #: The one of the seed's routes.
    seed_character: str
    #: Whether routes that the seed left open need no key.
    public_seed_routes: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FramesInBucket:
    """Where the frames of the seed's routes are with USE_S3."""

    bucket: str
    region: str
    endpoint: str | None
    #: Without slashes around it.
    prefix: str
    #: Where everybody reads them, as through a CDN; None is the bucket's own address.
    base_url: str | None


def characters_folder(settings: Settings) -> Path:
    """The folder of the characters that are known by name."""
    return settings.characters_dir or engine_home(settings).root.expanduser() / CHARACTERS


def character_terms(settings: Settings) -> CharacterTerms:
    return CharacterTerms(
        folder=characters_folder(settings),
        shelf=settings.data_dir / CHARACTERS,
        shelf_bytes=settings.character_shelf_bytes,
        archive_bytes=settings.max_character_bytes,
        workers=settings.character_workers,
        seed_character=settings.seed_character,
        public_seed_routes=settings.public_seed_routes,
    )


def frames_in_bucket(settings: Settings) -> FramesInBucket | None:
    """The seed's frames in S3; None where they are on this machine."""
    if not settings.use_s3 or settings.s3_bucket is None:
        return None
    return FramesInBucket(
        bucket=settings.s3_bucket,
        region=settings.s3_region,
        endpoint=settings.s3_endpoint,
        prefix=settings.frames_prefix,
        base_url=settings.s3_base_url,
    )
