"""What files an engine's weights are made of, and where each comes from."""

from dataclasses import dataclass


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
