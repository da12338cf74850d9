"""Files that come with a request for a job: checked by their roles, and kept."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Protocol

from talkies.errors import InvalidRequest, UnsupportedMedia
from talkies.media.sniff import Family
from talkies.studio.assets.assets import Assets
from talkies.studio.assets.types import names_of, sniffed
from talkies.studio.submissions import Source

#: What a file in a role may be. Sound may come in a video's container.
FAMILIES: Final[Mapping[str, frozenset[Family]]] = {
    "portrait": frozenset({Family.PICTURE}),
    "background": frozenset({Family.PICTURE}),
    "audio": frozenset({Family.SOUND, Family.VIDEO}),
    "source_video": frozenset({Family.VIDEO}),
    "drawing": frozenset({Family.PICTURE}),
    "archive": frozenset({Family.ARCHIVE}),
}


class InputFile(Protocol):
    """One file that was received."""

    @property
    def path(self) -> Path: ...

    @property
    def filename(self) -> str: ...

    @property
    def content_type(self) -> str:
        """What the sender says it is."""
        ...

    @property
    def bytes(self) -> int: ...

    @property
    def sha256(self) -> str: ...


def keep_input(assets: Assets, role: str, file: InputFile) -> Source:
    """The file as a blob that a job may refer to; blocks.

    Raises:
        InvalidRequest: it is empty.
        UnsupportedMedia: by its bytes it is nothing that the role takes.
        MediaTooLarge: it is over the limit of what it is.
        StorageUnavailable, StorageRefused, StorageFull: it cannot be stored.
    """
    if not file.bytes:
        problem = {"pointer": f"/{role}", "message": "The file is empty."}
        raise InvalidRequest(f"`{role}` is an empty file.", details={"fields": [problem]})
    family, content_type = sniffed(
        file.path, filename=file.filename, announced_as=file.content_type
    )
    if family not in FAMILIES[role]:
        names = [name for wanted in sorted(FAMILIES[role]) for name in names_of(wanted)]
        raise UnsupportedMedia(
            f"`{role}` is {content_type}, which it cannot be.",
            hint=f"Supported: {', '.join(dict.fromkeys(names))}.",
            details={"received": content_type, "supported": list(dict.fromkeys(names))},
        )
    assets.limits.require(family, file.bytes)
    return Source(sha256=assets.keep(file.path, content_type=content_type, sha256=file.sha256))


def keep_inputs(assets: Assets, files: Mapping[str, InputFile]) -> dict[str, Source]:
    """All files of a request, by their roles; as `keep_input`."""
    return {role: keep_input(assets, role, file) for role, file in files.items()}
