"""`s3://bucket/prefix`: where in which bucket a tree of frames lies."""

import re
from dataclasses import dataclass
from typing import Final

from talkies.errors import InvalidOption

_URL: Final = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(.*))?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketPlace:
    """Where in which bucket a tree lies."""

    bucket: str
    #: Empty, or with a slash at its end.
    prefix: str


def bucket_place(url: str) -> BucketPlace:
    """The place that `s3://bucket/prefix` names. Raises `InvalidOption`."""
    found = _URL.fullmatch(url)
    if found is None:
        raise InvalidOption(
            f"{url[:100]!r} names no bucket.",
            hint="Give it as s3://bucket/prefix.",
            details={"option": "source"},
        )
    prefix = (found[2] or "").strip("/")
    return BucketPlace(bucket=found[1], prefix=f"{prefix}/" if prefix else "")
