"""What was given cannot be used."""

from talkies.errors.base import TalkiesError


class InvalidInput(TalkiesError):
    """The input cannot be used."""

    code = "INVALID_INPUT"
    status = 422
    exit_status = 3


class FileMissing(InvalidInput):
    """The file does not exist or cannot be read."""

    code = "FILE_MISSING"
    status = 404
    default_hint = "Check the path and its permissions."


class UnsupportedMedia(InvalidInput):
    """The file is of a type that is not supported."""

    code = "UNSUPPORTED_MEDIA"
    status = 415


class CorruptMedia(InvalidInput):
    """The file is damaged or cut off."""

    code = "CORRUPT_MEDIA"
    default_hint = "Export or download the file again."


class MediaTooLarge(InvalidInput):
    """The file is over a limit."""

    code = "MEDIA_TOO_LARGE"
    status = 413
    default_hint = "Make it smaller or shorter."


class ImageTooSmall(InvalidInput):
    """The picture is too small to animate."""

    code = "IMAGE_TOO_SMALL"
    default_hint = "Use a larger picture: 500 pixels and more look good."


class AnimatedImage(InvalidInput):
    """The picture has more than one frame."""

    code = "ANIMATED_IMAGE"
    default_hint = "Save one frame as PNG or JPEG and use that."


class AudioEmpty(InvalidInput):
    """The recording has no sound samples."""

    code = "AUDIO_EMPTY"
    default_hint = "Record or export it again."


class AudioSilent(InvalidInput):
    """The recording is silent."""

    code = "AUDIO_SILENT"
    default_hint = "Check that the right track was exported and that it is not muted."


class AudioTooShort(InvalidInput):
    """The speech is too short for the engine."""

    code = "AUDIO_TOO_SHORT"
    default_hint = "Use a longer recording, or another engine."


class FaceNotFound(InvalidInput):
    """No face was found in the picture."""

    code = "FACE_NOT_FOUND"
    default_hint = "Use a picture that shows one face from the front, well lit."


class FaceIndexInvalid(InvalidInput):
    """The picture has no face with that number."""

    code = "FACE_INDEX_INVALID"


class FaceUnusable(InvalidInput):
    """The face was found, but a video of it would look wrong."""

    code = "FACE_UNUSABLE"
    default_hint = "Use a sharp picture that shows the face from the front with nothing before it."


class TranscriptMismatch(InvalidInput):
    """The transcript does not say what the recording says."""

    code = "TRANSCRIPT_MISMATCH"
    default_hint = "Check the transcript and its language, or leave it out."


class UnknownVoice(InvalidInput):
    """There is no voice of that name."""

    code = "UNKNOWN_VOICE"
    default_hint = "`talkies voices`, or `GET /v1/voices`, lists the voices."


class UnknownLanguage(InvalidInput):
    """There is no language of that name."""

    code = "UNKNOWN_LANGUAGE"
    default_hint = "`talkies voices`, or `GET /v1/voices`, lists the languages."


class UnknownEngine(InvalidInput):
    """There is no engine of that name."""

    code = "UNKNOWN_ENGINE"
    default_hint = "`talkies engines`, or `GET /v1/engines`, lists the engines."


class InvalidOption(InvalidInput):
    """An option has a value that cannot be used."""

    code = "INVALID_OPTION"
    exit_status = 2


class InvalidManifest(InvalidInput):
    """The manifest cannot be read."""

    code = "INVALID_MANIFEST"


class InvalidRequest(InvalidInput):
    """The request has fields that cannot be used."""

    code = "INVALID_REQUEST"
    default_hint = "Mend what the message names; /docs describes the request."


class MalformedBody(InvalidInput):
    """The body is not what its Content-Type says."""

    code = "MALFORMED_BODY"
    status = 400
    default_hint = "Check how the body is written; /docs shows an example."


class RangeUnsatisfiable(InvalidInput):
    """The file does not have the bytes that were asked for."""

    code = "RANGE_UNSATISFIABLE"
    status = 416
    default_hint = "Ask for bytes within the length that `Content-Range` names."


class UnsafeAddress(InvalidInput):
    """The address is one that this server does not contact."""

    code = "UNSAFE_ADDRESS"
    default_hint = (
        "Use a public https:// address. A file can be uploaded instead; for others, an operator "
        "sets ALLOWED_ADDRESSES."
    )


class FetchFailed(InvalidInput):
    """The address did not give a file."""

    code = "FETCH_FAILED"
    retryable = True
    default_hint = "Check that the link works without signing in, or upload the file."


class SameFile(InvalidInput):
    """The output would overwrite an input."""

    code = "SAME_FILE"
    default_hint = "Choose another output path."
