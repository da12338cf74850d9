"""Uploaded files on their way to a job: looked at, and kept."""

from collections.abc import Collection, Mapping
from typing import Final

from talkies.api.multipart import UploadedFile
from talkies.api.services import Services
from talkies.errors import InvalidRequest, UnsupportedMedia
from talkies.media.sniff import Family, supported_names
from talkies.studio.assets.types import sniffed
from talkies.studio.submissions import Source

#: What a file in a role may be. Sound may come in a video's container.
FAMILIES: Final[Mapping[str, frozenset[Family]]] = {
    "portrait": frozenset({Family.PICTURE}),
    "background": frozenset({Family.PICTURE}),
    "audio": frozenset({Family.SOUND, Family.VIDEO}),
    "source_video": frozenset({Family.VIDEO}),
}


def require_known(files: Mapping[str, UploadedFile], roles: Collection[str]) -> None:
    """Raise `InvalidRequest` for a file whose name the route does not know."""
    for name in files:
        if name not in roles:
            problem = {"pointer": f"/{name}", "message": "It is not a file of this request."}
            raise InvalidRequest(
                f"`{name}` is not a file of this request.",
                hint=f"Files are {', '.join(f'`{role}`' for role in roles)}.",
                details={"fields": [problem]},
            )


def kept(services: Services, role: str, file: UploadedFile) -> Source:
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
        names = [name for wanted in sorted(FAMILIES[role]) for name in supported_names(wanted)]
        raise UnsupportedMedia(
            f"`{role}` is {content_type}, which it cannot be.",
            hint=f"Supported: {', '.join(dict.fromkeys(names))}.",
            details={"received": content_type, "supported": list(dict.fromkeys(names))},
        )
    services.http.file_limits.require(family, file.bytes)
    digest = services.assets.keep(file.path, content_type=content_type, sha256=file.sha256)
    return Source(sha256=digest)
