import re
from fractions import Fraction

import numpy as np
import pytest

from talkies.core.captions import Cue
from talkies.core.timing import TimeRange
from talkies.errors import FontMissing
from talkies.media.captions import CaptionPainter
from talkies.media.fontbook import FontBook
from talkies.media.yuv import Planes, to_planes

TEXT = "It is a truth universally\nacknowledged"


def grey(width: int = 640, height: int = 360, *, clear: bool = False) -> Planes:
    alpha = np.zeros((height, width), np.uint8) if clear else None
    return to_planes(np.full((height, width, 3), 110, np.uint8), alpha)


def cue(start: float, end: float, text: str = TEXT) -> Cue:
    return Cue(span=TimeRange(round(start * 16_000), round(end * 16_000)), text=text)


def painter(*cues: Cue, width: int = 640, height: int = 360) -> CaptionPainter:
    return CaptionPainter(cues, width, height, Fraction(25), fonts=FontBook(folders=(), modules=()))


def painted(text: str, width: int = 640, height: int = 360) -> Planes:
    planes = grey(width, height)
    painter(cue(0, 1, text), width=width, height=height).paint(planes, 0)
    return planes


def test_captions_are_shown_from_their_first_to_their_last_frame() -> None:
    paint = painter(cue(0.4, 0.8), cue(0.8, 1.2, "Another"), cue(2, 3, "Third")).paint
    plain = grey().y
    shown = []
    for frame in range(80):
        planes = grey()
        paint(planes, frame)
        shown.append(not np.array_equal(planes.y, plain))
    assert [n for n, is_shown in enumerate(shown) if is_shown] == [*range(10, 30), *range(50, 75)]


def test_letters_are_white_with_a_dark_outline_and_without_colour() -> None:
    planes = painted(TEXT)
    assert planes.y.max() == 235
    assert planes.y.min() < 35
    assert np.abs(planes.u.astype(int) - 128).max() <= 1
    assert np.abs(planes.v.astype(int) - 128).max() <= 1


def test_white_letters_stand_where_the_chroma_is_neutral() -> None:
    planes = to_planes(np.full((360, 640, 3), (220, 30, 30), np.uint8))
    painter(cue(0, 1)).paint(planes, 0)
    white = planes.y[::2, ::2] > 230
    inner = white & (planes.y[1::2, 1::2] > 230)
    assert inner.any()
    assert np.abs(planes.v[inner].astype(int) - 128).max() < 60
    assert planes.v[0, 0] > 200


@pytest.mark.parametrize(("width", "height"), [(640, 360), (360, 640), (512, 512), (64, 64)])
def test_captions_keep_to_the_lower_part_and_inside_the_margins(width: int, height: int) -> None:
    rows, columns = np.nonzero(painted(TEXT, width, height).y != grey(width, height).y)
    assert columns.min() >= width * 0.04
    assert columns.max() < width * 0.96
    assert abs((columns.min() + columns.max()) / 2 - width / 2) < width * 0.02 + 2
    if width > 64:
        assert rows.min() > height * 0.6
        assert rows.max() < height * 0.97


def test_the_place_and_look_depend_on_nothing_before() -> None:
    both = painter(cue(0, 1), cue(1, 2, "Another"))
    first, again = grey(), grey()
    both.paint(first, 3)
    both.paint(grey(), 30)
    both.paint(again, 20)
    assert np.array_equal(first.y, again.y)


def test_on_a_clear_frame_the_caption_is_opaque() -> None:
    planes = grey(clear=True)
    painter(cue(0, 1)).paint(planes, 0)
    assert planes.alpha is not None
    assert planes.alpha.max() == 255
    assert planes.alpha[0].max() == 0
    assert (planes.alpha[planes.y == 235] == 255).all()


@pytest.mark.parametrize(
    "text",
    ["Grüße, façon, Łódź, Việt", "Привет, мир", "Καλημέρα", "مرحبا بالعالم", "नमस्ते दुनिया"],
)
def test_five_scripts_need_no_installed_font(text: str) -> None:
    assert painted(text).y.max() == 235


def test_arabic_is_joined_and_runs_from_right_to_left() -> None:
    """An alif at the start of a text stands at its right end, and letters connect."""
    joined, parted = (painted(text).y == 235 for text in ("ببببب", "ب ب ب ب ب"))
    assert np.count_nonzero(joined.any(0)) < np.count_nonzero(parted.any(0))
    columns = np.nonzero(painted("ا ....").y.max(0) == 235)[0]
    tall = (painted("ا ....").y == 235).sum(0)
    assert tall.argmax() > columns.mean()


def test_emoji_are_left_out() -> None:
    assert np.array_equal(painted("Hello 😀 there").y, painted("Hello there").y)
    assert np.array_equal(painted("😀").y, grey().y)


@pytest.mark.parametrize(
    ("text", "scripts", "hint"),
    [
        ("你好", "CJK", "fonts-noto-cjk"),
        ("こんにちは", "CJK", "talkies\\[captions\\]"),
        ("สวัสดี", "Thai", "fonts-noto-core"),
        ("你好 สวัสดี", "CJK, Thai", "fonts-noto-cjk.*fonts-noto-core"),
    ],
)
def test_a_script_without_a_font_is_named_with_what_to_install(
    text: str, scripts: str, hint: str
) -> None:
    with pytest.raises(FontMissing, match=scripts) as caught:
        painter(cue(0, 1, "Fine"), cue(1, 2, text))
    assert re.search(hint, caught.value.hint)
