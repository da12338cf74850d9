"""`/v1/engines`: what can render, what it is able to, and how busy and fast it is."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter
from pydantic import Field

from talkies.api.auth import Anyone
from talkies.api.models import Answer, Page
from talkies.api.openapi import answers
from talkies.api.paging import PagingDep
from talkies.api.requests import ServicesDep
from talkies.api.slicing import page_of
from talkies.engines.base import Capabilities, Preset
from talkies.errors import InvalidRequest, NotFound
from talkies.studio.engine_states import EngineState

router = APIRouter(prefix="/v1/engines", tags=["engines"])


class EngineQueueAnswer(Answer):
    """Jobs of this engine that have not ended."""

    waiting: int
    running: int


class SpeedAnswer(Answer):
    """How fast a preset is on one GPU, as somebody published or measured it."""

    device: str = Field(examples=["A100 80 GB"])
    seconds_per_video_second: float
    vram_gib: float
    source: str


class PresetAnswer(Answer):
    """Settings of an engine that go together: its option `preset`."""

    name: str = Field(examples=["draft"])
    summary: str
    speeds: list[SpeedAnswer]


class EngineAnswer(Answer):
    """One engine."""

    object: str = "engine"
    id: str = Field(examples=["portrait"])
    summary: str = Field(examples=["Moves the face of one picture, on any CPU."])
    ready: bool = Field(description="Whether a job for it would be worked on.")
    reason: str = Field(description="Why it is not ready; empty where it is.", examples=[""])
    mend: str = Field(description="The command that makes it ready on a machine.", examples=[""])
    visuals: list[str] = Field(examples=[["portrait"]])
    quality: int = Field(description="How lifelike, 0 to 100: what `auto` prefers.")
    formats: list[str] = Field(examples=[["gif", "mp4", "webm"]])
    takes_prompt: bool
    option_schema: dict[str, Any] = Field(
        description="JSON Schema of `options` in `POST /v1/videos`.",
        examples=[{"type": "object", "properties": {}}],
    )
    licence: str = Field(description="Of code and weights.", examples=["Apache-2.0"])
    licence_note: str
    commercial_use: bool
    presets: list[PresetAnswer] = Field(description="The first is the default.")
    load_seconds: float = Field(description="To bring its models into memory.")
    most_seconds: float | None = Field(description="Longest speech of one video.")
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
    able = engine.capabilities or _unknown(engine.id)
    return EngineAnswer(
        id=engine.id,
        summary=able.summary,
        ready=engine.ready,
        reason=engine.reason,
        mend=engine.mend,
        visuals=sorted(able.visuals),
        quality=able.quality,
        formats=sorted(able.formats),
        takes_prompt=able.takes_prompt,
        option_schema=dict(able.option_schema),
        licence=able.licence,
        licence_note=able.licence_note,
        commercial_use=able.commercial_use,
        presets=[_preset(preset) for preset in able.presets],
        load_seconds=able.load_seconds,
        most_seconds=able.most_seconds,
        vram_gib=able.vram_gib,
        queue=EngineQueueAnswer(waiting=engine.waiting, running=engine.running),
        workers=engine.workers,
        seconds_per_video_second=engine.seconds_per_video_second,
        samples=engine.samples,
    )


def _preset(preset: Preset) -> PresetAnswer:
    speeds = [SpeedAnswer(**asdict(speed)) for speed in preset.speeds]
    return PresetAnswer(name=preset.name, summary=preset.summary, speeds=speeds)


def _unknown(id_: str) -> Capabilities:
    """Of a plug-in that is broken nothing is known."""
    return Capabilities(
        id=id_,
        summary="",
        follows_performance=False,
        formats=frozenset(),
        licence="",
        commercial_use=False,
        vram_gib=0.0,
        seconds_per_video_second=0.0,
        visuals=frozenset(),
        quality=0,
    )
