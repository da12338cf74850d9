"""What a character of the service is: a row about a bundle."""

from dataclasses import dataclass

from talkies.jobs.records import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class CharacterRecord:
    """One character of one caller. Its job has the same id."""

    id: str
    name: str
    #: Of its bundle; None until that is made. It never changes then.
    sha256: str | None
    #: Of the bundle.
    bytes: int | None
    #: What is in it: `width`, `height`, `expressions`, `poses` …; None until it is made.
    facts: Document | None
    key_id: str | None
    user_id: str | None
    #: UTC milliseconds.
    created_at: int

    @property
    def ready(self) -> bool:
        """Whether it was made, so that requests can use it."""
        return self.sha256 is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class CharacterRef:
    """A character as a job keeps it: enough to find its frames on any machine."""

    id: str
    name: str
    #: Of its bundle; None for one that is installed on the machines.
    sha256: str | None = None
