"""The character of the seed's routes as jobs take it: where its frames are in a bucket, brought."""

import contextlib
from typing import Final, Protocol

from talkies.errors import Conflict, NotFound
from talkies.jobs.records import Job, Status
from talkies.kit.ids import named_id
from talkies.studio.characters.kinds import CHARACTER_PREFIX
from talkies.studio.characters.requests import CharacterSubmission
from talkies.studio.characters.service import Characters
from talkies.studio.face_rig.bucket import BucketFrames
from talkies.studio.face_rig.frames import HOUSE

#: What the character that is brought from a bucket is called.
NAME: Final = "frames of the bucket"


class JobBook(Protocol):
    """What is asked of `jobs.Jobs`."""

    def get(self, id: str, /) -> Job: ...  # noqa: A002

    def retry(self, id: str, /) -> Job: ...  # noqa: A002

    def forget(self, id: str, /) -> None: ...  # noqa: A002


class SeedCharacter(Protocol):
    """The one character of the seed's routes."""

    def id_or_job(self) -> str | Job:
        """Its id or name; or the job that brings it, where it is not there yet.

        Raises `NotFound` where there is none.
        """
        ...


class NamedCharacter:
    """The character that the settings name."""

    def __init__(self, named: str) -> None:
        self._named = named

    def id_or_job(self) -> str:
        return self._named


class BucketCharacter:
    """The tree in a bucket, which is brought once, and again when it has changed.

    Workers play what is in the bucket, also on machines that never had the frames.
    """

    def __init__(
        self, characters: Characters, jobs: JobBook, frames: BucketFrames, url: str
    ) -> None:
        """`url` is that of the tree: `s3://bucket/prefix/`."""
        self._characters = characters
        self._jobs = jobs
        self._frames = frames
        self._url = url

    def id_or_job(self) -> str | Job:
        # Whoever asks for the same tree, in any process, means the same character.
        character = named_id(CHARACTER_PREFIX, 0, f"{self._url} {self._frames.mark()}")
        try:
            record = self._characters.get(HOUSE, character)
        except NotFound:
            self._forget_past(character)
            asked = CharacterSubmission(name=NAME, s3_url=self._url)
            return self._characters.submit(HOUSE, asked, character_id=character)
        if record.ready:
            return character
        job = self._jobs.get(character)
        return self._jobs.retry(character) if _is_lost(job) else job

    def _forget_past(self, character: str) -> None:
        """Forget the job of a character that retention has removed: it would never run again."""
        # There may be none, or another process is at it already.
        with contextlib.suppress(NotFound, Conflict):
            self._jobs.forget(character)


def _is_lost(job: Job) -> bool:
    return job.status in {Status.FAILED, Status.CANCELED}
