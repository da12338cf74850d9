"""What jobs of timelines are called, and where their files go."""

from typing import Final

from talkies.jobs.records import Job

#: Makes a timeline, or parts of one anew.
TIMELINE_KIND: Final = "timeline"
#: Makes a video of one.
EXPORT_KIND: Final = "export"

#: Beginnings of ids: of timelines, and of the jobs.
TIMELINE_PREFIX: Final = "tml"
JOB_PREFIX: Final = "tlj"
EXPORT_PREFIX: Final = "exp"

#: Folder of the storage.
FOLDER: Final = "exports"


def timeline_id_of(job: Job) -> str:
    """The timeline that a job is about: the one it was told, or the one that it makes.

    A job makes one timeline however often it runs.
    """
    told = job.request.get("timeline_id")
    return str(told) if told else job.id.replace(JOB_PREFIX, TIMELINE_PREFIX, 1)


def export_key(job: Job, ending: str) -> str:
    """Where the storage keeps a file of an export: `.mp4`, `.timing.json`."""
    return f"{FOLDER}/{job.id}{ending}"


def sound_path(timeline_id: str) -> str:
    """The address on this server under which a timeline's sound is given out."""
    return f"/v1/timelines/{timeline_id}/sound"
