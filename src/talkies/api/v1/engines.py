"""`/v1/engines`: what can render, what it is able to, and how busy and fast it is."""

from typing import Any

from fastapi import APIRouter
from pydantic import Field

from talkies.api.auth import Anyone
from talkies.api.models import Answer, Page
from talkies.api.openapi import answers
from talkies.api.paging import PagingDep
from talkies.api.requests import ServicesDep
from talkies.api.slicing import page_of
from talkies.errors import InvalidRequest, NotFound
from talkies.studio.engine_states import EngineState

router = APIRouter(prefix="/v1/engines", tags=["engines"])


class EngineQueueAnswer(Answer):
    """Jobs of this engine that have not ended."""

    waiting: int
    running: int


class EngineAnswer(Answer):
    """One engine."""

    object: str = "engine"
    id: str = Field(examples=["portrait"])
    summary: str = Field(examples=["Moves the face of one picture, on any CPU."])
    ready: bool = Field(description="Whether a job for it would be worked on.")
    reason: str = Field(description="Why it is not ready; empty where it is.", examples=[""])
    formats: list[str] = Field(examples=[["gif", "mp4", "webm"]])
    takes_prompt: bool
    option_schema: dict[str, Any] = Field(
        description="JSON Schema of `options` in `POST /v1/videos`.",
        examples=[{"type": "object", "properties": {}}],
    )
    licence: str = Field(description="Of code and weights.", examples=["Apache-2.0"])
    commercial_use: bool
    vram_gib: float = Field(description="GPU memory it needs; 0 runs on a CPU.", examples=[0.0])
    queue: EngineQueueAnswer
    workers: int = Field(description="Workers that take its jobs.", examples=[1])
    seconds_per_video_second: float | None = Field(
        description="Work for each second of video: learned from finished jobs, or claimed.",
        examples=[1.5],
    )
    samples: int = Field(description="Finished jobs that rests on; 0: the engine's own claim.")


@router.get("", summary="List engines", responses=answers(InvalidRequest))
def list_engines(_: Anyone, services: ServicesDep, paging: PagingDep) -> Page[EngineAnswer]:
    """By id."""
    return page_of(services.engine_states.list(), paging, _shown, lambda engine: engine.id)


@router.get("/{engine_id}", summary="One engine", responses=answers(NotFound))
def get_engine(engine_id: str, _: Anyone, services: ServicesDep) -> EngineAnswer:
    """What it can do, whether it can do it now, and how long it takes."""
    return _shown(services.engine_states.get(engine_id))


def _shown(engine: EngineState) -> EngineAnswer:
    able = engine.capabilities
    return EngineAnswer(
        id=engine.id,
        summary=able.summary if able else "",
        ready=engine.ready,
        reason=engine.reason,
        formats=sorted(able.formats) if able else [],
        takes_prompt=able.takes_prompt if able else False,
        option_schema=dict(able.option_schema) if able else {},
        licence=able.licence if able else "",
        commercial_use=able.commercial_use if able else False,
        vram_gib=able.vram_gib if able else 0.0,
        queue=EngineQueueAnswer(waiting=engine.waiting, running=engine.running),
        workers=engine.workers,
        seconds_per_video_second=engine.seconds_per_video_second,
        samples=engine.samples,
    )
