"""Drawings made by moving the one drawing: the artist that is built in."""

from talkies.core.rig.model import RigConfig, State
from talkies.face.puppet.puppet import Pose
from talkies.rigs.building.figure import Figure, FigurePainter, Pixels
from talkies.rigs.building.plan import Mix
from talkies.rigs.building.recipes import Recipe, between, head_between, head_of, recipe_of


class Warper:
    """Draws one figure by its recipes. One thread at a time."""

    def __init__(self, figure: Figure, config: RigConfig) -> None:
        self._painter = FigurePainter(figure)
        self._config = config

    def draw(self, mix: Mix) -> Pixels:
        return self._painter.paint(self._pose(mix))

    def cut(self, mix: Mix) -> Pixels:
        """The same, (H, W, 4) RGBA, whatever is behind the figure in its drawings."""
        return self._painter.paint(self._pose(mix), keyed=False)

    def _pose(self, mix: Mix) -> Pose:
        start, end = self._recipe(mix.start), self._recipe(mix.end)
        recipe = start if mix.start == mix.end else between(start, end, mix.t)
        head = head_between(head_of(mix.start.pose), head_of(mix.end.pose), mix.t)
        return recipe.posed(head)

    def _recipe(self, state: State) -> Recipe:
        return recipe_of(state.expression, self._config)


def require_recipes(config: RigConfig) -> None:
    """Raises `CharacterInvalid` for an expression or a pose that nobody knows how to draw."""
    for pose in config.poses:
        head_of(pose)
    for expression in config.expressions:
        recipe_of(expression, config)
