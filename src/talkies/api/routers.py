"""Every router of the API: add one here, and it is served and described."""

from typing import Final

from fastapi import APIRouter
from pydantic import BaseModel

from talkies.api import health, pages
from talkies.api.seeds import (
    avatar_api,
    face_rig,
    face_rig_export,
    face_rig_speech,
    sadtalker,
    sadtalker_front,
)
from talkies.api.seeds.sadtalker_front_answers import FrontError
from talkies.api.seeds.sadtalker_front_bodies import FrontBody
from talkies.api.v1 import (
    alignments,
    assets,
    audio,
    character_files,
    characters,
    engines,
    estimates,
    events,
    files,
    keys,
    operations,
    session,
    timeline_jobs,
    timelines,
    usage,
    users,
    video_files,
    videos,
    voices,
    webhooks,
    workers,
)
from talkies.api.v1.assets import AnnouncedBody
from talkies.api.v1.audio_bodies import AlignmentBody
from talkies.api.v1.character_bodies import CharacterBody
from talkies.api.v1.timeline_bodies import ExportBody, TimelineBody
from talkies.api.v1.video_bodies import VideoBody

#: One a resource; their order is the order of the documentation.
ROUTERS: Final[tuple[APIRouter, ...]] = (
    videos.router,
    video_files.router,
    estimates.router,
    assets.router,
    operations.router,
    events.router,
    files.router,
    audio.router,
    alignments.router,
    voices.router,
    characters.router,
    character_files.router,
    timelines.router,
    timeline_jobs.router,
    engines.router,
    webhooks.router,
    usage.router,
    users.router,
    workers.router,
    keys.router,
    session.router,
    health.router,
    avatar_api.router,
    sadtalker.router,
    sadtalker_front.router,
    face_rig.router,
    face_rig_speech.router,
    face_rig_export.router,
    pages.router,
)

#: Models that routes read by themselves, for the description.
BODIES: Final[tuple[type[BaseModel], ...]] = (
    VideoBody,
    AnnouncedBody,
    AlignmentBody,
    CharacterBody,
    TimelineBody,
    ExportBody,
    FrontBody,
    FrontError,
)
