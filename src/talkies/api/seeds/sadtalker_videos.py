"""What SadTalker's contracts (S9, S10) ask for, as a video of ours."""

from typing import Final

from talkies.api.seeds.sadtalker_options import (
    FRAMINGS,
    SadTalkerOptions,
    engine_options,
    ignored,
    motion_of,
)
from talkies.api.services import Services
from talkies.engines.registry import AUTO, BUILT_IN
from talkies.errors import NotFound
from talkies.studio.submissions import Source
from talkies.studio.videos.submission import OutputOptions, VideoSubmission

#: Whose jobs these are; their webhooks have the seed's body.
ORIGIN: Final = "sadtalker"

#: The seed's service calls its webhook when a job is done, however it ended.
EVENTS: Final = ("job.succeeded", "job.failed", "job.canceled")

#: The engine that the contracts are about.
ENGINE: Final = "sadtalker"


def submission(
    services: Services,
    sources: tuple[Source, Source],
    options: SadTalkerOptions,
    base_url: str,
    **more: object,
) -> VideoSubmission:
    """The request for a video of a portrait and a sound; `more` are fields of `VideoSubmission`.

    SadTalker makes it where some worker or pod serves that engine, and else what `auto` takes.
    """
    served = _served(services)
    engine = services.engines.choose(ENGINE if served else BUILT_IN)
    portrait, audio = sources
    return VideoSubmission(
        portrait=portrait,
        audio=audio,
        engine=ENGINE if served else AUTO,
        motion=motion_of(options),
        output=OutputOptions(framing=FRAMINGS[options.preprocess]),
        options=engine_options(options, engine, services.sadtalker_defaults),
        webhook_events=EVENTS,
        origin=ORIGIN,
        seed_options={
            "base_url": base_url,
            "options": options.model_dump(mode="json"),
            "warnings": list(ignored(options, engine)),
        },
        **more,  # type: ignore[arg-type]  # the callers' own names
    )


def _served(services: Services) -> bool:
    try:
        return services.engine_states.get(ENGINE).ready
    except NotFound:
        return False
