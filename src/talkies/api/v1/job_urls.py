"""Where a job can be found, by its kind."""

from collections.abc import Mapping
from typing import Final

from talkies.jobs.records import Job
from talkies.studio.characters.kinds import CHARACTER_KIND
from talkies.studio.timelines.kinds import EXPORT_KIND, TIMELINE_KIND, timeline_id_of
from talkies.studio.videos.kind import KIND

#: What a video has beside what every job has.
VIDEO_PATHS: Final = {
    "content": "content",
    "preview": "preview",
    "captions": "captions.vtt",
    "timing": "timing.json",
    "poster": "poster",
}


def urls_of(job: Job) -> Mapping[str, str]:
    """The paths of a job's own routes, by name."""
    if job.kind == KIND:
        home = f"/v1/videos/{job.id}"
        return _common(home) | {name: f"{home}/{path}" for name, path in VIDEO_PATHS.items()}
    home = f"/v1/operations/{job.id}"
    if job.kind == CHARACTER_KIND:
        return _common(home) | {"retry": f"{home}/retry", "character": f"/v1/characters/{job.id}"}
    if job.kind in {TIMELINE_KIND, EXPORT_KIND}:
        timeline = f"/v1/timelines/{timeline_id_of(job)}"
        return _common(home) | {"retry": f"{home}/retry", "timeline": timeline}
    return _common(home) | {"retry": f"{home}/retry"}


def _common(home: str) -> dict[str, str]:
    return {"self": home, "cancel": f"{home}/cancel", "events": f"{home}/events"}
