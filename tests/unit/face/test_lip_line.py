from collections.abc import Callable

import numpy as np
import pytest
from puppet_stage import Stage, drawn, tilted

from talkies.face.axes import FaceAxes
from talkies.face.puppet.lip_line import trace_lip_line
from talkies.face.puppet.lips import lip_rest
from talkies.media.yuv import to_planes

AXES = FaceAxes(
    origin=np.array([100.0, 80.0]),
    along=np.array([1.0, 0.0]),
    down=np.array([0.0, 1.0]),
    unit=150.0,
)
ACROSS = np.linspace(-0.25, 0.25, 17)


def picture(offset: float) -> np.ndarray:
    """Lips with a dark line at v = offset."""
    y = np.arange(160)[:, None] + np.zeros(200)
    line = 80 + offset * 150
    return (150 - 90 * np.exp(-(((y - line) / 2.5) ** 2))).astype(np.uint8)


@pytest.mark.parametrize("offset", [-0.02, 0.0, 0.025])
def test_the_line_is_found_off_the_landmarks(offset: float) -> None:
    traced = trace_lip_line(picture(offset), AXES, ACROSS, np.zeros(17))
    assert traced[4:-4] == pytest.approx(np.full(9, offset), abs=0.006)
    assert traced[[0, -1]] == pytest.approx([0, 0], abs=1e-6)


def test_without_contrast_the_landmarks_line_stays() -> None:
    flat = np.full((160, 200), 120, np.uint8)
    assert trace_lip_line(flat, AXES, ACROSS, np.zeros(17)) == pytest.approx(np.zeros(17), abs=3e-3)


@pytest.mark.parametrize("stage", [drawn, tilted])
def test_the_line_of_a_portrait_is_darker_than_the_landmarks_line(
    stage: Callable[[], Stage],
) -> None:
    scene = stage()
    luma = to_planes(scene.pixels).y

    def darkness(line: np.ndarray) -> float:
        places = scene.axes.to_picture(np.stack([rest.across, line], -1))[4:-4]
        x, y = np.round(places).astype(int).T
        return luma[y, x].mean()

    rest = lip_rest(scene.face_points, closed=True)
    traced = trace_lip_line(luma, scene.axes, rest.across, rest.seam)
    assert darkness(traced) <= darkness(rest.seam) + 2
