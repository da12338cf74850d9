"""Where eyes and brows are, and that they are laid over a mouth that speaks."""

import numpy as np
import pytest
from rig_made_up import FIVE, rig_of
from small_character import picture, small_character

from talkies.core.rig.model import BLINK, State
from talkies.core.rig.playback import Cel
from talkies.core.rig.standard import BUILT
from talkies.media.yuv import Planes
from talkies.rigs.pack.opening import open_pack
from talkies.rigs.pack.overlays import OverlayMask, Seen, overlay_drawings, overlay_mask
from talkies.rigs.pack.pack import Pack

SIZE = (192, 288)
FEELING = State("concerned")
SHUT = State(BLINK)
MOUTH = "endpoints/speaking_ah__center.png"
SMILE = "endpoints/happy_soft__center.png"
CLOSED = "endpoints/blink_closed__center.png"
#: Rows of the face's parts, as shares of the height.
BROWS, EYES, LIPS = 0.30, 0.37, 0.56


def drawn(*, mouth: float = 0.02, eyes: float = 1.0, brows: float = 0.0, noise: int = 0) -> Planes:
    rgba = picture((mouth, 0.3, eyes, brows), 0.0, SIZE)
    y = np.asarray(rgba[..., :3].mean(axis=2), np.uint8)
    if noise:
        more = np.random.default_rng(1).integers(0, noise, y.shape)
        y = np.asarray(np.minimum(y + more, 255), np.uint8)
    half = np.full((SIZE[1] // 2, SIZE[0] // 2), 128, np.uint8)
    return Planes(y, half, half.copy(), np.asarray(rgba[..., 3], np.uint8))


def seen(shown: Planes, *others: Planes, closed: Planes | None = None) -> Seen:
    return Seen(
        rest=drawn(),
        shown=shown,
        closed=closed or drawn(eyes=0.0),
        mouths=(drawn(mouth=0.26), drawn(mouth=0.10)),
        others=others,
    )


def rows(mask: OverlayMask) -> tuple[float, float]:
    """From where to where it shows more than half, as shares of the height."""
    found = np.flatnonzero((mask.luma > 127).any(axis=1)) + mask.box.y0
    return found[0] / SIZE[1], found[-1] / SIZE[1]


def test_a_feelings_mask_has_its_eyes_and_brows_and_not_its_mouth() -> None:
    mask = overlay_mask(FEELING, seen(drawn(mouth=0.12, eyes=0.7, brows=0.05)))

    assert mask is not None
    above, below = rows(mask)
    assert above < BROWS < EYES < below < LIPS - 0.08
    assert (mask.box.x0 % 2, mask.box.y0 % 2, mask.box.x1 % 2, mask.box.y1 % 2) == (0, 0, 0, 0)
    assert mask.luma.shape == (mask.box.height, mask.box.width)
    assert mask.chroma.shape == (mask.box.height // 2, mask.box.width // 2)
    # It ends softly.
    assert ((mask.luma > 10) & (mask.luma < 245)).any()


def test_lids_have_no_brows() -> None:
    mask = overlay_mask(SHUT, seen(drawn(eyes=0.0)))

    assert mask is not None
    assert rows(mask)[0] > BROWS


def test_a_mask_covers_the_brows_of_what_it_is_laid_over() -> None:
    squint = drawn(eyes=0.7)
    alone, both = (
        overlay_mask(FEELING, seen(squint, *others)) for others in ((), (drawn(brows=0.05),))
    )

    assert alone is not None
    assert both is not None
    assert rows(both)[0] < rows(alone)[0]


@pytest.mark.parametrize(
    ("what", "pictures"),
    [
        ("painted anew", seen(drawn(eyes=0.7, noise=60))),
        ("a mouth alone", seen(drawn(mouth=0.2))),
        ("nothing", seen(drawn())),
        ("eyes that do not close", seen(drawn(brows=0.05), closed=drawn())),
        ("another head when eyes close", seen(drawn(brows=0.05), closed=drawn(noise=60))),
    ],
)
def test_there_is_none_where_more_or_less_has_changed(what: str, pictures: Seen) -> None:
    assert overlay_mask(FEELING, pictures) is None, what


def test_each_feeling_has_the_drawings_on_the_way_to_it() -> None:
    found = {each.state: each for each in overlay_drawings(rig_of(BUILT, FIVE))}
    feelings = {"happy_soft", "happy_big", "surprised_ah", "concerned", "oh_round", BLINK}

    assert set(found) == {State(name, pose) for name in feelings for pose in BUILT.poses}
    big, soft, shut = (found[State(name)] for name in ("happy_big", "happy_soft", BLINK))
    assert "sequences/happy_soft_to_happy_big__center/050.png" in big.fitting
    assert "sequences/neutral_to_happy_soft__center/050.png" in soft.fitting
    assert not set(big.fitting) & set(soft.fitting)
    assert "endpoints/happy_big__center.png" in soft.others
    assert "endpoints/oh_round__center.png" in soft.others
    assert shut.others == ()
    fitting = [name for each in found.values() for name in each.fitting]
    assert len(fitting) == len(set(fitting))


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    folder = tmp_path_factory.mktemp("characters") / "sketch"
    return open_pack(small_character(folder, size=SIZE), workers=1)


def test_a_speaking_mouth_gets_the_eyes_of_a_smile(pack: Pack) -> None:
    shown = pack.read_cel(Cel(MOUTH, upper=SMILE))
    box = pack.overlay_box(SMILE)

    assert box is not None
    assert {state.expression for state in pack.overlays} == {"happy_soft", "oh_round", BLINK}
    eyes = np.s_[round(EYES * SIZE[1]) - 1 : round(EYES * SIZE[1]) + 2, 60:75]
    assert np.array_equal(shown.y[eyes], pack.read(SMILE).y[eyes])
    outside = np.ones_like(shown.y, bool)
    outside[box.slices] = False
    assert np.array_equal(shown.y[outside], pack.read(MOUTH).y[outside])
    assert not np.array_equal(shown.y, pack.read(MOUTH).y)


def test_lids_lie_over_the_feeling(pack: Pack) -> None:
    shown = pack.read_cel(Cel(MOUTH, lids=CLOSED, upper=SMILE))
    lids = np.s_[round(EYES * SIZE[1]) - 1 : round(EYES * SIZE[1]) + 2, 60:75]

    assert np.array_equal(shown.y[lids], pack.read(CLOSED).y[lids])


def test_what_does_not_fit_is_not_laid_over(pack: Pack) -> None:
    other = "endpoints/speaking_uw__center.png"

    assert pack.overlay_box(other) is None
    assert np.array_equal(pack.read_cel(Cel(MOUTH, upper=other)).y, pack.read(MOUTH).y)
