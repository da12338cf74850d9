import pytest

from talkies.core.json_reading import JsonAt
from talkies.core.timeline.migrations import MIGRATIONS, SCHEMA, Migration, migrated
from talkies.core.timeline.refusal import timeline_invalid
from talkies.errors.characters import TimelineInvalid


def renamed(record: dict[str, object]) -> dict[str, object]:
    return {"rate" if name == "speed" else name: value for name, value in record.items()}


def doubled(record: dict[str, object]) -> dict[str, object]:
    return record | {"rate": f"{record['rate']}{record['rate']}"}


STEPS: tuple[Migration, ...] = (renamed, doubled)


def at(version: object, **fields: object) -> JsonAt:
    return JsonAt({"schema": f"talkies.timeline/{version}", **fields}, timeline_invalid)


@pytest.mark.parametrize(
    ("version", "fields", "rate"),
    [(1, {"speed": "a"}, "aa"), (2, {"rate": "a"}, "aa"), (3, {"rate": "a"}, "a")],
)
def test_a_document_goes_through_every_step_after_its_version(
    version: int, fields: dict[str, object], rate: str
) -> None:
    assert migrated(at(version, **fields), STEPS).field("rate").text() == rate


def test_a_migration_leaves_the_document_itself_alone() -> None:
    document = at(1, speed="a")
    migrated(document, STEPS)

    assert document.field("speed").text() == "a"


def test_a_document_of_a_newer_program_names_the_version_it_needs() -> None:
    with pytest.raises(TimelineInvalid, match="is version 4, this program reads up to 3") as caught:
        migrated(at(4), STEPS)
    assert "Upgrade" in caught.value.hint


@pytest.mark.parametrize("version", ["", "0", "-1", "01", "1.0", "²", "99999", "1 "])
def test_a_version_is_a_plain_number(version: str) -> None:
    with pytest.raises(TimelineInvalid, match=r"schema is not talkies\.timeline/3"):
        migrated(at(version), STEPS)


def test_what_is_written_is_the_newest_version() -> None:
    assert f"talkies.timeline/{len(MIGRATIONS) + 1}" == SCHEMA
