"""A plan of the face as JSON text: how it travels from who planned it to who directs."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from talkies.core.direction.feelings import FaceChange


def plan_to_json(plan: Sequence[FaceChange]) -> str:
    """The plan as text; `plan_from_json` reads it."""
    return json.dumps([asdict(change) for change in plan], ensure_ascii=False, indent=1) + "\n"


def plan_from_json(text: str) -> tuple[FaceChange, ...]:
    """A plan that `plan_to_json` wrote."""
    return tuple(FaceChange(**record) for record in json.loads(text))
