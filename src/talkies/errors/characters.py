"""What went wrong with a character, a timeline, or a service that helps to make them."""

from talkies.errors.base import TalkiesError
from talkies.errors.inputs import InvalidInput
from talkies.errors.service import Conflict


class UnknownCharacter(InvalidInput):
    """There is no character of that name or id."""

    code = "UNKNOWN_CHARACTER"
    default_hint = "List them with `talkies character list`, or build one."


class CharacterInvalid(InvalidInput):
    """The frames or the words of a character cannot be used; `details["reason"]` says why."""

    code = "CHARACTER_INVALID"


class ArchiveUnsafe(InvalidInput):
    """An archive with paths that lead out of it, links, or far too much in it."""

    code = "ARCHIVE_UNSAFE"
    default_hint = "Pack the plain files of the tree anew, without links."


class TimelineInvalid(InvalidInput):
    """The timeline says something impossible; `details["where"]` names the place."""

    code = "TIMELINE_INVALID"
    default_hint = "Mend that place; the reference of timelines says what it may hold."


class ProviderFailed(TalkiesError):
    """A service that was to help, as a model that paints, did not."""

    code = "PROVIDER_FAILED"
    status = 502
    retryable = True
    default_hint = "Try again later, or do without: what is built in needs nobody."


class EditedSince(Conflict):
    """Somebody else changed it after it was read."""

    code = "EDITED_SINCE"
    status = 412
    default_hint = "Read it again, and apply the change to what it says now."
