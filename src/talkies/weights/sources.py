"""What files an engine's weights are made of, and where each comes from."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

#: The model hub, where nobody names a mirror of it.
ENDPOINT: Final = "https://huggingface.co"


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightSource:
    """Files of one repository of the model hub, or one file that anybody may download."""

    #: Id of a repository of the hub, as "owner/name"; empty for a `url`.
    repository: str = ""
    #: Commit of that repository, or a branch, which the first pull pins to its commit.
    revision: str = "main"
    #: Patterns (fnmatch) of the files that are needed.
    include: tuple[str, ...] = ()
    url: str = ""
    #: Of the file at `url`, where it is known before; the first pull pins it otherwise.
    sha256: str = ""
    #: Where it goes: a folder below the engine's weights, or the path of a file from a `url`.
    to: str = ""
    #: About how large, for a look at the disk before anything else is known.
    gigabytes: float = 0.0
    #: Variants of the weights that need it; empty for all of them.
    variants: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What a person calls it."""
        return self.repository or self.url

    @property
    def fingerprint(self) -> str:
        """The same for two sources that mean the same files in the same places."""
        about = (self.repository, self.revision, sorted(self.include), self.url, self.to)
        text = json.dumps((*about, self.sha256.lower()))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def sources_of(sources: Iterable[WeightSource], variant: str = "") -> tuple[WeightSource, ...]:
    """The sources that a variant needs; those that name no variant are needed by every one."""
    return tuple(one for one in sources if not one.variants or variant in one.variants)


def variants_of(sources: Iterable[WeightSource]) -> tuple[str, ...]:
    """The variants that there are, in the order they are first named; none for only one."""
    return tuple(dict.fromkeys(name for one in sources for name in one.variants))
