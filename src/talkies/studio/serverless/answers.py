"""What goes back to who asked: files as links into a storage or inside the answer, and failures."""

import base64
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from talkies.errors import MediaTooLarge, TalkiesError
from talkies.jobs.records import Document, Job, Output
from talkies.kit.clock import now
from talkies.storage.base import LINK_SECONDS, Storage

#: Folder of the storage that the files of requests go to, each request's in its own.
FOLDER: Final = "serverless"

#: Bytes of all files inside one answer: RunPod cuts off what is over 10 MB, base64 makes four bytes
#: of three, and the rest is for what stands around them.
INLINE_BYTES: Final = 7_000_000

#: Seconds to wait before each further try to store a file.
WAITS: Final = (1.0, 2.0)

#: Failures after which the graphics card, its driver or the machine's memory may stay broken for
#: the next job, too.
BREAKING: Final = frozenset({"GPU_OOM", "GPU_UNAVAILABLE", "HOST_OOM_OR_KILLED", "ENGINE_STALLED"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """Hands out the files of finished jobs, which lie in `local`."""

    local: Storage
    #: Where they go; None lets them go inside the answer.
    remote: Storage | None
    sleep: Callable[[float], object] = time.sleep

    def shown(self, request_id: str, outputs: Sequence[Output], folder: Path) -> dict[str, Any]:
        """The files of a job by their names, and warnings about those that stayed behind.

        Raises:
            MediaTooLarge: there is no storage, and the first file is too large for an answer.
            StorageUnavailable, StorageRefused, StorageFull: the files could not be stored.
        """
        ordered = sorted(outputs, key=lambda output: (output.name != "video", output.bytes))
        if self.remote is not None:
            place = f"{FOLDER}/{_safe(request_id)}"
            files = {one.name: self._stored(self.remote, place, one, folder) for one in ordered}
            return {"files": files, "warnings": []}
        return self._inside(ordered)

    def _stored(self, remote: Storage, place: str, output: Output, folder: Path) -> Document:
        path, key = folder / "result", f"{place}/{_filename(output)}"
        self.local.get(output.storage_key, path)
        self._patiently(partial(remote.put, key, path, content_type=output.content_type))
        url = remote.link(key, seconds=LINK_SECONDS, filename=_filename(output))
        return {**_about(output), "url": url, "expires_at": now() + LINK_SECONDS * 1_000}

    def _patiently(self, store: Callable[[], object]) -> None:
        for wait in WAITS:
            try:
                store()
            except TalkiesError as error:
                if not error.retryable:
                    raise
                self.sleep(wait)
            else:
                return
        store()

    def _inside(self, outputs: Sequence[Output]) -> dict[str, Any]:
        files, warnings, left = {}, [], INLINE_BYTES
        for output in outputs:
            if output.bytes <= left:
                files[output.name] = {**_about(output), "base64": self._encoded(output)}
                left -= output.bytes
            elif not files:
                raise _too_large(output)
            else:
                warnings.append(f"There was no room in the answer for {output.name}.")
        return {"files": files, "warnings": warnings}

    def _encoded(self, output: Output) -> str:
        content = b"".join(self.local.read(output.storage_key))
        return base64.b64encode(content).decode("ascii")


def failure(error: Document) -> dict[str, Any]:
    """What the platform is told of a failed job: one text, which is a JSON document.

    `error` is as a job's record keeps it. A worker that may be broken asks to be replaced.
    """
    answer: dict[str, Any] = {"error": json.dumps(dict(error), ensure_ascii=False)}
    if error.get("code") in BREAKING:
        answer["refresh_worker"] = True
    return answer


def success(job: Job, shown: Mapping[str, Any], timing: Document) -> dict[str, Any]:
    """What the platform is told of a job that succeeded."""
    files: dict[str, Any] = dict(shown["files"])
    return {
        "job_id": job.id,
        "status": job.status.value,
        "kind": job.kind,
        "engine": job.engine,
        "result": dict(job.result or {}),
        "files": files,
        "warnings": [*job.warnings, *shown["warnings"]],
        "metrics": dict(job.metrics),
        "timing": dict(timing),
    }


def _about(output: Output) -> dict[str, Any]:
    return {
        "bytes": output.bytes,
        "sha256": output.sha256,
        "content_type": output.content_type,
        "filename": _filename(output),
    }


def _filename(output: Output) -> str:
    """`video.mp4` of `videos/vid_01….mp4`: a job's id means nothing outside of this worker."""
    ending = "." + output.storage_key.rpartition(".")[2]
    return output.name.removesuffix(ending) + ending


def _safe(request_id: str) -> str:
    """The platform's id of a request as a part of a storage's key."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", request_id)[:100] or "request"


def _too_large(output: Output) -> MediaTooLarge:
    return MediaTooLarge(
        f"The {output.name} has {output.bytes:,} bytes, more than fit into an answer.",
        hint="Give the endpoint a storage (STORAGE_PROVIDER=s3, r2 or supabase): answers have "
        "links then. Or ask for a shorter video or a smaller `output.resolution`.",
        details={"max_bytes": INLINE_BYTES, "bytes": output.bytes},
    )
