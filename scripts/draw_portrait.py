"""Draw the sample portrait: an original illustration, made from formulas alone.

    python scripts/draw_portrait.py examples/portrait.png tests/fixtures/portrait.png

The head is a height field (a rounded mask with Gaussian features) lit from the upper left and
coloured by a skin ramp; eyes, brows, lips, hair and clothes are splines painted over it. Positions
are in the units of a 1000 x 1250 canvas and follow the usual proportions of a human face: eyes at
half the head's height, five eye widths across, mouth a third of the way from nose to chin.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]
Points = Sequence[tuple[float, float]]

CANVAS = (1000, 1250)  # units, width and height
SCALE = 2.0  # pixels per unit while drawing
OUTPUT = (1024, 1280)  # pixels
SEED = 7

SKIN_RAMP = np.array(  # RGB from shadow to light, at light 0, .35, .6, .8, 1
    [[104, 56, 46], [176, 110, 86], [221, 160, 129], [240, 190, 160], [253, 222, 199]], np.float32
)
RAMP_STOPS = np.array([0.0, 0.35, 0.6, 0.8, 1.0], np.float32)
LIGHT = np.array([-0.42, -0.55, 0.72], np.float32)  # towards the upper left and the viewer

FACE: Points = [
    (500, 262), (592, 284), (656, 350), (686, 440), (691, 540), (678, 640), (642, 728),
    (578, 792), (528, 815), (500, 818), (472, 815), (422, 792), (358, 728), (322, 640),
    (309, 540), (314, 440), (344, 350), (408, 284),
]  # fmt: skip
NECK: Points = [
    (398, 690), (402, 800), (398, 872), (352, 925), (270, 962), (300, 1120), (500, 1180),
    (700, 1120), (730, 962), (648, 925), (602, 872), (598, 800), (602, 690),
]  # fmt: skip
SWEATER: Points = [
    (-60, 1330), (-30, 1130), (70, 1030), (190, 975), (330, 922), (368, 968), (430, 1018),
    (500, 1034), (570, 1018), (632, 968), (670, 922), (810, 975), (930, 1030), (1030, 1130),
    (1060, 1330),
]  # fmt: skip
HAIR_BACK: Points = [
    (330, 500), (500, 330), (670, 500), (766, 560), (772, 680), (752, 780), (706, 838), (640, 850),
    (566, 800), (434, 800), (360, 850), (294, 838), (248, 780), (228, 680), (234, 560),
]  # fmt: skip
#: The curtain of hair on the left: its outer edge and its edge at the face, crown to tip.
CURTAIN_OUTER: Points = [
    (548, 158), (448, 160), (352, 196), (276, 276), (236, 392),
    (224, 520), (226, 640), (246, 752), (262, 812), (312, 846),
]  # fmt: skip
CURTAIN_INNER: Points = [
    (556, 274), (506, 296), (432, 326), (366, 384), (330, 462),
    (314, 552), (312, 640), (328, 720), (346, 786), (372, 842),
]  # fmt: skip
#: The same on the right, seen past the parting.
RIGHT_OUTER: Points = [
    (544, 158), (620, 172), (690, 220), (740, 304), (766, 412),
    (776, 530), (774, 644), (754, 752), (738, 812), (688, 846),
]  # fmt: skip
RIGHT_INNER: Points = [
    (548, 272), (590, 292), (632, 326), (664, 388), (682, 464),
    (688, 552), (688, 640), (672, 720), (654, 786), (628, 842),
]  # fmt: skip

#: (x, y, radius x, radius y, height): hills and hollows of the face.
RELIEF = (
    (500, 470, 30, 70, 10), (500, 560, 21, 60, 26), (500, 628, 27, 24, 34), (468, 642, 16, 13, 12),
    (532, 642, 16, 13, 12), (413, 532, 58, 36, -20), (587, 532, 58, 36, -20), (410, 462, 70, 24, 9),
    (590, 462, 70, 24, 9), (382, 612, 58, 46, 15), (618, 612, 58, 46, 15), (500, 674, 11, 20, -5),
    (500, 700, 60, 22, 13), (500, 748, 46, 10, -7), (500, 786, 44, 26, 15), (500, 390, 130, 66, 11),
    (436, 690, 14, 30, -4), (564, 690, 14, 30, -4),
)  # fmt: skip


def spline(points: Points, steps: int = 24, *, closed: bool = True) -> NDArray[np.float32]:
    """Catmull-Rom curve through the points, in units, shape (n, 2)."""
    p = np.asarray(points, np.float32)
    p = np.concatenate([p[-1:], p, p[:2]]) if closed else np.concatenate([p[:1], p, p[-1:]])
    t = np.linspace(0, 1, steps, endpoint=False, dtype=np.float32)[:, None]
    pieces = [
        0.5
        * (
            2 * b
            + (c - a) * t
            + (2 * a - 5 * b + 4 * c - d) * t**2
            + (3 * b - a - 3 * c + d) * t**3
        )
        for a, b, c, d in zip(p, p[1:], p[2:], p[3:], strict=False)
    ]
    return np.concatenate(pieces if closed else [*pieces, p[-1:]]).astype(np.float32)


class Easel:
    """A canvas of float RGB 0..255 with shapes in units."""

    def __init__(self) -> None:
        self.size = (round(CANVAS[0] * SCALE), round(CANVAS[1] * SCALE))
        self.pixels: Image = np.zeros((self.size[1], self.size[0], 3), np.float32)
        self.x, self.y = np.meshgrid(
            (np.arange(self.size[0], dtype=np.float32) + 0.5) / SCALE,
            (np.arange(self.size[1], dtype=np.float32) + 0.5) / SCALE,
        )

    def mask(self, curve: NDArray[np.float32], blur: float = 0.6) -> Image:
        filled = np.zeros(self.size[::-1], np.uint8)
        cv2.fillPoly(filled, [np.round(curve * SCALE * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
        return cv2.GaussianBlur(filled.astype(np.float32) / 255, (0, 0), max(0.3, blur * SCALE))

    def stroke(self, curve: NDArray[np.float32], width: float, blur: float = 0.5) -> Image:
        drawn = np.zeros(self.size[::-1], np.uint8)
        line = [np.round(curve * SCALE * 16).astype(np.int32)]
        cv2.polylines(drawn, line, False, 255, max(1, round(width * SCALE)), cv2.LINE_AA, 4)
        return cv2.GaussianBlur(drawn.astype(np.float32) / 255, (0, 0), max(0.3, blur * SCALE))

    def bump(self, x: float, y: float, rx: float, ry: float) -> Image:
        return np.exp(-(((self.x - x) / rx) ** 2) - ((self.y - y) / ry) ** 2)

    def paint(self, colour: Sequence[float] | Image, mask: Image, opacity: float = 1.0) -> None:
        alpha = (mask * opacity)[..., None]
        self.pixels = self.pixels * (1 - alpha) + np.asarray(colour, np.float32) * alpha

    def shade(self, mask: Image, factor: float) -> None:
        """Darken (factor < 1) or lighten (> 1) under the mask."""
        self.pixels *= 1 + (factor - 1) * mask[..., None]


def mirror(points: Points) -> list[tuple[float, float]]:
    return [(1000 - x, y) for x, y in points]


def both(points: Points) -> list[Points]:
    return [points, mirror(points)]


def relief(easel: Easel) -> Image:
    """Height of the face in units: a rounded mask plus its features."""
    mask = (easel.mask(spline(FACE), 0.1) > 0.5).astype(np.uint8)
    inside = cv2.distanceTransform(mask, cv2.DIST_L2, 5) / SCALE
    rim = np.clip(1 - inside / 185, 0, 1)
    height = 150 * np.sqrt(np.clip(1 - rim**2, 0, 1))
    height = cv2.GaussianBlur(height, (0, 0), 7 * SCALE)
    for x, y, rx, ry, rise in RELIEF:
        height += rise * easel.bump(x, y, rx, ry)
    return cv2.GaussianBlur(height, (0, 0), 2.2 * SCALE)


def lit(height: Image) -> Image:
    """Light 0..1 on a height field, wrapped softly around the terminator."""
    dx, dy = np.gradient(height, axis=1) * SCALE, np.gradient(height, axis=0) * SCALE
    normal = np.stack([-dx, -dy, np.full_like(dx, 1.25)], -1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    light = normal @ (LIGHT / np.linalg.norm(LIGHT))
    return np.clip((light + 0.38) / 1.38, 0, 1).astype(np.float32)


def skin(light: Image) -> Image:
    channels = [np.interp(light, RAMP_STOPS, SKIN_RAMP[:, c]) for c in range(3)]
    return np.stack(channels, -1).astype(np.float32)


def paint_backdrop(easel: Easel) -> None:
    glow = easel.bump(430, 420, 620, 640)[..., None]
    base = np.array([58, 88, 104], np.float32) * (1 - glow) + np.array([158, 186, 186]) * glow
    grain = np.random.default_rng(SEED).normal(0, 1, easel.pixels.shape[:2]).astype(np.float32)
    cloud = cv2.GaussianBlur(grain, (0, 0), 60 * SCALE)
    easel.pixels = base * (1 + 0.6 * cloud[..., None] / max(1e-6, float(np.abs(cloud).max())) * 0.1)


HAIR_TONES = np.array([[34, 20, 19], [62, 35, 27], [98, 56, 38], [136, 84, 54], [178, 122, 82]])


def strands(easel: Easel, outer: Points, inner: Points, count: int, seed: int) -> None:
    """Paint hairs between two edges; light falls across the crown and fades to the tips."""
    random = np.random.default_rng(seed)
    layers = np.zeros((len(HAIR_TONES), *easel.size[::-1]), np.uint8)
    a, b = np.asarray(outer, np.float32), np.asarray(inner, np.float32)
    for depth in np.sort(random.random(count)):
        drift = np.cumsum(random.normal(0, 1.0, len(a))).astype(np.float32)
        path = a + (b - a) * depth + np.stack([drift, drift * 0.4], -1)
        curve = spline([(float(x), float(y)) for x, y in path], 12, closed=False)
        curve = curve[: len(curve) - int(34 * random.random() ** 2)]
        tone = min(len(HAIR_TONES) - 1, int(random.gamma(1.7, 0.8)))
        line = [np.round(curve * SCALE * 16).astype(np.int32)]
        cv2.polylines(layers[tone], line, False, 255, int(random.integers(1, 4)), cv2.LINE_AA, 4)
    for tone, layer in zip(HAIR_TONES, layers, strict=True):
        soft = cv2.GaussianBlur(layer.astype(np.float32) / 255, (0, 0), 0.5 * SCALE)
        easel.paint(tone.astype(np.float32), soft, 0.5)


def paint_hair_back(easel: Easel) -> None:
    easel.paint((40, 24, 22), easel.mask(spline(HAIR_BACK), 1.4))


def paint_neck(easel: Easel) -> None:
    mask = easel.mask(spline(NECK), 1.2)
    across = np.clip((easel.x - 398) / 204, 0, 1)
    light = 0.78 - 0.34 * across + 0.10 * easel.bump(440, 900, 70, 70)
    light -= 0.06 * easel.bump(500, 960, 30, 40)
    easel.paint(skin(np.clip(light, 0, 1).astype(np.float32)), mask)
    chin = np.clip(easel.mask(spline(FACE) + np.array([16, 74], np.float32), 22), 0, 1)
    easel.shade(chin * mask, 0.58)
    for bone in ([(352, 962), (420, 976), (470, 992)], [(648, 962), (580, 976), (530, 992)]):
        easel.shade(easel.stroke(spline(bone, closed=False), 5, 5) * mask, 0.86)


def paint_sweater(easel: Easel) -> None:
    mask = easel.mask(spline(SWEATER), 1.0)
    fall = np.clip((easel.y - 900) / 400, 0, 1)[..., None]
    side = np.clip((easel.x - 150) / 800, 0, 1)[..., None]
    cloth = np.array([42, 116, 118], np.float32) * (1.12 - 0.35 * side - 0.18 * fall)
    ribs = 1 + 0.035 * np.sin(easel.x / 3.1 + 0.004 * (easel.x - 500) * (easel.y - 960))[..., None]
    easel.paint((cloth * ribs).astype(np.float32), mask)
    collar = spline(
        [(330, 926), (372, 976), (432, 1026), (500, 1042), (568, 1026), (628, 976), (670, 926)],
        closed=False,
    )
    easel.paint((30, 92, 95), easel.stroke(collar, 26, 1.2))
    easel.paint((70, 148, 148), easel.stroke(collar - np.array([0, 9], np.float32), 4, 1.6), 0.8)
    easel.shade(easel.stroke(collar + np.array([0, 22], np.float32), 12, 8) * mask, 0.72)
    for fold in ([(150, 1250), (210, 1130), (250, 1010)], [(850, 1250), (800, 1130), (760, 1010)]):
        easel.shade(easel.stroke(spline(fold, closed=False), 16, 14) * mask, 0.78)


def paint_ears(easel: Easel) -> None:
    for ear in both([(312, 520), (292, 512), (284, 545), (291, 600), (306, 638), (322, 630)]):
        curve = spline(ear)
        dark = 0.62 if ear[0][0] < 500 else 0.36
        easel.paint(skin(np.full(easel.x.shape, dark, np.float32)), easel.mask(curve, 1.5))


def paint_face(easel: Easel) -> None:
    mask = easel.mask(spline(FACE), 1.0)
    height = relief(easel)
    easel.paint(skin(lit(height)), mask)
    for x in (376, 624):  # warm cheeks
        easel.paint((226, 120, 104), easel.bump(x, 626, 52, 40) * mask, 0.24)
    easel.paint((214, 118, 98), easel.bump(500, 634, 34, 22) * mask, 0.16)
    easel.shade(easel.mask(spline([(p[0], p[1] - 470) for p in FACE]), 30) * mask, 0.8)
    for x in (413, 587):  # sockets
        easel.shade(easel.bump(x, 512, 62, 26), 0.86)
        easel.shade(easel.bump(x, 566, 46, 12), 0.95)


def paint_nose(easel: Easel) -> None:
    for nostril in both([(463, 650), (474, 644), (486, 650), (488, 656), (474, 657)]):
        easel.paint((92, 44, 38), easel.mask(spline(nostril), 1.8), 0.85)
    for wing in both([(455, 628), (447, 640), (450, 655), (462, 660)]):
        easel.paint((138, 78, 62), easel.stroke(spline(wing, closed=False), 2.4, 1.8), 0.5)
    under = spline([(462, 661), (484, 664), (500, 669), (516, 664), (538, 661)], closed=False)
    easel.paint((146, 84, 66), easel.stroke(under, 4, 3), 0.5)
    easel.paint((255, 240, 226), easel.bump(493, 618, 9, 9), 0.55)
    easel.paint((255, 232, 214), easel.bump(494, 556, 6, 46), 0.28)


UPPER_LIP: Points = [
    (427, 703), (450, 696), (476, 688), (490, 685), (500, 689), (510, 685), (524, 688), (550, 696),
    (573, 703), (548, 708), (524, 709), (500, 711), (476, 709), (452, 708),
]  # fmt: skip
LOWER_LIP: Points = [
    (429, 704), (454, 709), (478, 710), (500, 712), (522, 710), (546, 709), (571, 704),
    (552, 724), (528, 736), (500, 740), (472, 736), (448, 724),
]  # fmt: skip


def paint_mouth(easel: Easel) -> None:
    easel.paint((168, 78, 76), easel.mask(spline(UPPER_LIP), 1.0), 0.92)
    easel.paint((196, 98, 92), easel.mask(spline(LOWER_LIP), 1.0), 0.9)
    lower = easel.mask(spline(LOWER_LIP), 1.0)
    easel.paint((244, 176, 164), easel.bump(486, 721, 32, 6) * lower, 0.7)
    easel.shade(easel.bump(540, 728, 30, 12) * lower, 0.84)
    line = [(426, 702), (452, 708), (478, 709), (500, 711.5), (522, 709), (548, 708), (574, 702)]
    easel.paint((98, 36, 38), easel.stroke(spline(line, closed=False), 2.0, 0.9), 0.9)
    for corner in both([(419, 697), (426, 702), (434, 706)]):
        easel.paint((120, 58, 50), easel.stroke(spline(corner, closed=False), 3.0, 2.2), 0.6)


EYE: Points = [
    (374, 536), (384, 525), (400, 516), (416, 514), (432, 519), (444, 530), (453, 541),
    (440, 547), (420, 551), (400, 549), (384, 543),
]  # fmt: skip
UPPER_LID: Points = [
    (368, 540), (376, 531), (386, 522), (400, 515), (416, 513), (432, 518), (444, 529), (454, 542),
]  # fmt: skip


def paint_eye(easel: Easel, flip: Callable[[Points], Points], glint: float) -> None:
    white = easel.mask(spline(flip(EYE)), 0.7)
    centre = flip([(414, 531)])[0]
    easel.paint((238, 232, 226), white)
    easel.shade(easel.bump(centre[0], 512, 60, 14) * white, 0.62)
    radius = np.hypot(easel.x - centre[0], easel.y - centre[1])
    angle = np.arctan2(easel.y - centre[1], easel.x - centre[0])
    fibres = 1 + 0.10 * np.sin(23 * angle) + 0.06 * np.sin(41 * angle + 1)
    iris = (
        np.array([88, 122, 96], np.float32)
        * (0.62 + 0.5 * np.clip(radius / 19, 0, 1) * fibres)[..., None]
    )
    edge = np.clip((19.5 - radius) / 1.6, 0, 1)
    easel.paint(iris.astype(np.float32), edge * white)
    easel.paint((30, 42, 36), np.clip(1 - np.abs(radius - 18.6) / 1.8, 0, 1) * white, 0.7)
    easel.paint((12, 12, 14), np.clip((8.4 - radius) / 1.2, 0, 1) * white)
    easel.shade(easel.bump(centre[0], 517, 44, 8) * white, 0.6)
    easel.paint((255, 255, 255), easel.bump(centre[0] + glint, 524, 3.6, 3.6) * 1.0, 0.95)
    easel.paint((232, 150, 134), easel.bump(*flip([(450, 541)])[0], 5, 4) * white, 0.7)


def paint_lids(easel: Easel, points: Callable[[Points], Points]) -> None:
    lid = spline(points(UPPER_LID), closed=False)
    easel.paint((52, 28, 26), easel.stroke(lid, 4.4, 0.8), 0.95)
    crease = spline(
        points([(374, 520), (392, 506), (414, 502), (436, 508), (452, 526)]), closed=False
    )
    easel.paint((150, 90, 72), easel.stroke(crease, 2.6, 1.6), 0.6)
    below = spline(points([(378, 543), (400, 551), (420, 553), (440, 549)]), closed=False)
    easel.paint((150, 92, 78), easel.stroke(below, 1.8, 1.0), 0.55)
    wing = spline(points([(384, 526), (374, 531), (365, 531)]), closed=False)
    easel.paint((44, 24, 22), easel.stroke(wing, 2.6, 0.9), 0.8)
    random = np.random.default_rng(SEED)
    for share in np.linspace(0.03, 0.55, 16):
        root = lid[int(share * (len(lid) - 1))]
        side = -1.0 if root[0] < 500 else 1.0
        reach = np.array([side * (6.5 - 8 * share), -5.5 + 2.5 * share], np.float32)
        tip = root + reach * np.float32(0.8 + 0.4 * random.random())
        easel.paint((40, 22, 20), easel.stroke(np.stack([root, tip]), 0.8, 0.5), 0.5)


def paint_brow(easel: Easel, points: Callable[[Points], Points], seed: int) -> None:
    random = np.random.default_rng(seed)
    brow = easel.mask(
        spline(
            points(
                [
                    (356, 487),
                    (380, 468),
                    (412, 461),
                    (446, 468),
                    (460, 474),
                    (458, 484),
                    (430, 477),
                    (402, 473),
                    (376, 479),
                ]
            )
        ),
        3.0,
    )
    easel.paint((70, 42, 34), brow, 0.62)
    hairs = np.zeros(easel.size[::-1], np.uint8)
    for _ in range(150):
        share = random.random()
        x = 458 - 92 * share
        y = (
            479
            - 13 * np.sin(np.pi * min(1, share * 1.05) ** 0.8)
            + random.normal(0, 2.6) * (1 - 0.8 * share)
        )
        reach = points([(x, y), (x - 6 - 8 * share, y - 6 + 9 * share)])
        cv2.polylines(
            hairs,
            [np.round(np.asarray(reach) * SCALE * 16).astype(np.int32)],
            False,
            255,
            2,
            cv2.LINE_AA,
            4,
        )
    easel.paint((52, 30, 26), cv2.GaussianBlur(hairs.astype(np.float32) / 255, (0, 0), 0.9), 0.6)


def paint_curtain(easel: Easel, outer: Points, inner: Points, seed: int) -> None:
    edge = np.concatenate([spline(outer, closed=False), spline(inner, closed=False)[::-1]])
    easel.shade(easel.mask(edge + np.array([3, 12], np.float32), 10), 0.74)
    easel.paint((48, 28, 24), easel.mask(edge, 1.0))
    strands(easel, outer, inner, 620, seed)
    curtain = easel.mask(edge, 5)
    middle = (np.asarray(outer, np.float32) + np.asarray(inner, np.float32)) / 2
    easel.paint((226, 172, 128), easel.bump(*middle[2], 74, 40) * curtain, 0.30)
    easel.paint((206, 150, 108), easel.bump(*middle[5], 26, 110) * curtain, 0.16)
    easel.shade(easel.bump(middle[-1][0], 850, 130, 80) * curtain, 0.6)
    rim = np.abs(cv2.GaussianBlur(curtain, (0, 0), 6 * SCALE) - 0.55) < 0.2
    easel.shade(cv2.GaussianBlur(rim.astype(np.float32), (0, 0), 5 * SCALE) * curtain, 0.82)


def draw() -> NDArray[np.uint8]:
    """The finished picture, RGB."""
    easel = Easel()
    paint_backdrop(easel)
    paint_hair_back(easel)
    paint_neck(easel)
    paint_sweater(easel)
    paint_ears(easel)
    paint_face(easel)
    paint_nose(easel)
    paint_mouth(easel)
    for index, points in enumerate((list, mirror)):
        paint_eye(easel, points, glint=-6)
        paint_lids(easel, points)
        paint_brow(easel, points, SEED + 10 + index)
    paint_curtain(easel, RIGHT_OUTER, RIGHT_INNER, SEED + 2)
    paint_curtain(easel, CURTAIN_OUTER, CURTAIN_INNER, SEED + 1)
    small = cv2.resize(np.clip(easel.pixels, 0, 255), OUTPUT, interpolation=cv2.INTER_AREA)
    grain = np.random.default_rng(SEED).normal(0, 1.6, OUTPUT[::-1]).astype(np.float32)
    return np.clip(small + cv2.GaussianBlur(grain, (0, 0), 0.6)[..., None] + 0.5, 0, 255).astype(
        np.uint8
    )


def main(places: Sequence[str]) -> None:
    picture = cv2.cvtColor(draw(), cv2.COLOR_RGB2BGR)
    for place in places:
        Path(place).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(place, picture, [cv2.IMWRITE_PNG_COMPRESSION, 9])


if __name__ == "__main__":
    main(sys.argv[1:] or ["examples/portrait.png"])
