"""What one run of the trials knows, and asks of every job."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from talkies.studio.smoke.caller import Unexpected

TEXT: Final = "Smoke test."
#: Whose everything is; it is deleted at the end.
USER: Final = "talkies-smoke"


@dataclass
class State:
    """What one run of the trials knows."""

    portrait: bytes
    #: Engine of the videos, and seconds that one may take.
    engine: str = "auto"
    seconds: float = 600.0
    #: A recording, made by the deployment itself.
    sound: bytes = b""
    video: dict[str, Any] = field(default_factory=dict)
    #: Id of a character that was built.
    character: str = ""
    warnings: list[str] = field(default_factory=list)

    @property
    def files(self) -> Mapping[str, tuple[str, bytes, str]]:
        """A portrait and a recording, as a form of `/v1/videos` has them."""
        return {
            "portrait": ("face.jpg", self.portrait, "image/jpeg"),
            "audio": ("speech.wav", self.sound, "audio/wav"),
        }


def require_succeeded(job: Mapping[str, Any]) -> None:
    """Raise `Unexpected` with a job's error where it did not succeed."""
    if job["status"] != "succeeded":
        error = job.get("error") or {}
        raise Unexpected(f"{job['id']} {job['status']}: {error.get('code')} {error.get('message')}")
