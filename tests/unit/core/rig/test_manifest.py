import json
from typing import Any

import pytest
from rig_made_up import NINE, rig_of

from talkies.core.rig.manifest import (
    Manifest,
    ends_in,
    manifest_from_json,
    manifest_of,
    manifest_to_json,
)
from talkies.core.rig.model import REST, State
from talkies.core.rig.standard import BUILT, STANDARD
from talkies.errors import CharacterInvalid

#: As the seed writes it (upstreams 10.2).
SEEDS: dict[str, Any] = {
    "path_id": "neutral_to_blink__center",
    "expr_start": "neutral",
    "expr_end": "blink_closed",
    "pose": "center",
    "frames": [{"t": 0.0, "file": "000.png"}, {"t": 0.125, "file": "012.png"}],
}


def read(**changes: Any) -> Manifest:
    return manifest_from_json(json.dumps(SEEDS | changes))


def test_the_manifests_of_a_whole_tree_are_read_as_they_were_written() -> None:
    for sequence in rig_of(BUILT, NINE).sequences:
        manifest = manifest_of(sequence)
        assert manifest_from_json(manifest_to_json(manifest)) == manifest
        assert ends_in(manifest, BUILT) == (sequence.start, sequence.end)


def test_a_manifest_is_the_seeds() -> None:
    sequence = next(s for s in rig_of(STANDARD, (0, 12)).sequences if s.id == SEEDS["path_id"])

    assert json.loads(manifest_to_json(manifest_of(sequence))) == SEEDS


def test_the_manifest_of_a_turn_names_both_poses() -> None:
    name = "neutral_center_to_neutral_tilt_left_small"
    sequence = next(s for s in rig_of(STANDARD).sequences if s.id == name)
    manifest = manifest_of(sequence)

    assert manifest.pose == "center_to_tilt_left_small"
    assert manifest.expr_start == manifest.expr_end == "neutral"
    assert ends_in(manifest, STANDARD) == (REST, State("neutral", "tilt_left_small"))


def test_frames_are_put_in_order() -> None:
    assert [frame.t for frame in read(frames=SEEDS["frames"][::-1]).frames] == [0.0, 0.125]


@pytest.mark.parametrize(
    "changes",
    [{"expr_end": "blink"}, {"pose": "sideways"}, {"expr_start": "", "expr_end": "", "pose": ""}],
)
def test_where_its_words_are_unknown_the_name_of_the_folder_is_asked(
    changes: dict[str, str],
) -> None:
    assert ends_in(read(**changes), STANDARD) == (REST, State("blink_closed"))


def test_where_nothing_is_known_nothing_is_said() -> None:
    assert ends_in(read(path_id="sneezing", expr_end="sneeze"), STANDARD) is None


@pytest.mark.parametrize(
    ("source", "where"),
    [
        ("nonsense", "document"),
        ("null", "document"),
        (SEEDS | {"path_id": 7}, "path_id"),
        (SEEDS | {"pose": None}, "pose"),
        (SEEDS | {"frames": {}}, "frames"),
        (SEEDS | {"frames": ["000.png"]}, "frames[0]"),
        (SEEDS | {"frames": [{"t": 1.5, "file": "a"}]}, "frames[0].t"),
        (SEEDS | {"frames": [{"t": True, "file": "a"}]}, "frames[0].t"),
        (SEEDS | {"frames": [{"t": "0", "file": "a"}]}, "frames[0].t"),
        (SEEDS | {"frames": [{"t": float("nan"), "file": "a"}]}, "frames[0].t"),
        (SEEDS | {"frames": [{"t": 0}]}, "frames[0].file"),
    ],
)
def test_a_manifest_that_cannot_be_used_is_refused_with_its_place(source: Any, where: str) -> None:
    text = source if isinstance(source, str) else json.dumps(source)

    with pytest.raises(CharacterInvalid) as refused:
        manifest_from_json(text)

    assert refused.value.details == {"reason": "manifest", "where": where}
