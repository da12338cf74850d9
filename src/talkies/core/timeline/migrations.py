"""Versions of the timeline's schema, and the steps from each to the next."""

import re
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from talkies.core.json_reading import JsonAt

#: Rewrites the JSON of one version as the next one says it.
Migration: TypeAlias = Callable[[dict[str, object]], dict[str, object]]

#: Step n leads from version n + 1 to n + 2: none can be left out, and none is ever changed.
MIGRATIONS: Final[tuple[Migration, ...]] = ()

#: The first words of every schema; the version follows.
_NAME: Final = "talkies.timeline/"
_SCHEMA: Final = re.compile(re.escape(_NAME) + "([1-9][0-9]{0,3})")

#: What is written.
SCHEMA: Final = f"{_NAME}{len(MIGRATIONS) + 1}"


def migrated(document: JsonAt, steps: Sequence[Migration] = MIGRATIONS) -> JsonAt:
    """A document as its newest version says it.

    Raises:
        InvalidInput: as the document refuses, where it is no timeline or of a newer program.
    """
    schema, newest = document.field("schema"), len(steps) + 1
    found = _SCHEMA.fullmatch(schema.text())
    if found is None:
        raise schema.wrong(f"is not {_NAME}{newest}")
    version = int(found[1])
    if version > newest:
        raise schema.wrong(
            f"is version {version}, this program reads up to {newest}",
            "Upgrade Talkies, or write the timeline for an older version.",
        )
    record = {name: at.value for name, at in document.fields()}
    for step in steps[version - 1 :]:
        record = step(record)
    return JsonAt(record, document.refuse, document.path)
