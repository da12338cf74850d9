"""What routes that make jobs have in common: what they may refuse, and how they answer."""

from dataclasses import dataclass
from typing import Annotated, Final, TypeAlias

from fastapi import Depends, Response
from starlette.concurrency import run_in_threadpool

from talkies.api.creation import Created
from talkies.api.links import Links, LinksDep
from talkies.api.live import Live
from talkies.api.openapi import Responses
from talkies.api.requests import LiveDep, ServicesDep
from talkies.api.services import Services
from talkies.api.sse import until_done
from talkies.api.v1.job_records import JobRecord, shown
from talkies.api.v1.job_urls import urls_of
from talkies.api.waiting import PreferredWaitDep
from talkies.errors import (
    BlobMissing,
    CharacterInvalid,
    Conflict,
    InvalidInput,
    InvalidOption,
    MissingDependency,
    NotFound,
    NotReady,
    QueueFull,
    StorageFull,
    StorageUnavailable,
    TimelineInvalid,
    UnknownCharacter,
    UnknownLanguage,
    UnknownVoice,
    UnsafeAddress,
    UnsupportedMedia,
)
from talkies.jobs.records import Job

#: What a job that takes files may be refused with.
FILED_ERRORS: Final = (
    Conflict,
    InvalidOption,
    NotFound,
    QueueFull,
    StorageFull,
    StorageUnavailable,
    UnsafeAddress,
    UnsupportedMedia,
)

#: What one in which somebody speaks may be refused with.
SPOKEN_ERRORS: Final = (
    BlobMissing,
    InvalidInput,
    MissingDependency,
    UnknownLanguage,
    UnknownVoice,
    *FILED_ERRORS,
)

#: What else one that a character plays may be refused with.
PLAYED_ERRORS: Final = (CharacterInvalid, NotReady, TimelineInvalid, UnknownCharacter)

ACCEPTED: Final[Responses] = {
    200: {"description": "`Prefer: wait`: it is done already.", "model": JobRecord},
    202: {"description": "It will be done; `Location` says where to ask.", "model": JobRecord},
}


@dataclass(frozen=True, slots=True)
class JobAnswers:
    """Answers with the record of a job that was accepted."""

    response: Response
    wait: int
    services: Services
    live: Live
    links: Links

    async def about(self, created: Created[Job]) -> JobRecord:
        """The record, when the job is done or after as long as the client waits."""
        job, services = created.tell(self.response), self.services
        if self.wait:
            self.response.headers["Preference-Applied"] = f"wait={self.wait}"
            job = await until_done(self.live, lambda: services.jobs.get(job.id), job, self.wait)
            self.response.status_code = 200 if job.done else 202
        urls = urls_of(job)
        self.response.headers["Location"] = self.links.to(urls["self"])
        return await run_in_threadpool(shown, services, job, urls, self.links)


def job_answers(
    response: Response,
    wait: PreferredWaitDep,
    services: ServicesDep,
    live: LiveDep,
    links: LinksDep,
) -> JobAnswers:
    return JobAnswers(response, wait, services, live, links)


#: `answer: JobAnswersDep` in a route that creates a job.
JobAnswersDep: TypeAlias = Annotated[JobAnswers, Depends(job_answers)]
