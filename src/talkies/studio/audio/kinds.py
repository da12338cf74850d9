"""What jobs of speech and of alignments are called, and where their files go."""

from typing import Final

from talkies.jobs.records import Job

SPEECH_KIND: Final = "speech"
ALIGNMENT_KIND: Final = "alignment"

#: Beginnings of their ids.
SPEECH_PREFIX: Final = "spe"
ALIGNMENT_PREFIX: Final = "aln"

#: Folder of the storage.
FOLDER: Final = "audio"


def sound_key(job: Job, extension: str) -> str:
    """Where the storage keeps the speech of a job."""
    return f"{FOLDER}/{job.id}.{extension}"


def timing_key(job: Job) -> str:
    """Where it keeps when each sound is said."""
    return f"{FOLDER}/{job.id}.timing.json"
