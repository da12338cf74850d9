"""The sounds of the seed's routes: kept as assets, and found again by the names that it gave them.

A name (`upload_1732233600000.wav`) says when it was given; with its owner it makes the asset's id,
so that it leads to this asset and to nothing else, least of all to a path.
"""

import re
from pathlib import Path
from typing import Final, Literal, TypeAlias

from sqlalchemy.exc import IntegrityError

from talkies.errors import InvalidRequest, NotFound, UnsupportedMedia
from talkies.kit.clock import Clock, now
from talkies.kit.ids import named_id
from talkies.media.sniff import Family
from talkies.studio.access.principal import Principal
from talkies.studio.assets.assets import Assets
from talkies.studio.assets.inputs import FAMILIES
from talkies.studio.assets.records import Asset
from talkies.studio.assets.types import sniffed

#: What the seed's names begin with.
Origin: TypeAlias = Literal["upload", "tts"]

_NAME: Final = re.compile(r"(?:upload|tts)_([0-9]{1,14})\.[a-z0-9]{1,8}")
_ENDING: Final = re.compile(r"\.([a-z0-9]{1,8})")

#: Where the seed served them; what it was given as `audio_url` ends in such a path.
FOLDER: Final = "/audio/"


class SeedSounds:
    """Keeps sounds and finds them."""

    def __init__(self, assets: Assets, clock: Clock = now) -> None:
        self._assets = assets
        self._clock = clock

    def keep(self, who: Principal, path: Path, *, filename: str, origin: Origin = "upload") -> str:
        """Keep a sound, whose ending is that of `filename`; its new name.

        Raises:
            InvalidRequest: it is empty.
            UnsupportedMedia, MediaTooLarge: it is no sound, or too large a one.
            StorageUnavailable, StorageRefused, StorageFull: it cannot be stored.
        """
        _require_sound(path, filename)
        ending = _ending_of(filename)
        moment = self._clock()
        while True:
            name = f"{origin}_{moment}.{ending}"
            try:
                self.keep_as(who, path, name)
            except IntegrityError:
                # Another came in the same millisecond: the seed wrote one over the other.
                moment += 1
            else:
                return name

    def keep_as(self, who: Principal, path: Path, name: str) -> None:
        """Keep a sound under a name of ours; raises `IntegrityError` where it is taken."""
        self._assets.add_upload(who, path, filename=name, asset_id=_id_of(who, name))

    def find(self, who: Principal, name: str) -> Asset:
        """The sound of a name; raises `NotFound` also for one of somebody else's."""
        if not _NAME.fullmatch(name):
            raise _unknown(name)
        try:
            asset = self._assets.get(who, _id_of(who, name))
        except NotFound as error:
            raise _unknown(name) from error
        if asset.key_id != who.key_id or not asset.ready:
            raise _unknown(name)
        return asset

    def find_address(self, who: Principal, address: str) -> Asset:
        """The sound that an `audio_url` means, `/audio/<name>` with or without a host.

        Raises `NotFound`.
        """
        path = address.partition("?")[0].partition("#")[0]
        return self.find(who, path.rpartition(FOLDER)[2])


def _id_of(who: Principal, name: str) -> str:
    found = _NAME.fullmatch(name)
    if found is None:
        raise ValueError(f"{name} is no name of a sound")
    return named_id("ast", int(found[1]), f"{who.key_id} {name}")


def _ending_of(filename: str) -> str:
    found = _ENDING.fullmatch(Path(filename).suffix.lower())
    return found[1] if found else "wav"


def _require_sound(path: Path, filename: str) -> None:
    if not path.stat().st_size:
        raise InvalidRequest("The file is empty.", details={"fields": ["file"]})
    family, content_type = sniffed(path, filename=filename)
    if family not in FAMILIES["audio"]:
        raise UnsupportedMedia(
            f"The file is {content_type}, which is no sound.",
            hint="Send a recording, as WAV or MP3.",
            details={"received": content_type, "supported": [Family.SOUND.value]},
        )


def _unknown(name: str) -> NotFound:
    return NotFound(
        "There is no such audio file.",
        hint="Upload it with POST /audio/upload.",
        details={"filename": name[:200]},
    )
