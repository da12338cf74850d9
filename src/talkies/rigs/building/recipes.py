"""What the face does in every expression and pose: the tables that a character is drawn from."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Final, TypeVar

from talkies.core.rig.model import CENTER, RigConfig
from talkies.errors import CharacterInvalid
from talkies.face.puppet.head import HeadPose
from talkies.face.puppet.looks import Look
from talkies.face.puppet.mouth_shape import MouthShape
from talkies.face.puppet.puppet import Pose

Part = TypeVar("Part", MouthShape, HeadPose, Look)
Value = TypeVar("Value")

#: Counts changes of these tables: drawings of another edition are made anew.
EDITION: Final = 2

#: Share of the way to pressed lips on which an open mouth closes; on the rest the lips press.
_CLOSED_BY: Final = 0.8


#: Share of a turn of the head that speeds up and slows down as muscles do; the rest is even, for a
#: head that turns from one side to the other goes on through its middle.
_EASED: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What a face does in one drawing, apart from where the head is."""

    mouth: MouthShape = field(default_factory=MouthShape)
    #: How far the lids are closed, 0 to 1.
    blink: float = 0.0
    look: Look = field(default_factory=Look)

    def posed(self, head: HeadPose) -> Pose:
        """The recipe with the head in a pose."""
        return Pose(mouth=self.mouth, head=head, blink=self.blink, look=self.look)


@dataclass(frozen=True, slots=True, kw_only=True)
class Eyes:
    """One value of the axis of eyes."""

    blink: float = 0.0
    wide: float = 0.0
    squint: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Brows:
    """One value of the axis of brows."""

    raised: float = 0.0
    furrowed: float = 0.0
    worried: float = 0.0


#: Lengths in D, as `MouthShape`; sizes follow what speech itself does (`core.mouth.targets`).
MOUTHS: Final[Mapping[str, MouthShape]] = MappingProxyType(
    {
        "neutral": MouthShape(),
        "smile_soft": MouthShape(smile=0.7),
        "smile_big": MouthShape(opening=0.085, width=0.10, smile=1.0),
        "ah": MouthShape(opening=0.15, width=0.0),
        "ee": MouthShape(opening=0.055, width=0.12),
        "uw": MouthShape(opening=0.03, width=-0.26, pucker=1.0),
        "oh": MouthShape(opening=0.085, width=-0.18, pucker=0.65),
        "frown": MouthShape(smile=-0.8, press=0.15),
        "closed": MouthShape(press=0.8),
        "teeth": MouthShape(opening=0.022, width=0.03, tuck=1.0),
    }
)
EYES: Final[Mapping[str, Eyes]] = MappingProxyType(
    {
        "neutral": Eyes(),
        "wide": Eyes(wide=1.0),
        "squint": Eyes(blink=0.12, squint=0.75),
        "blink_closed": Eyes(blink=1.0),
    }
)
BROWS: Final[Mapping[str, Brows]] = MappingProxyType(
    {
        "neutral": Brows(),
        "raise": Brows(raised=0.85),
        "furrow": Brows(furrowed=0.9),
    }
)

#: Expressions that are more than their axes say. Their eyes and brows alone have to tell them, for
#: those are laid over the mouths of speech, and at the strengths that direction gives them, of half
#: and more. Beyond these numbers lids of photographs fold.
EXPRESSIONS: Final[Mapping[str, Recipe]] = MappingProxyType(
    {
        "happy_soft": Recipe(
            mouth=replace(MOUTHS["smile_soft"], width=0.02, smile=0.9),
            blink=0.08,
            look=Look(squint=0.65, cheeks=0.9, raised=0.25),
        ),
        "happy_big": Recipe(
            mouth=MOUTHS["smile_big"],
            blink=0.12,
            look=Look(squint=0.80, cheeks=1.0, raised=0.4),
        ),
        "surprised_ah": Recipe(
            mouth=MouthShape(opening=0.17, width=-0.08, pucker=0.15),
            look=Look(wide=1.15, raised=1.1),
        ),
        "oh_round": Recipe(mouth=MOUTHS["oh"], look=Look(raised=0.12)),
        "concerned": Recipe(
            mouth=MOUTHS["frown"], blink=0.06, look=Look(furrowed=0.45, worried=1.0, squint=0.25)
        ),
    }
)

#: How the head is held. Left and right are the viewer's.
POSES: Final[Mapping[str, HeadPose]] = MappingProxyType(
    {
        CENTER: HeadPose(),
        "tilt_left_small": HeadPose(roll=-0.105),
        "tilt_right_small": HeadPose(roll=0.105),
        "nod_down_small": HeadPose(pitch=0.115),
        "nod_up_small": HeadPose(pitch=-0.105),
        "turn_left_small": HeadPose(yaw=-0.10),
        "turn_right_small": HeadPose(yaw=0.10),
    }
)


def recipe_of(expression: str, config: RigConfig) -> Recipe:
    """The recipe of an expression: its own, or what its axes say.

    Raises:
        CharacterInvalid: an axis says something that no recipe is known for.
    """
    if expression in EXPRESSIONS:
        return EXPRESSIONS[expression]
    axes = config.expressions[expression]
    eyes = _known(EYES, axes.eyes, expression, "eyes")
    brows = _known(BROWS, axes.brows, expression, "brows")
    return Recipe(
        mouth=_known(MOUTHS, axes.mouth, expression, "mouth"),
        blink=eyes.blink,
        look=Look(
            wide=eyes.wide,
            squint=eyes.squint,
            raised=brows.raised,
            furrowed=brows.furrowed,
            worried=brows.worried,
        ),
    )


def head_of(pose: str) -> HeadPose:
    """How the head is held in a pose. Raises `CharacterInvalid` for one that is not known."""
    if pose not in POSES:
        raise _unknown("pose", pose, POSES)
    return POSES[pose]


def between(start: Recipe, end: Recipe, t: float) -> Recipe:
    """The recipe at `t` (0 to 1) on the way from one to another.

    Everything goes straight, but for lips that close: they meet first, and press then.
    """
    mouth = _mixed(start.mouth, end.mouth, t)
    press = _late(start.mouth.press, end.mouth.press, t)
    tuck = _late(start.mouth.tuck, end.mouth.tuck, t)
    opening = _opening(start.mouth, end.mouth, t)
    return Recipe(
        mouth=replace(mouth, opening=opening, press=press, tuck=tuck),
        blink=_line(start.blink, end.blink, t),
        look=_mixed(start.look, end.look, t),
    )


def head_between(start: HeadPose, end: HeadPose, t: float) -> HeadPose:
    """The head at `t` (0 to 1) on the way from one pose to another: it eases in and out.

    Drawings are spaced so, and not frames: every frame of a turn still has a drawing of its own.
    """
    smooth = t * t * (3 - 2 * t)
    return _mixed(start, end, t + _EASED * (smooth - t))


def _opening(start: MouthShape, end: MouthShape, t: float) -> float:
    """Of mouths of which one is shut by pressing, the opening; else a straight line."""
    if end.press > start.press and end.opening < start.opening:
        return _line(start.opening, end.opening, min(1.0, t / _CLOSED_BY))
    if start.press > end.press and start.opening < end.opening:
        return _line(end.opening, start.opening, min(1.0, (1 - t) / _CLOSED_BY))
    return _line(start.opening, end.opening, t)


def _late(start: float, end: float, t: float) -> float:
    """Like a line, but nearer to the lesser of both ends."""
    return start + (end - start) * t**2 if end > start else end + (start - end) * (1 - t) ** 2


def _line(start: float, end: float, t: float) -> float:
    """Exact at both ends."""
    return start * (1 - t) + end * t


def _mixed(start: Part, end: Part, t: float) -> Part:
    values = {f.name: _line(getattr(start, f.name), getattr(end, f.name), t) for f in fields(start)}
    return type(start)(**values)


def _known(table: Mapping[str, Value], name: str, expression: str, axis: str) -> Value:
    if name not in table:
        raise _unknown(f"{axis} of {expression}", name, table)
    return table[name]


def _unknown(what: str, name: str, table: Mapping[str, object]) -> CharacterInvalid:
    return CharacterInvalid(
        f"Nobody knows how to draw '{name}' ({what}).",
        hint=f"Known are {', '.join(table)}.",
        details={"reason": "recipe", "name": name},
    )
