"""How documents of characters are refused: with the file, what is wrong, and where."""

from typing import Final

from talkies.core.json_reading import Refuse
from talkies.errors import CharacterInvalid

_HINT: Final = "docs/reference/characters.md says what it has to look like."


def refusing(title: str, reason: str) -> Refuse:
    """Makes the errors of one document; `title` names it to people, `reason` to programs."""

    def refuse(where: str, problem: str, hint: str = "") -> CharacterInvalid:
        return CharacterInvalid(
            f"{title} cannot be used: {where} {problem}.",
            hint=hint or _HINT,
            details={"reason": reason, "where": where},
        )

    return refuse
