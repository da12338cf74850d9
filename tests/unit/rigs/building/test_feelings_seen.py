"""Feelings are seen in the eyes and brows alone, which lie over the mouths of speech."""

from fractions import Fraction

import numpy as np
import pytest
from building_stage import ROBIN

from talkies.core.direction.expressions import expression_clips
from talkies.core.direction.feelings import FULL, WORD, FaceChange
from talkies.core.rig.graph import RigGraph
from talkies.core.rig.model import REST, Rig, State
from talkies.core.rig.standard import BUILT
from talkies.core.timing import TimeRange
from talkies.face.finding import topology
from talkies.rigs.building.building import read_drawing
from talkies.rigs.building.figure import Figure
from talkies.rigs.building.options import BuildOptions
from talkies.rigs.building.plan import Mix, plan
from talkies.rigs.building.warping import Warper

#: A head as large as it is in a small player.
SIZE = (256, 384)
#: Pixels around the brows and eyes; levels by which a pixel is seen to change.
MARGIN, SEEN = 6, 32
#: Of those around the eyes, the share that a feeling changes.
LEAST = 0.13


class Eyes:
    """The sample drawing, of which only brows and eyes are looked at."""

    def __init__(self) -> None:
        drawing = read_drawing(ROBIN, BuildOptions(size=SIZE))
        points = drawing.points[:, :2] / drawing.scale
        rings = (
            *(topology.LEFT_BROW_LOWER, topology.LEFT_EYE_LOWER),
            *(topology.RIGHT_BROW_LOWER, topology.RIGHT_EYE_LOWER),
        )
        around = np.concatenate([points[list(ring)] for ring in rings])
        self._low = (around.min(0) - MARGIN).astype(int)
        self._high = (around.max(0) + MARGIN).astype(int)
        self._warper = Warper(Figure(drawing, None), BUILT)
        wanted = plan(BUILT)
        self._mixes = {path: mix for mix, paths in wanted.drawings.items() for path in paths}
        self._rig = Rig(
            config=BUILT,
            width=SIZE[0],
            height=SIZE[1],
            endpoints=wanted.endpoints,
            sequences=wanted.sequences,
        )

    def changed(self, expression: str, strength: float) -> float:
        """The share of pixels that change in the drawing of an expression of this strength."""
        graph = RigGraph(self._rig)
        node = graph.node(State(expression), strength)
        assert node is not None
        there = self._mixes[graph.nodes[node].drawing]
        away = np.abs(self._seen(there) - self._seen(Mix(REST, REST))).max(-1)
        return float((away > SEEN).mean())

    def _seen(self, mix: Mix) -> np.ndarray:
        (x, y), (right, bottom) = self._low, self._high
        return self._warper.draw(mix)[y:bottom, x:right, :3].astype(int)


@pytest.fixture(scope="module")
def eyes() -> Eyes:
    return Eyes()


@pytest.mark.parametrize("feeling", ["happy_soft", "happy_big", "surprised_ah", "concerned"])
def test_a_feeling_of_one_clear_word_is_seen(eyes: Eyes, feeling: str) -> None:
    felt = FaceChange(time=1.0, expression=feeling, strength=WORD / FULL)
    (clip,) = expression_clips([felt], [TimeRange(0, 100)], BUILT, fps=Fraction(25), frames=100)
    assert eyes.changed(feeling, clip.strength) > LEAST


def test_speech_alone_leaves_them_still(eyes: Eyes) -> None:
    assert eyes.changed("speaking_ah", 0.5) < 0.01
