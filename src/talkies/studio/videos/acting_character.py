"""The character of a video within the folder where its video is made."""

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from talkies.errors import UnknownCharacter
from talkies.studio.characters.linking import OpenCharacter, linked
from talkies.studio.characters.records import CharacterRef
from talkies.studio.videos.steps import CHARACTER, INPUTS
from talkies.studio.videos.submission import VideoSubmission


def played_by(
    submission: VideoSubmission, folder: Path, open_character: OpenCharacter | None
) -> AbstractContextManager[None]:
    """Has the character of a request, where there is one, among the inputs while the block runs.

    Raises `UnknownCharacter` where it is not there any more.
    """
    if submission.character is None:
        return nullcontext()
    if open_character is None:
        raise UnknownCharacter("This process has no characters.")
    ref = CharacterRef(**submission.character_ref)
    return linked(folder / INPUTS / CHARACTER, open_character(ref))
