"""What a bundle says of itself: enough to show its character without unpacking it."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, Final

from talkies.core.rig.manifest import manifest_of, manifest_record
from talkies.core.rig.model import Rig
from talkies.core.rig.naming import ENDPOINTS
from talkies.jobs.records import Document
from talkies.rigs.character import Character

SCHEMA: Final = "talkies.bundle/1"


def contents_of(character: Character) -> dict[str, Any]:
    """What is in a character: its facts, the manifests of its sequences, where drawings are."""
    rig = character.rig
    return {
        "schema": SCHEMA,
        "facts": facts_of(character),
        "manifests": {one.id: manifest_record(manifest_of(one)) for one in rig.sequences},
        "drawings": _drawings(rig),
    }


def facts_of(character: Character) -> dict[str, Any]:
    """What a caller wants to know of a character, small enough for a row."""
    rig = character.rig
    return {
        "width": rig.width,
        "height": rig.height,
        "key_color": character.key_color_text,
        "expressions": sorted({state.expression for state in rig.endpoints}),
        "poses": sorted({state.pose for state in rig.endpoints}),
        "sequences": len(rig.sequences),
        "drawings": len(rig.drawings),
    }


def drawing_path(contents: Document, folder: str, file: str) -> str | None:
    """The path in the tree of a drawing that is asked for by its sequence (or `endpoints`)."""
    found: str | None = contents["drawings"].get(folder, {}).get(file)
    return found


def _drawings(rig: Rig) -> Mapping[str, Mapping[str, str]]:
    """The path in the tree by sequence and name: legacy trees have sequences elsewhere."""
    endpoints = {PurePosixPath(path).name: path for path in rig.endpoints.values()}
    sequences = {
        one.id: {PurePosixPath(stop.drawing).name: stop.drawing for stop in one.stops}
        for one in rig.sequences
    }
    return {ENDPOINTS: endpoints, **sequences}
