"""The model hub: which files a repository has at a commit. The only user of `huggingface_hub`.

The library is asked for one thing, a repository's files with their sizes and hashes, in one
request. It is not used to download: it verifies no content, does not try again, and takes other
ways than HTTP where it can.
"""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Final

import httpx2  # what huggingface_hub speaks with
from huggingface_hub import HfApi, constants, hf_hub_url
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.hf_api import ModelInfo, RepoSibling

from talkies.errors import DownloadFailed
from talkies.weights.names import joined
from talkies.weights.patience import PASSING, Passing, asked_seconds
from talkies.weights.remote import HOW_TO_ASK, LOOK_THERE, REFUSALS, Listing, RemoteFile
from talkies.weights.sources import ENDPOINT, WeightSource

#: Seconds for a list of files.
SECONDS: Final = 60.0

_COMMIT: Final = re.compile(r"[0-9a-f]{40}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


class Hub:
    """Lists files of repositories. Makes one request for each list."""

    def __init__(self, endpoint: str = ENDPOINT, token: str | None = None) -> None:
        """`token` goes to the endpoint's own host; None sends none, whatever is stored here."""
        # The library's own switch. Without it the first request of a process goes to the public
        # hub, whatever the endpoint is, to find out by whom we are run.
        constants.HF_HUB_DISABLE_TELEMETRY = True
        self.endpoint = endpoint.rstrip("/")
        self._token = token or None
        self._api = HfApi(endpoint=self.endpoint, token=self._token or False)

    def list(self, source: WeightSource, commit: str = "") -> Listing:
        """The files that a source's patterns fit, at a commit or at what its revision is now.

        Raises:
            Passing: the hub did not answer, or said that it could not now.
            DownloadFailed: there is no such repository, revision or file, it may not be read, or
                the answer is not one of a hub.
        """
        about = self._about(source, commit or source.revision)
        pinned = about.sha or ""
        if not _COMMIT.fullmatch(pinned):
            raise _nonsense(source)
        found = [one for one in about.siblings or [] if _fits(source, one.rfilename)]
        _require_all(source, [one.rfilename for one in found])
        return Listing(commit=pinned, files=tuple(self._file(source, pinned, one) for one in found))

    def _about(self, source: WeightSource, revision: str) -> ModelInfo:
        try:
            return self._api.model_info(
                source.repository, revision=revision, files_metadata=True, timeout=SECONDS
            )
        except GatedRepoError as error:
            raise _failed(
                f"{source.repository} is given only to those who accept its licence.",
                f"Accept it at {self.endpoint}/{source.repository}, and set HF_TOKEN.",
                source,
            ) from error
        except RevisionNotFoundError as error:
            raise _failed(
                f"{source.repository} has no revision '{revision}'.", LOOK_THERE, source
            ) from error
        except RepositoryNotFoundError as error:
            raise _failed(
                f"{source.repository} is not at {self.endpoint}, or may not be read.",
                "If it is private, set HF_TOKEN.",
                source,
            ) from error
        except HfHubHTTPError as error:
            raise self._answered(source, error) from error
        except OfflineModeIsEnabled as error:
            raise _failed(
                "Weights are missing, and HF_HUB_OFFLINE forbids to ask the hub.",
                "Unset HF_HUB_OFFLINE for this one command.",
                source,
            ) from error
        except httpx2.TransportError as error:
            raise Passing(f"{self.endpoint} could not be reached") from error
        except (HFValidationError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise _nonsense(source) from error

    def _answered(self, source: WeightSource, error: HfHubHTTPError) -> Exception:
        status = error.response.status_code
        if status in PASSING:
            asked = asked_seconds(error.response.headers)
            return Passing(f"the hub answered {status}", asked=asked)
        hint = HOW_TO_ASK if status in REFUSALS else LOOK_THERE
        return _failed(f"The hub answered {status} for {source.repository}.", hint, source, status)

    def _file(self, source: WeightSource, commit: str, one: RepoSibling) -> RemoteFile:
        sha256 = one.lfs.sha256 if one.lfs else ""
        size = one.lfs.size if one.lfs else one.size
        git = "" if one.lfs else one.blob_id or ""
        known = _SHA256.fullmatch(sha256) if one.lfs else _COMMIT.fullmatch(git)
        if type(size) is not int or size < 0 or not known:
            raise _nonsense(source)
        return RemoteFile(
            path=joined(source.to, one.rfilename),
            url=hf_hub_url(
                source.repository, one.rfilename, revision=commit, endpoint=self.endpoint
            ),
            bytes=size,
            sha256=sha256,
            git_sha1=git,
            commit=commit,
            variants=source.variants,
            headers={"authorization": f"Bearer {self._token}"} if self._token else {},
        )


def _fits(source: WeightSource, name: object) -> bool:
    if not isinstance(name, str):
        raise _nonsense(source)
    return any(fnmatchcase(name, pattern) for pattern in source.include)


def _require_all(source: WeightSource, names: Iterable[str]) -> None:
    """A pattern that fits nothing is a file that was renamed, and an engine that will not start."""
    found = tuple(names)
    for pattern in source.include:
        if not any(fnmatchcase(name, pattern) for name in found):
            raise _failed(f"{source.repository} has no file like '{pattern}'.", LOOK_THERE, source)


def _nonsense(source: WeightSource) -> DownloadFailed:
    return _failed(
        f"The answer about {source.repository} is not one of a model hub.",
        "Check the repository's name, and HF_ENDPOINT if it is set.",
        source,
    )


def _failed(
    message: str, hint: str, source: WeightSource, status: int | None = None
) -> DownloadFailed:
    details = {"repository": source.repository, "status": status}
    known = {name: value for name, value in details.items() if value is not None}
    return DownloadFailed(message, hint=hint, details=known)
