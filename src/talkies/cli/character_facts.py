"""What commands say of a character: what it has, and what it lacks."""

from typing import Any

from talkies.rigs.character import Character
from talkies.rigs.tree.notes import named
from talkies.rigs.tree.report import TreeReport


def summary(character: Character, report: TreeReport) -> str:
    """One line about what a character has."""
    rig = character.rig
    key = character.key_color_text
    return ", ".join(
        [
            f"{character.name}: {report.drawings} drawings",
            f"{report.endpoints} endpoints",
            f"{report.sequences} sequences",
            f"{rig.width} x {rig.height}",
            *([] if key is None else [f"{key} keyed out"]),
        ]
    )


def lacks(report: TreeReport) -> list[str]:
    """Lines about what a character lacks."""
    parts = (("endpoints", report.missing_endpoints), ("sequences", report.missing_sequences))
    return [f"Missing {what}: {named(list(names))}." for what, names in parts if names]


def facts_of(character: Character, report: TreeReport) -> dict[str, Any]:
    """What a character has and lacks, as JSON has it."""
    rig = character.rig
    return {
        "name": character.name,
        "folder": str(character.folder),
        "width": rig.width,
        "height": rig.height,
        "key_color": character.key_color_text,
        "drawings": report.drawings,
        "endpoints": report.endpoints,
        "sequences": report.sequences,
        "missing_endpoints": list(report.missing_endpoints),
        "missing_sequences": list(report.missing_sequences),
    }
