"""Making edits of a timeline: several all or none, each with what undoes it exactly."""

from collections.abc import Sequence
from typing import Protocol

from talkies.core.timeline.document import Timeline
from talkies.core.timeline.patch import Patch, difference
from talkies.core.timeline.refusal import within
from talkies.core.timeline.validate import validate
from talkies.errors.characters import TimelineInvalid


class Edit(Protocol):
    """One change of a timeline."""

    def made(self, timeline: Timeline) -> Timeline:
        """The timeline after this edit.

        Raises:
            TimelineInvalid: it cannot be made there; `details["where"]` names the edit's field.
        """
        ...


def apply(timeline: Timeline, edit: Edit) -> tuple[Timeline, Patch]:
    """The timeline after an edit, and the edit that undoes it exactly.

    Raises:
        TimelineInvalid: as `Edit.made`, or because the timeline would break a rule.
    """
    edited = _made(timeline, edit)
    return edited, difference(edited, timeline)


def apply_all(timeline: Timeline, edits: Sequence[Edit]) -> tuple[Timeline, Patch]:
    """The timeline after edits in their order, all or none, and the edit that undoes them all.

    Raises:
        TimelineInvalid: as `apply`, with the edit's number in the place: `edits[2].clip.start`.
    """
    edited = timeline
    for number, edit in enumerate(edits):
        try:
            edited = _made(edited, edit)
        except TimelineInvalid as error:
            raise within(f"edits[{number}]", error) from error
    return edited, difference(edited, timeline)


def _made(timeline: Timeline, edit: Edit) -> Timeline:
    edited = edit.made(timeline)
    validate(edited, checked=timeline)
    return edited
