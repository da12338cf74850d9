"""All of a character at a glance."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from talkies.core.rig.config_json import EXPRESSIONS_MAX
from talkies.core.rig.model import CENTER, NEUTRAL, REST, State
from talkies.media.pictures import Picture, load_own_picture
from talkies.rigs.building.contact_sheet import write_contact_sheet
from talkies.rigs.character import Character


def shown(character: Character, tmp_path: Path, picture: Picture | None = None) -> np.ndarray:
    path = tmp_path / "sheet.jpg"
    write_contact_sheet(character, path, None if picture is None else lambda _: picture)
    return load_own_picture(path).pixels


def test_a_row_for_each_pose_and_a_column_for_each_expression(
    robin: Character, tmp_path: Path
) -> None:
    sheet = shown(robin, tmp_path)
    rows, columns = len(robin.rig.config.poses), len(robin.rig.config.expressions)
    assert sheet.shape[0] % rows == 0
    assert sheet.shape[1] % columns == 0
    assert 0.4 < (sheet.shape[1] / columns) / (sheet.shape[0] / rows) < 1


def test_what_is_missing_stays_empty(robin: Character, tmp_path: Path) -> None:
    there = {State(NEUTRAL): robin.rig.endpoints[State(NEUTRAL)]}
    sheet = shown(replace(robin, rig=replace(robin.rig, endpoints=there)), tmp_path)
    half = sheet[:, sheet.shape[1] // 2 :].astype(int)
    assert np.ptp(half[len(half) * 3 // 5 : len(half) * 4 // 5], axis=(0, 1)).max() < 30


@pytest.mark.parametrize("alpha", [None, 0, 255])
def test_pictures_come_from_whoever_can_read_them(
    robin: Character, tmp_path: Path, alpha: int | None
) -> None:
    size = (robin.rig.height, robin.rig.width)
    cover = None if alpha is None else np.full(size, alpha, np.uint8)
    picture = Picture(pixels=np.full((*size, 3), (200, 30, 30), np.uint8), alpha=cover)
    sheet = shown(robin, tmp_path, picture).astype(int)
    red = ((sheet[..., 0] - sheet[..., 1]) > 100).mean()
    assert (red > 0.5) == (alpha != 0)


def test_a_character_without_a_drawing_at_rest_is_shown_whole(
    robin: Character, tmp_path: Path
) -> None:
    others = {s: path for s, path in robin.rig.endpoints.items() if s != REST}
    sheet = shown(replace(robin, rig=replace(robin.rig, endpoints=others)), tmp_path)
    assert sheet.size > 0


def test_very_many_expressions_still_fit_on_a_sheet(robin: Character, tmp_path: Path) -> None:
    calm = robin.rig.config.expressions[NEUTRAL]
    many = {NEUTRAL: calm, **{f"e{number}": calm for number in range(EXPRESSIONS_MAX - 1)}}
    config = replace(robin.rig.config, expressions=many, poses=(CENTER,))
    sheet = shown(replace(robin, rig=replace(robin.rig, config=config)), tmp_path)
    assert max(sheet.shape) <= 12_000
    assert sheet.shape[1] > 200 * 20
