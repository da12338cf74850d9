"""What a key may look like: text that is a safe path on a disk, in a bucket and in a URL."""

import re
from typing import Final

from talkies.errors import InvalidRequest

#: Characters of a whole key: what the tables keep.
KEY_MAX: Final = 300

#: Characters of one part, which leaves room for the endings of helper files within the 255 bytes
#: of a file's name.
PART_MAX: Final = 200

#: No part begins with a dot, so that none is hidden, or leads out of its folder.
_PART: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")


def checked(key: str) -> str:
    """The key itself; raises `InvalidRequest` where it could leave the storage, or be no path."""
    if len(key) > KEY_MAX or not all(is_part(part) for part in key.split("/")):
        raise InvalidRequest(
            "That is not a key of the storage.",
            hint="A key is made of letters, digits, dots, dashes and underscores between slashes.",
            details={"fields": ["key"]},
        )
    return key


def checked_prefix(prefix: str) -> str:
    """The beginning of keys itself: nothing, or whole parts and the beginning of one."""
    if prefix:
        checked(prefix.removesuffix("/"))
    return prefix


def is_part(part: str) -> bool:
    """Whether this can stand between two slashes of a key."""
    return len(part) <= PART_MAX and _PART.fullmatch(part) is not None
