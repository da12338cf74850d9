"""The page about timelines says what the program does."""

import json
import re
from pathlib import Path

from talkies.core.json_reading import JsonAt
from talkies.core.timeline.document import TrackName
from talkies.core.timeline.document_json import timeline_from_json, timeline_to_json
from talkies.core.timeline.editing import apply, apply_all
from talkies.core.timeline.edits_json import OPERATIONS, edits_from_value
from talkies.core.timeline.formats.mouth_cues import VISEMES as LETTERS
from talkies.core.timeline.formats.writing import FORMATS
from talkies.core.timeline.refusal import timeline_invalid
from talkies.core.timeline.validate import NAME_LENGTH, TEXT_LENGTH, ZOOM_MAX
from talkies.core.visemes import Viseme

PAGE = (Path(__file__).parents[2] / "docs/reference/timeline.md").read_text()
DOCUMENT, EDITS = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)


def rows(heading: str) -> list[str]:
    """The first cells of the table below a heading."""
    part = PAGE.partition(f"{heading}\n")[2].partition("\n#")[0]
    cells = re.findall(r"^\| (.*?) \|", part, re.MULTILINE)
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


def test_the_document_on_the_page_is_written_as_the_program_writes_it() -> None:
    assert timeline_to_json(timeline_from_json(DOCUMENT)) == DOCUMENT


def test_the_edits_on_the_page_are_made_and_undone() -> None:
    before = timeline_from_json(DOCUMENT)
    after, inverse = apply_all(before, edits_from_value(json.loads(EDITS)))

    assert after != before
    assert apply(after, inverse)[0] == before


def test_every_field_track_edit_and_format_is_on_the_page() -> None:
    document = JsonAt(json.loads(DOCUMENT), timeline_invalid)
    clip = next(document.field("tracks").field("visemes").items())

    assert rows("## The document") == [name for name, _ in document.fields()]
    assert sorted(rows("### Clips")) == sorted(name for name, _ in clip.fields())
    assert rows("### Tracks") == [name.value for name in TrackName]
    assert rows("## Edits")[1:] == list(OPERATIONS)
    assert rows("## Files of other programs")[1:] == list(FORMATS)


def test_values_and_limits_on_the_page_are_those_of_the_program() -> None:
    assert f"`{' '.join(Viseme)}`" in PAGE
    assert f"`{' '.join(LETTERS)}` are read as `{' '.join(LETTERS.values())}`" in PAGE
    assert f"1 to {NAME_LENGTH} characters" in PAGE
    assert f"up to {TEXT_LENGTH} characters" in PAGE
    assert f"`zoom` 1 to {ZOOM_MAX:g}" in PAGE
