"""Buckets as commands open them: where they are, and who we are there."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from talkies.errors import MissingDependency

if TYPE_CHECKING:
    from talkies.storage.s3_tree import S3Tree


@dataclass(frozen=True, slots=True)
class S3Service:
    """Where buckets are, and who we are there."""

    region: str
    endpoint: str | None
    profile: str | None

    @contextmanager
    def open(self, bucket: str) -> Iterator["S3Tree"]:
        """One bucket. Raises `MissingDependency` without the extra, and `StorageRefused`."""
        try:
            from talkies.storage.s3 import S3Options  # noqa: PLC0415 - an extra
            from talkies.storage.s3_tree import S3Tree  # noqa: PLC0415 - the same
        except ModuleNotFoundError as error:
            if (error.name or "").startswith("talkies"):
                raise
            raise MissingDependency(
                f"Buckets need {error.name}, which is not installed.",
                hint="pip install 'talkies[serve]'",
                details={"module": error.name},
            ) from error
        key, secret, token = (None, None, None) if self.profile else _credentials(os.environ)
        tree = S3Tree(
            S3Options(
                bucket=bucket,
                endpoint_url=self.endpoint,
                region=self.region,
                access_key_id=key,
                secret_access_key=secret,
                session_token=token,
                profile=self.profile,
            )
        )
        try:
            yield tree
        finally:
            tree.close()


def _credentials(environ: Mapping[str, str]) -> tuple[str | None, str | None, str | None]:
    """Ours, where both halves are set; the client finds AWS's own."""

    def named(name: str) -> str | None:
        return environ.get(f"TALKIES_{name}") or environ.get(name) or None

    key, secret = named("S3_ACCESS_KEY_ID"), named("S3_SECRET_ACCESS_KEY")
    return (key, secret, named("S3_SESSION_TOKEN")) if key and secret else (None, None, None)
