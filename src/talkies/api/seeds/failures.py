"""The failure of a job as the failure of the request that waited for it."""

from collections.abc import Iterator

from talkies.errors import Canceled, TalkiesError
from talkies.jobs.records import Job


def failure_of(job: Job) -> TalkiesError:
    """The error of a job that has ended without success, as it was raised for the job."""
    about = job.error or {}
    code = str(about.get("code", Canceled.code))
    kind = kind_of(code) or TalkiesError
    return kind(
        str(about.get("message", "")),
        hint=str(about.get("hint", "")),
        details={**about.get("details", {}), "job_id": job.id, "reason": code},
    )


def kind_of(code: str) -> type[TalkiesError] | None:
    """The broadest kind of error with a code; None where there is none."""
    return next((kind for kind in _every_kind(TalkiesError) if kind.code == code), None)


def _every_kind(kind: type[TalkiesError]) -> Iterator[type[TalkiesError]]:
    yield kind
    for narrower in kind.__subclasses__():
        yield from _every_kind(narrower)
