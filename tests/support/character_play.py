"""Characters as a worker would have made them, by a test: a small tree, bundled and kept."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from job_play import begun
from service_stage import Stage
from small_character import small_character

from talkies.jobs.ledger import Ending, locked
from talkies.jobs.records import NewJob, Status
from talkies.kit.files import sha256_of
from talkies.kit.ids import new_id
from talkies.rigs.character import CONTACT_SHEET
from talkies.studio.characters.bundle import write_bundle
from talkies.studio.characters.contents import contents_of
from talkies.studio.characters.kinds import BUNDLE, BUNDLE_TYPE, CHARACTER_KIND, CHARACTER_PREFIX

#: A drawing of every character here, as a player asks for it.
NEUTRAL = "endpoints/neutral__center.png"

#: A sequence that each has.
SEQUENCE = "neutral_to_speaking_ah__center"


def bundled(folder: Path, size: tuple[int, int] = (96, 144)) -> tuple[Path, Mapping[str, Any]]:
    """The bundle of a small character, and what it says of itself; made once for a folder."""
    path = folder / BUNDLE
    character = small_character(folder / "robin", size=size)
    (character.folder / CONTACT_SHEET).write_bytes(b"\xff\xd8\xff sheet")
    contents = contents_of(character)
    write_bundle(character.folder, path, contents)
    return path, contents


def asked(stage: Stage, *, key_id: str | None = None, user_id: str | None = None) -> str:
    """The id of a character whose job waits."""
    new = NewJob(
        id=new_id(CHARACTER_PREFIX),
        kind=CHARACTER_KIND,
        request={"name": "Robin"},
        key_id=key_id,
        user_id=user_id,
    )
    return stage.services.jobs.accept(new).id


def made(
    stage: Stage,
    bundle: tuple[Path, Mapping[str, Any]],
    *,
    key_id: str | None = None,
    user_id: str | None = None,
    **more: Any,
) -> str:
    """The id of a character that is ready; `more` is what its job says of it besides."""
    character_id = asked(stage, key_id=key_id, user_id=user_id)
    path, contents = bundle
    digest = stage.services.assets.keep(path, content_type=BUNDLE_TYPE)
    kept = {"sha256": digest, "bytes": path.stat().st_size}
    begun(stage, character_id)
    ledger = stage.services.jobs.ledger
    ending = Ending(status=Status.SUCCEEDED, result={**contents["facts"], **more, BUNDLE: kept})
    with ledger.changing() as connection:
        ledger.end(connection, locked(connection, character_id), ending)
    assert digest == sha256_of(path)
    return character_id
