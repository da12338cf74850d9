"""Characters as a service: made by jobs, listed, used and deleted by those they belong to."""

import json
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from talkies.core.rig.config_json import config_from_json
from talkies.errors import Conflict, Forbidden, NotFound, NotReady
from talkies.jobs.records import Job, NewJob
from talkies.kit.clock import Clock, now
from talkies.kit.ids import new_id
from talkies.media.keying import key_color_of
from talkies.studio.access.principal import Principal, Scope
from talkies.studio.characters.book import CharacterBook
from talkies.studio.characters.bucket_place import bucket_place
from talkies.studio.characters.building import build_options
from talkies.studio.characters.kinds import ARCHIVE, CHARACTER_KIND, CHARACTER_PREFIX, DRAWING
from talkies.studio.characters.places import CharacterPlaces, unknown
from talkies.studio.characters.records import CharacterRecord, CharacterRef
from talkies.studio.characters.requests import (
    CharacterSubmission,
    published_at,
    require_name,
    require_one_source,
)
from talkies.studio.fetching import Fetcher
from talkies.studio.submissions import new_job, require_caller, with_webhook


class JobBook(Protocol):
    """What is asked of `jobs.Jobs`."""

    def accept(self, new: NewJob) -> Job: ...


class Characters:
    """Makes characters, shows them, and gives their folders to those who work with them."""

    def __init__(
        self,
        jobs: JobBook,
        fetcher: Fetcher,
        book: CharacterBook,
        places: CharacterPlaces,
        *,
        check_webhook: Callable[[str], str],
        clock: Clock = now,
    ) -> None:
        """`check_webhook` gives an address as it is called, or raises `UnsafeAddress`."""
        self._jobs = jobs
        self._fetcher = fetcher
        self._book = book
        self._places = places
        self._check_webhook = check_webhook
        self._clock = clock

    def submit(
        self,
        principal: Principal,
        submission: CharacterSubmission,
        *,
        character_id: str | None = None,
    ) -> Job:
        """Accept a character to be made; the job's id is the character's.

        Raises:
            NotFound, UnsafeAddress: its sources cannot be used.
            QueueFull, Conflict: as `Jobs.accept`.
            TalkiesError: as `require_valid`.
        """
        self.require_valid(principal, submission)
        url = submission.published_url
        named = replace(
            submission,
            name=require_name(submission.name),
            published_url=None if url is None else published_at(url),
        )
        heard = with_webhook(named, self._check_webhook)
        found = self._fetcher.resolved(principal, heard.sources)
        resolved = replace(heard, drawing=found.get(DRAWING), archive=found.get(ARCHIVE))
        return self._jobs.accept(
            new_job(
                character_id or new_id(CHARACTER_PREFIX, self._clock),
                CHARACTER_KIND,
                principal,
                resolved,
                clock=self._clock,
                inputs=found,
            )
        )

    def require_valid(
        self, principal: Principal, submission: CharacterSubmission, files: Collection[str] = ()
    ) -> None:
        """Look at a request, whose files have these roles, before any of them is kept.

        Raises:
            Forbidden: the key may not make characters, or not from S3.
            InvalidInput, UnsafeAddress: what is asked for cannot be.
        """
        principal.require(Scope.CHARACTERS)
        require_caller(submission)
        require_name(submission.name)
        require_one_source(submission, files)
        key_color_of(submission.key_color)
        _require_readable(principal, submission.s3_url)
        _require_trusted(principal, submission.published_url)
        config = submission.config
        read = None if config is None else config_from_json(json.dumps(config))
        build_options(submission.build, config=read)

    def get(self, principal: Principal, character_id: str) -> CharacterRecord:
        """One character; raises `NotFound` also for one of somebody else's."""
        principal.require(Scope.CHARACTERS)
        return self._own(principal, character_id)

    def list(
        self,
        principal: Principal,
        *,
        after: str | None = None,
        limit: int = 20,
        user_id: str | None = None,
    ) -> tuple[CharacterRecord, ...]:
        """Characters of this principal, newest first; `after` is the id of the last one seen."""
        principal.require(Scope.CHARACTERS)
        # No row has the id of nobody.
        key_id = None if principal.is_admin else principal.key_id or ""
        return self._book.list(key_id=key_id, after=after, limit=limit, user_id=user_id)

    def require_unused(self, principal: Principal, character_id: str, *, force: bool) -> None:
        """Raise `Conflict` where a character may not be deleted now.

        An unfinished job that uses it holds it in any case; timelines do unless `force`d: they
        stay, and can be given another character. Raises `NotFound` as `get`.
        """
        record = self.get(principal, character_id)
        if record.ready and self._book.is_used(record):
            raise Conflict(
                "An unfinished job uses this character.",
                hint="Wait until the job has ended, or cancel it.",
            )
        count = self._book.timelines_of(character_id)
        if count and not force:
            raise Conflict(
                f"{count} timelines are of this character.",
                hint="Delete them first, or the character with `force=true`: they then need "
                "another one.",
                details={"timelines": count},
            )

    def find(self, principal: Principal, named: str) -> CharacterRef:
        """The character of an id, or the installed one of a name, for a job to keep.

        Raises:
            Forbidden: the key may not use characters.
            UnknownCharacter: there is none, or it is somebody else's.
            NotReady: it is not made yet.
        """
        principal.require(Scope.CHARACTERS)
        if self.installed(named) is not None:
            return CharacterRef(id=named, name=named)
        try:
            record = self._own(principal, named)
        except NotFound as error:
            raise unknown(named) from error
        if record.sha256 is None:
            raise NotReady("The character is not made yet.", details={"character": record.id})
        return CharacterRef(id=record.id, name=record.name, sha256=record.sha256)

    def open(self, ref: CharacterRef) -> AbstractContextManager[Path]:
        """The character's folder on this machine; see `CharacterPlaces.open`."""
        return self._places.open(ref)

    def installed(self, name: str) -> Path | None:
        """The folder of an installed character; None where there is none of that name."""
        return self._places.installed(name)

    def installed_names(self, principal: Principal) -> tuple[str, ...]:
        """The names of the characters that every key may use; raises `Forbidden`."""
        principal.require(Scope.CHARACTERS)
        return self._places.installed_names()

    def _own(self, principal: Principal, character_id: str) -> CharacterRecord:
        record = self._book.find(character_id)
        if record is None or not principal.owns(record.key_id):
            raise NotFound("There is no such character.", details={"id": character_id})
        return record


def _require_trusted(principal: Principal, url: str | None) -> None:
    """Players follow us to that address, so only an operator may name it."""
    if url is None:
        return
    if not principal.is_admin:
        raise Forbidden("Only a key with the scope `admin` may say where frames are published.")
    published_at(url)


def _require_readable(principal: Principal, url: str | None) -> None:
    """S3 is read with the service's own rights, so only those may ask who have them anyway."""
    if url is None:
        return
    if not principal.is_admin:
        raise Forbidden(
            "Only a key with the scope `admin` may bring characters from S3.",
            hint="Send an archive, or a link that gives one.",
        )
    bucket_place(url)
