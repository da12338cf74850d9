"""What a video is called among jobs, and where its files go."""

from typing import Final

from talkies.jobs.records import Job

KIND: Final = "video"

#: Folder of the storage.
FOLDER: Final = "videos"

#: Beginning of a video job's id.
ID_PREFIX: Final = "vid"


def video_key(job: Job) -> str:
    """Where the storage keeps the video of a job: one key a job, whoever makes it and how often."""
    output = job.request.get("output", {})
    return f"{FOLDER}/{job.id}.{output.get('format', 'mp4')}"
