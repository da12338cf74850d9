"""What SadTalker's contracts mean where a request says nothing."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SadTalkerDefaults:
    """What this installation means where a request says nothing (SADTALKER_DEFAULT_*)."""

    size: int = 256
    preprocess: str = "full"
    use_old_version: bool = False
