"""`/v1/workers`: who does the work, on which machine, and whether they are still there."""

from typing import Literal

from fastapi import APIRouter
from pydantic import Field

from talkies.api.auth import Admin
from talkies.api.models import Answer, Moment, Page
from talkies.api.openapi import answers
from talkies.api.paging import PagingDep
from talkies.api.requests import ServicesDep
from talkies.api.slicing import page_of
from talkies.errors import InvalidRequest
from talkies.jobs.records import WorkerRecord
from talkies.studio.health.fleet import LOST_AFTER

router = APIRouter(prefix="/v1/workers", tags=["workers"])


class WorkerAnswer(Answer):
    """One worker."""

    object: str = "worker"
    id: str = Field(description="New at every start.")
    host: str = Field(examples=["render-1"])
    pid: int
    engines: list[str] = Field(description="Whose jobs it takes.", examples=[["portrait"]])
    concurrency: int = Field(description="Videos it renders at once.", examples=[1])
    version: str = Field(examples=["0.1.0"])
    state: Literal["ready", "draining", "lost"] = Field(
        description="`draining` takes no new job; the jobs of a `lost` one go to others."
    )
    started_at: Moment
    seen_at: Moment


@router.get("", summary="List workers", responses=answers(InvalidRequest))
def list_workers(_: Admin, services: ServicesDep, paging: PagingDep) -> Page[WorkerAnswer]:
    """Newest first."""
    workers = sorted(services.jobs.workers(), key=lambda one: one.started_at, reverse=True)
    moment = services.clock()
    return page_of(workers, paging, lambda one: _shown(one, moment), lambda one: one.executor_id)


def _shown(worker: WorkerRecord, moment: int) -> WorkerAnswer:
    return WorkerAnswer(
        id=worker.executor_id,
        host=worker.host,
        pid=worker.pid,
        engines=list(worker.engines),
        concurrency=worker.concurrency,
        version=worker.version,
        state=_state(worker, moment),
        started_at=worker.started_at,
        seen_at=worker.seen_at,
    )


def _state(worker: WorkerRecord, moment: int) -> Literal["ready", "draining", "lost"]:
    if moment - worker.seen_at > LOST_AFTER:
        return "lost"
    return "draining" if worker.draining else "ready"
