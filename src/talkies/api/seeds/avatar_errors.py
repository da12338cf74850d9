"""The failures of the avatar API (S1, S2) in its own words: 400 for what cannot be used."""

from talkies.errors import Conflict, InvalidInput


class UnusableInput(InvalidInput):
    """The input cannot be used."""

    status = 400


class InvalidImageFormat(UnusableInput):
    """Image must be PNG or JPEG format."""

    code = "INVALID_IMAGE_FORMAT"
    default_hint = "Save the picture as PNG or JPEG."


class InvalidAudioFormat(UnusableInput):
    """Audio must be WAV or MP3 format."""

    code = "INVALID_AUDIO_FORMAT"
    default_hint = "Save the sound as WAV or MP3."


class AudioTooLong(UnusableInput):
    """Audio must not be longer than 5 minutes."""

    code = "AUDIO_TOO_LONG"
    default_hint = "Cut it into parts."


class JobFailed(Conflict):
    """The video was not made."""

    code = "JOB_FAILED"
    default_hint = "`GET /status/{job_id}` says why; send the request again when it is mended."
