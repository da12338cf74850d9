"""What the steps of a job leave for each other, kept in the storage until the job has ended.

A worker that takes a job over finds there what the steps before left, and goes on from the last of
them.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Self

from talkies.errors import BlobMissing
from talkies.kit.files import private_folder, sha256_of
from talkies.storage.base import Storage

PREFIX: Final = "scratch"

#: The results of all steps of a job whose files only have to be delivered yet.
RESULTS: Final = "results.json"

_CONTENT_TYPES: Final = {
    ".json": "application/json",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".wav": "audio/wav",
    ".mp4": "video/mp4",
}
_UNKNOWN: Final = "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """One file that a step left."""

    #: Within the job's folder.
    name: str
    key: str
    sha256: str
    bytes: int

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Self:
        return cls(**document)

    @property
    def document(self) -> dict[str, Any]:
        return asdict(self)


class Artifacts:
    """Brings the files of steps to the storage and back."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def keep(self, job_id: str, folder: Path, names: Iterable[str]) -> tuple[Artifact, ...]:
        """Put files of the job's folder into the storage. Raises as the storage does."""
        return tuple(self._keep(job_id, folder, name) for name in names)

    def restore(self, folder: Path, artifacts: Iterable[Artifact]) -> None:
        """Bring those files back that are not in the folder, or are not what they were.

        Raises:
            BlobMissing: the storage does not have one any more.
        """
        for artifact in artifacts:
            path = folder / artifact.name
            if not _is_whole(path, artifact):
                path.unlink(missing_ok=True)
                self._storage.get(artifact.key, path)

    def remember(self, job_id: str, results: Mapping[str, Any]) -> None:
        """Keep the results of the steps so far, so that a new run need not repeat them."""
        with private_folder() as folder:
            path = folder / RESULTS
            path.write_text(json.dumps(results), encoding="utf-8")
            self._storage.put(_key(job_id, RESULTS), path, content_type=_CONTENT_TYPES[".json"])

    def recall(self, job_id: str) -> Mapping[str, Any]:
        """What `remember` kept; empty where there is nothing."""
        try:
            text = b"".join(self._storage.read(_key(job_id, RESULTS)))
        except BlobMissing:
            return {}
        results: dict[str, Any] = json.loads(text)
        return results

    def purge(self, job_id: str) -> None:
        """Remove everything that the steps of a job left."""
        self._storage.delete([blob.key for blob in self._storage.list(_key(job_id, ""))])

    def _keep(self, job_id: str, folder: Path, name: str) -> Artifact:
        path, key = folder / name, _key(job_id, name)
        content_type = _CONTENT_TYPES.get(path.suffix, _UNKNOWN)
        self._storage.put(key, path, content_type=content_type)
        return Artifact(name=name, key=key, sha256=sha256_of(path), bytes=path.stat().st_size)


def _is_whole(path: Path, artifact: Artifact) -> bool:
    return (
        path.is_file()
        and path.stat().st_size == artifact.bytes
        and sha256_of(path) == artifact.sha256
    )


def _key(job_id: str, name: str) -> str:
    return f"{PREFIX}/{job_id}/{name}"
