"""The words of characters, for those who only need to know what one can do."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Final

from talkies.core.rig.config_json import config_from_json
from talkies.core.rig.model import RigConfig
from talkies.core.rig.standard import STANDARD
from talkies.rigs.character import CONFIG
from talkies.rigs.tree.opening import read_config
from talkies.storage.base import Storage
from talkies.studio.characters.archive import BundleArchive
from talkies.studio.characters.places import unknown
from talkies.studio.characters.records import CharacterRef

#: Characters whose words one process holds; a bundle never changes, so they stay true.
HELD: Final = 256


class KnownWords:
    """Reads the words of characters; threads may share it."""

    def __init__(
        self,
        storage: Storage,
        place: Callable[[str], tuple[str, int] | None],
        installed: Callable[[str], Path | None],
    ) -> None:
        """`place` says where a bundle is stored and how long it is; None where it is gone.

        `installed` gives the folder of an installed character of a name, or None.
        """
        self._storage = storage
        self._place = place
        self._installed = installed
        self._lock = threading.Lock()
        self._held: OrderedDict[str, RigConfig] = OrderedDict()

    def of(self, ref: CharacterRef) -> RigConfig:
        """The words of a character; the seed's where it says none.

        Raises:
            UnknownCharacter: it is gone.
            CharacterInvalid: the words of an installed one cannot be used.
            StorageUnavailable, StorageFailure: they cannot be read.
        """
        if ref.sha256 is not None:
            return self._bundled(ref.sha256, ref.name)
        folder = self._installed(ref.name)
        if folder is None:
            raise unknown(ref.name)
        return read_config(folder / CONFIG) or STANDARD

    def _bundled(self, sha256: str, name: str) -> RigConfig:
        with self._lock:
            known = self._held.get(sha256)
            if known is not None:
                self._held.move_to_end(sha256)
                return known
        place = self._place(sha256)
        if place is None:
            raise unknown(name)
        text = BundleArchive(self._storage, *place).read(CONFIG)
        words = STANDARD if text is None else config_from_json(text.decode())
        with self._lock:
            self._held[sha256] = words
            while len(self._held) > HELD:
                self._held.popitem(last=False)
        return words
