"""What everything else stands on: the database, the storage, and the way out, from the settings."""

from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from pathlib import Path

import sqlalchemy as sa

from talkies import __version__
from talkies.db.engine import connect
from talkies.errors import Misconfigured
from talkies.kit.scratch import Scratch
from talkies.net.client import GuardedClient
from talkies.net.download import download
from talkies.net.guard import AddressPolicy
from talkies.net.resolver import SystemResolver
from talkies.settings import Settings, signing_secret
from talkies.storage.base import Storage
from talkies.storage.links import LinkSigner
from talkies.storage.local import LocalStorage
from talkies.studio.assets.assets import Assets
from talkies.studio.assets.records import AssetLimits
from talkies.studio.fetching import Fetcher

AGENT = f"talkies/{__version__}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Foundation:
    """Parts without which nothing of the service works."""

    settings: Settings
    secret: bytes
    engine: sa.Engine
    storage: Storage
    #: Of links to this server; only where the storage is `local`.
    links: LinkSigner | None
    scratch: Scratch
    assets: Assets
    fetcher: Fetcher
    #: For webhooks and their checks: it follows no list of hosts.
    client: GuardedClient


def found(settings: Settings) -> Foundation:
    """Build them; nothing is contacted yet, and folders are made.

    Raises `Misconfigured` where a setting cannot be followed.
    """
    _private(settings.data_dir)
    secret = signing_secret(settings)
    engine = connect(settings.database)
    signer = LinkSigner(secret) if settings.provider == "local" else None
    storage = storage_of(settings, signer)
    limits = asset_limits(settings)
    assets = Assets(engine, storage, limits=limits)
    client = client_of(settings, hosts=settings.allowed_fetch_hosts)
    most = max(settings.max_image_bytes, settings.max_audio_bytes)
    return Foundation(
        settings=settings,
        secret=secret,
        engine=engine,
        storage=storage,
        links=signer,
        scratch=Scratch(settings.scratch_folder),
        assets=assets,
        fetcher=Fetcher(
            assets,
            download=partial(download, client, max_bytes=most, seconds=settings.fetch_seconds),
            require_safe=partial(_require_safe, client),
        ),
        client=client_of(settings, hosts=()),
    )


def storage_of(settings: Settings, signer: LinkSigner | None) -> Storage:
    """The storage that the settings name."""
    if signer is not None:
        return LocalStorage(settings.storage_folder, signer)
    # What speaks to others is slow to load, and loaded where it is used.
    if settings.provider == "supabase":
        from talkies.wiring.remote_storage import supabase_storage  # noqa: PLC0415

        return supabase_storage(settings)
    from talkies.wiring.remote_storage import bucket_storage  # noqa: PLC0415

    return bucket_storage(settings)


def client_of(settings: Settings, *, hosts: tuple[str, ...]) -> GuardedClient:
    """A client that contacts what the settings allow; empty `hosts` are all."""
    policy = AddressPolicy(
        allow_schemes=frozenset(settings.allowed_fetch_schemes),
        allow_hosts=hosts,
        allow_private=settings.allow_private_addresses,
        permitted=frozenset(map(_address, settings.allowed_addresses)),
    )
    return GuardedClient(policy, SystemResolver(), agent=AGENT)


def asset_limits(settings: Settings) -> AssetLimits:
    return AssetLimits(
        picture_bytes=settings.max_image_bytes,
        sound_bytes=settings.max_audio_bytes,
        video_bytes=settings.max_video_bytes,
        archive_bytes=settings.max_character_bytes,
    )


def _require_safe(client: GuardedClient, url: str) -> None:
    client.check(url)


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    try:
        return str(ip_address(host.strip("[]"))), int(port)
    except ValueError:
        raise Misconfigured(
            f"ALLOWED_ADDRESSES has “{text}”, which is no address and port.",
            hint="Write each as 10.0.0.7:9000 or [fd00::7]:9000.",
        ) from None


def _private(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Misconfigured(
            f"The data folder {folder} cannot be made: {error.strerror}.",
            hint="Set DATA_DIR (--data-dir) to a folder that this user may write.",
        ) from error
