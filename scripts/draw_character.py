"""Draw the sample character: Robin, an original illustration, made from curves alone.

    python scripts/draw_character.py examples/robin.png

A child in the colours of the bird: a red breast, a slate coat, hair like ruffled feathers. Shapes
are paths in the units of a 1000 x 1500 canvas, painted flat with a few soft shades, over nothing:
the picture is transparent around the figure.
"""

import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]
Curve = NDArray[np.float64]
Colour = tuple[int, int, int]

CANVAS = (1000, 1500)  # units, width and height
SCALE = 2.048  # pixels per unit while drawing: twice the output
OUTPUT = (1024, 1536)  # pixels
SEED = 5

SKIN: Colour = (244, 198, 164)
SKIN_SHADE: Colour = (223, 158, 124)
SKIN_DEEP: Colour = (191, 116, 88)
SKIN_LIGHT: Colour = (253, 221, 192)
BLUSH: Colour = (236, 121, 100)
FRECKLE: Colour = (201, 131, 96)
LIP_UPPER: Colour = (208, 116, 100)
LIP_LOWER: Colour = (227, 141, 121)
LIP_LINE: Colour = (136, 56, 52)
HAIR: Colour = (98, 58, 44)
HAIR_DARK: Colour = (66, 38, 33)
HAIR_LIGHT: Colour = (139, 86, 58)
HAIR_GLOW: Colour = (178, 118, 76)
BROW: Colour = (84, 49, 38)
LASH: Colour = (52, 31, 30)
WHITE: Colour = (252, 249, 244)
IRIS: Colour = (96, 128, 84)
IRIS_DARK: Colour = (42, 62, 48)
IRIS_LIGHT: Colour = (158, 184, 110)
PUPIL: Colour = (24, 20, 22)
RED: Colour = (217, 79, 56)
RED_DARK: Colour = (170, 52, 44)
RED_LIGHT: Colour = (238, 118, 84)
COAT: Colour = (88, 108, 122)
COAT_DARK: Colour = (62, 78, 92)
COAT_LIGHT: Colour = (122, 143, 154)
CREAM: Colour = (246, 232, 208)
BRASS: Colour = (226, 178, 92)

FACE = (
    "M 500 372 C 612 372 694 446 706 562 C 716 664 690 736 640 790 C 600 832 548 856 500 856 "
    "C 452 856 400 832 360 790 C 310 736 284 664 294 562 C 306 446 388 372 500 372 Z"
)
EAR = "M 300 574 C 268 548 240 570 246 620 C 252 672 284 704 312 690 C 320 660 316 606 300 574 Z"
EAR_INSIDE = (
    "M 292 598 C 272 586 260 604 264 632 C 268 656 282 672 298 670 C 286 650 286 622 292 598 Z"
)
NECK = "M 424 790 L 424 930 C 424 968 576 968 576 930 L 576 790 Z"
HAIR_BACK = (
    "M 500 238 C 356 236 252 330 240 470 C 230 560 222 600 190 640 C 216 642 232 636 246 624 "
    "C 238 668 224 700 206 726 C 238 724 258 708 274 684 C 276 724 270 756 256 786 "
    "C 292 772 314 746 326 714 L 674 714 C 686 746 708 772 744 786 C 730 756 724 724 726 684 "
    "C 742 708 762 724 794 726 C 776 700 762 668 754 624 C 768 636 784 642 810 640 "
    "C 778 600 770 560 760 470 C 748 330 644 236 500 238 Z"
)
#: The mop of hair: the crown's outline with its tufts, then the fringe from right to left.
HAIR_FRONT = (
    "M 286 604 C 262 560 246 500 252 440 C 226 452 206 450 190 440 C 224 420 244 388 262 356 "
    "C 240 356 222 350 208 338 C 262 330 300 296 342 262 C 328 250 320 236 318 220 "
    "C 360 240 404 232 446 214 C 440 196 444 176 454 160 C 474 192 506 200 540 198 "
    "C 548 180 562 166 580 160 C 578 184 586 204 602 220 C 640 216 668 224 696 240 "
    "C 688 252 684 262 684 274 C 722 296 746 328 764 366 C 780 366 796 362 808 354 "
    "C 798 390 784 420 760 440 C 768 500 748 556 716 604 "
    "C 720 552 716 502 702 462 C 692 480 678 492 660 500 C 664 474 662 452 650 428 "
    "C 622 464 580 486 530 490 C 546 472 554 456 556 438 C 504 474 436 486 382 470 "
    "C 398 462 408 450 414 436 C 372 452 334 472 310 506 C 296 532 288 568 286 604 Z"
)
STRANDS = (
    "M 452 168 C 430 240 330 300 300 420", "M 470 190 C 452 280 380 330 346 440",
    "M 498 200 C 500 290 450 370 420 440", "M 520 202 C 560 290 560 380 560 440",
    "M 560 184 C 610 260 640 330 656 420", "M 596 218 C 660 270 690 340 706 440",
    "M 640 224 C 710 280 740 360 742 460", "M 400 232 C 320 280 280 360 268 470",
)  # fmt: skip
GLOWS = (
    "M 330 392 C 360 330 420 290 476 278 C 430 310 392 346 366 400 C 354 400 340 398 330 392 Z",
    "M 560 276 C 616 292 662 330 688 390 C 676 396 664 398 654 398 C 634 350 602 310 560 276 Z",
    "M 500 268 C 520 300 530 340 530 384 C 520 388 508 390 498 390 C 508 350 508 306 500 268 Z",
)
BROW_LEFT = (
    "M 340 518 C 362 492 404 488 446 506 C 452 509 450 519 443 518 C 408 505 374 507 348 526 "
    "C 341 529 336 524 340 518 Z"
)
EYE_LEFT = (
    "M 348 590 C 356 556 384 538 412 540 C 436 542 452 562 456 596 C 440 614 420 620 402 620 "
    "C 378 620 358 610 348 590 Z"
)
LID_LEFT = (
    "M 338 580 C 352 550 382 533 412 534 C 437 536 455 557 460 590 C 461 594 457 596 455 592 "
    "C 447 568 434 551 411 547 C 386 545 364 559 352 584 C 348 590 340 588 338 580 Z"
)
WING_LEFT = "M 352 562 C 344 570 335 573 325 571 C 330 580 340 587 350 586 Z"
CREASE_LEFT = "M 358 544 C 376 526 402 518 428 524"
LOWER_LEFT = "M 366 616 C 384 626 418 628 440 616"
NOSE_SHADE = "M 476 684 C 484 696 492 699 500 699 C 508 699 516 696 524 684"
NOSTRIL_LEFT = "M 480 688 C 484 684 490 684 493 689 C 490 692 484 692 480 688 Z"
UPPER_LIP = (
    "M 430 749 C 448 745 470 738 484 738 C 492 738 496 741 500 742 C 504 741 508 738 516 738 "
    "C 530 738 552 745 570 749 C 548 756 524 757 500 757 C 476 757 452 756 430 750 Z"
)
LOWER_LIP = (
    "M 434 751 C 454 756 476 757 500 757 C 524 757 546 756 566 751 C 552 770 530 778 500 778 "
    "C 470 778 448 770 434 751 Z"
)
LIP_SEAM = "M 428 748 C 440 753 470 757 500 757 C 530 757 560 753 572 748"
COAT_SHAPE = (
    "M 60 1560 C 66 1370 84 1210 140 1110 C 186 1036 290 1000 392 966 L 500 1010 L 608 966 "
    "C 710 1000 814 1036 860 1110 C 916 1210 934 1370 940 1560 Z"
)
SWEATER = (
    "M 372 968 C 330 1040 318 1180 322 1560 L 678 1560 C 682 1180 670 1040 628 968 "
    "C 590 1000 410 1000 372 968 Z"
)
COLLAR = (
    "M 388 888 C 376 914 370 952 376 986 C 416 1026 584 1026 624 986 C 630 952 624 914 612 888 "
    "C 580 918 420 918 388 888 Z"
)
LAPEL_LEFT = (
    "M 392 962 C 356 976 316 990 290 1004 C 296 1080 322 1150 352 1210 C 352 1120 362 1040 "
    "392 962 Z"
)
HOOD = (
    "M 226 1040 C 240 960 320 906 404 898 C 410 940 410 980 404 1012 C 340 1020 268 1024 226 1040 Z"
)


def path(text: str, steps: int = 40) -> Curve:
    """The points (n, 2) of an SVG path of absolute M, L, C and Z."""
    points: list[Curve] = []
    for name, numbers in re.findall(r"([MLCZ])([^MLCZ]*)", text):
        given = np.array([float(n) for n in numbers.split()]).reshape(-1, 2)
        if name in "ML":
            points.append(given)
        for group in given.reshape(-1, 3, 2) if name == "C" else ():
            t = np.linspace(0, 1, steps + 1)[1:, None]
            start = points[-1][-1]
            points.append(
                (1 - t) ** 3 * start
                + 3 * (1 - t) ** 2 * t * group[0]
                + 3 * (1 - t) * t**2 * group[1]
                + t**3 * group[2]
            )
    return np.concatenate(points)


def mirrored(curve: Curve) -> Curve:
    return np.asarray(curve * (-1, 1) + (1000, 0))


def moved(curve: Curve, x: float, y: float) -> Curve:
    return np.asarray(curve + np.array([x, y]))


def scaled(curve: Curve, factor: float) -> Curve:
    """Drawn in, or out, about its middle."""
    return np.asarray(curve.mean(0) + (curve - curve.mean(0)) * factor)


def both(curve: Curve) -> tuple[Curve, Curve]:
    return curve, mirrored(curve)


@dataclass(frozen=True)
class Mask:
    """Cover, 0 to 1, of the part of the sheet at `corner` (x, y in pixels); 0 elsewhere."""

    corner: tuple[int, int]
    plane: Plane

    def __mul__(self, other: "Mask") -> "Mask":
        """Where both cover."""
        (x0, y0), (x1, y1) = np.maximum(self.corner, other.corner), np.minimum(self.end, other.end)
        box = (int(x0), int(y0), max(int(x0), int(x1)), max(int(y0), int(y1)))
        return Mask(box[:2], self.part(box) * other.part(box))

    def without(self, other: "Mask") -> "Mask":
        """This one where the other does not cover."""
        box = (*self.corner, *self.end)
        left = np.ones_like(self.plane)
        common = self * other
        (x, y), (x1, y1) = common.corner, common.end
        x0, y0 = box[:2]
        left[y - y0 : y1 - y0, x - x0 : x1 - x0] -= other.part((x, y, x1, y1))
        return Mask(self.corner, np.asarray(self.plane * left, np.float32))

    @property
    def end(self) -> tuple[int, int]:
        return self.corner[0] + self.plane.shape[1], self.corner[1] + self.plane.shape[0]

    def part(self, box: tuple[int, int, int, int]) -> Plane:
        x, y = self.corner
        return self.plane[box[1] - y : box[3] - y, box[0] - x : box[2] - x]


class Sheet:
    """A transparent sheet, colours 0 to 255 with cover 0 to 1; shapes are in units."""

    def __init__(self) -> None:
        self.size = (round(CANVAS[0] * SCALE), round(CANVAS[1] * SCALE))
        self.colour = np.zeros((self.size[1], self.size[0], 3), np.float32)
        self.cover = np.zeros(self.size[::-1], np.float32)

    def filled(self, curve: Curve, blur: float = 0.0) -> Mask:
        """A shape with an edge of `blur` units."""
        corner, plane = self._empty(curve, blur)
        points = np.round((curve * SCALE - corner) * 16).astype(np.int32)
        cv2.fillPoly(plane, [points], 255, cv2.LINE_AA, 4)
        return self._soft(corner, plane, blur)

    def stroked(self, curve: Curve, width: float, blur: float = 0.0) -> Mask:
        """A line that grows thin towards both ends."""
        corner, plane = self._empty(curve, blur + width)
        share = np.sin(np.linspace(0.12, np.pi - 0.12, len(curve)))
        points = np.round((curve * SCALE - corner) * 16).astype(int)
        for start, end, part in zip(points, points[1:], share, strict=False):
            thick = max(1, round(width * SCALE * float(part)))
            cv2.line(plane, start.tolist(), end.tolist(), 255, thick, cv2.LINE_AA, 4)
        return self._soft(corner, plane, blur)

    def dot(self, x: float, y: float, radius: float, high: float = 1.0, blur: float = 0.0) -> Mask:
        """An ellipse, `high` times as high as it is wide."""
        angle = np.linspace(0, 2 * np.pi, 96, endpoint=False)
        ring = np.stack([x + radius * np.cos(angle), y + radius * high * np.sin(angle)], -1)
        return self.filled(ring, blur)

    def paint(self, mask: Mask, colour: Colour, opacity: float = 1.0) -> None:
        """Lay a colour over what is there."""
        (x0, y0), (x1, y1) = np.maximum(mask.corner, 0), np.minimum(mask.end, self.size)
        if x1 <= x0 or y1 <= y0:
            return
        over = mask.part((x0, y0, x1, y1)) * np.float32(opacity)
        here = slice(y0, y1), slice(x0, x1)
        cover = over + self.cover[here] * (1 - over)
        share = np.divide(over, cover, out=np.zeros_like(over), where=cover > 0)
        below = self.colour[here]
        below += (np.array(colour, np.float32) - below) * share[..., None]
        self.cover[here] = cover

    def picture(self) -> NDArray[np.uint8]:
        """RGBA at the output's size."""
        laid = self.colour * self.cover[..., None]
        small = cv2.resize(laid, OUTPUT, interpolation=cv2.INTER_AREA)
        cover = cv2.resize(self.cover, OUTPUT, interpolation=cv2.INTER_AREA)
        colour = small / np.maximum(cover, 1e-4)[..., None]
        done = np.dstack([np.clip(colour, 0, 255), np.clip(cover, 0, 1) * 255])
        done[cover < 1e-3] = 0
        return np.asarray(np.round(done), np.uint8)

    @staticmethod
    def _empty(curve: Curve, margin: float) -> tuple[tuple[int, int], NDArray[np.uint8]]:
        """A plane around a curve, and its corner on the sheet, in pixels."""
        low = np.floor((curve.min(0) - 3 * margin - 2) * SCALE).astype(int)
        high = np.ceil((curve.max(0) + 3 * margin + 2) * SCALE).astype(int)
        plane = np.zeros((high[1] - low[1], high[0] - low[0]), np.uint8)
        return (int(low[0]), int(low[1])), plane

    @staticmethod
    def _soft(corner: tuple[int, int], plane: NDArray[np.uint8], blur: float) -> Mask:
        plain = np.asarray(plane.astype(np.float32) / 255, np.float32)
        if blur:
            plain = np.asarray(cv2.GaussianBlur(plain, (0, 0), blur * SCALE), np.float32)
        return Mask(corner, plain)


def draw_hair_back(sheet: Sheet) -> None:
    back = sheet.filled(path(HAIR_BACK))
    sheet.paint(back, HAIR_DARK)


def draw_body(sheet: Sheet) -> None:
    for hood in both(path(HOOD)):
        sheet.paint(sheet.filled(hood), COAT_DARK)
    coat = sheet.filled(path(COAT_SHAPE))
    sheet.paint(coat, COAT)
    for curve, width in (
        ("M 196 1130 C 176 1260 168 1400 170 1560", 40),
        ("M 300 1020 C 250 1030 200 1060 168 1100", 26),
    ):
        for side in both(path(curve)):
            sheet.paint(sheet.stroked(side, width, 14) * coat, COAT_LIGHT, 0.55)
    for side in both(path("M 232 1560 C 228 1440 236 1330 262 1240")):
        sheet.paint(sheet.stroked(side, 14, 4) * coat, COAT_DARK, 0.8)
    draw_sweater(sheet)
    for lapel in both(path(LAPEL_LEFT)):
        mask = sheet.filled(lapel)
        sheet.paint(sheet.filled(moved(lapel, 6, 14), 8), COAT_DARK, 0.5)
        sheet.paint(mask, COAT_LIGHT)
        sheet.paint(sheet.filled(moved(lapel, -10, -10), 10) * mask, COAT, 0.55)
    for y in (1290, 1420):
        sheet.paint(sheet.dot(284, y, 19, 1.0), COAT_DARK, 0.7)
        sheet.paint(sheet.dot(282, y - 3, 18, 1.0), BRASS)
        sheet.paint(sheet.dot(278, y - 8, 7, 1.0, 3), CREAM, 0.8)


def draw_sweater(sheet: Sheet) -> None:
    sweater = sheet.filled(path(SWEATER))
    sheet.paint(sweater, RED)
    sheet.paint(sheet.dot(500, 1180, 130, 1.5, 50) * sweater, RED_LIGHT, 0.5)
    for number in range(-7, 8):
        x = 500 + 24 * number
        rib = path(
            f"M {500 + 20 * number} 1010 C {x} 1120 {x + 2 * number} 1300 {x + 2 * number} 1560"
        )
        sheet.paint(sheet.stroked(rib, 5, 1.2) * sweater, RED_DARK, 0.35)
    for side in both(path("M 356 1000 C 322 1100 322 1300 322 1560")):
        sheet.paint(sheet.stroked(side, 60, 18) * sweater, RED_DARK, 0.55)


def draw_neck(sheet: Sheet) -> None:
    neck = sheet.filled(path(NECK))
    sheet.paint(neck, SKIN_SHADE)
    sheet.paint(sheet.filled(moved(path(FACE), 0, 44), 14) * neck, SKIN_DEEP, 0.7)


def draw_collar(sheet: Sheet) -> None:
    collar = sheet.filled(path(COLLAR))
    sheet.paint(
        sheet.filled(moved(path(COLLAR), 0, 16), 9) * sheet.filled(path(SWEATER)), RED_DARK, 0.7
    )
    sheet.paint(collar, RED)
    sheet.paint(
        sheet.filled(
            path("M 400 890 C 430 926 570 926 600 890 L 596 930 C 560 952 440 952 404 930 Z"), 8
        )
        * collar,
        RED_LIGHT,
        0.55,
    )
    for number in range(-6, 7):
        x, low = 500 + 17.5 * number, 1012 - 0.7 * number * number
        side, high = x - number, 910 - 0.5 * number * number
        rib = path(f"M {x} {high} C {side} 940 {side} 970 {x + number} {low}")
        sheet.paint(sheet.stroked(rib, 5, 1.0) * collar, RED_DARK, 0.45)
    sheet.paint(
        sheet.stroked(path("M 378 984 C 420 1024 580 1024 622 984"), 12, 5) * collar, RED_DARK, 0.7
    )


def draw_ears(sheet: Sheet) -> None:
    for ear, inside in zip(both(path(EAR)), both(path(EAR_INSIDE)), strict=True):
        sheet.paint(sheet.filled(ear), SKIN)
        sheet.paint(sheet.filled(inside, 3), SKIN_DEEP, 0.55)


def draw_face(sheet: Sheet) -> None:
    face = sheet.filled(path(FACE))
    sheet.paint(face, SKIN)
    sheet.paint(sheet.dot(470, 640, 150, 1.15, 70) * face, SKIN_LIGHT, 0.5)
    rim = face.without(sheet.filled(scaled(path(FACE), 0.91), 26))
    sheet.paint(rim, SKIN_SHADE, 0.55)
    fringe = sheet.filled(moved(path(HAIR_FRONT), 0, 22), 9)
    sheet.paint(fringe * face, SKIN_DEEP, 0.42)
    for x in (352, 648):
        sheet.paint(sheet.dot(x, 690, 56, 0.72, 24) * face, BLUSH, 0.42)
    random = np.random.default_rng(SEED)
    for x, y in zip((336, 356, 374, 392, 362, 384), (672, 662, 676, 664, 688, 690), strict=True):
        for side in (x, 1000 - x):
            spot = sheet.dot(side + 6 * random.random(), y + 5 * random.random(), 3.1, 0.9, 0.5)
            sheet.paint(spot, FRECKLE, 0.75)
    sheet.paint(
        sheet.stroked(path("M 462 812 C 484 822 516 822 538 812"), 12, 7) * face, SKIN_SHADE, 0.6
    )


def draw_nose(sheet: Sheet) -> None:
    sheet.paint(sheet.dot(500, 672, 28, 0.8, 10), SKIN_SHADE, 0.55)
    sheet.paint(sheet.dot(498, 664, 17, 0.85, 7), SKIN_LIGHT, 0.95)
    sheet.paint(sheet.stroked(path(NOSE_SHADE), 8, 2.2), SKIN_DEEP, 0.7)
    for nostril in both(path(NOSTRIL_LEFT)):
        sheet.paint(sheet.filled(nostril, 0.8), SKIN_DEEP, 0.95)
    sheet.paint(sheet.dot(493, 658, 6, 0.8, 2.5), WHITE, 0.6)


def draw_mouth(sheet: Sheet) -> None:
    sheet.paint(sheet.stroked(path("M 466 796 C 486 802 514 802 534 796"), 10, 5), SKIN_SHADE, 0.8)
    lower = sheet.filled(path(LOWER_LIP), 0.8)
    sheet.paint(lower, LIP_LOWER)
    sheet.paint(sheet.dot(494, 769, 26, 0.26, 4) * lower, SKIN_LIGHT, 0.55)
    sheet.paint(sheet.filled(path(UPPER_LIP), 0.8), LIP_UPPER)
    sheet.paint(sheet.stroked(path(LIP_SEAM), 5.2, 0.5), LIP_LINE)
    for corner in both(path("M 422 742 C 425 746 428 749 434 751")):
        sheet.paint(sheet.stroked(corner, 6, 1.4), SKIN_DEEP, 0.9)
    sheet.paint(sheet.dot(500, 724, 7, 1.4, 4), SKIN_SHADE, 0.5)


def draw_eyes(sheet: Sheet) -> None:
    for flip, glint in ((lambda c: c, -10), (mirrored, -10)):
        draw_eye(sheet, flip, glint)


def draw_eye(sheet: Sheet, flip: Callable[[Curve], Curve], glint: float) -> None:
    white = sheet.filled(flip(path(EYE_LEFT)))
    sheet.paint(white, WHITE)
    x, y = flip(np.array([[406.0, 580.0]]))[0]
    sheet.paint(sheet.dot(x, y, 33) * white, IRIS_DARK)
    sheet.paint(sheet.dot(x, y, 29.5) * white, IRIS)
    sheet.paint(sheet.dot(x, y + 13, 20, 0.7, 5) * sheet.dot(x, y, 29.5) * white, IRIS_LIGHT, 0.95)
    sheet.paint(sheet.dot(x, y, 15.5) * white, PUPIL)
    sheet.paint(sheet.filled(moved(flip(path(LID_LEFT)), 0, 9), 4) * white, IRIS_DARK, 0.45)
    sheet.paint(sheet.dot(x + glint, y - 12, 9.5), WHITE)
    sheet.paint(sheet.dot(x + 11, y + 13, 4.5), WHITE, 0.85)
    sheet.paint(sheet.filled(flip(path(LID_LEFT)), 0.3), LASH)
    sheet.paint(sheet.filled(flip(path(WING_LEFT)), 0.3), LASH)
    sheet.paint(sheet.stroked(flip(path(CREASE_LEFT)), 4.5, 1.2), SKIN_DEEP, 0.65)
    sheet.paint(sheet.stroked(flip(path(LOWER_LEFT)), 4.5, 1.0), SKIN_DEEP, 0.8)


def draw_brows(sheet: Sheet) -> None:
    for brow in both(path(BROW_LEFT)):
        sheet.paint(sheet.filled(brow, 0.6), BROW)


def draw_hair(sheet: Sheet) -> None:
    hair = sheet.filled(path(HAIR_FRONT))
    sheet.paint(hair, HAIR)
    shade = sheet.dot(500, 560, 330, 0.62, 40)
    sheet.paint(shade * hair, HAIR_DARK, 0.45)
    for glow in GLOWS:
        sheet.paint(sheet.filled(path(glow), 5) * hair, HAIR_LIGHT, 0.85)
        sheet.paint(
            sheet.filled(scaled(path(glow), 0.55), 5) * hair,
            HAIR_GLOW,
            0.6,
        )
    for strand in STRANDS:
        sheet.paint(sheet.stroked(path(strand), 5, 0.8) * hair, HAIR_DARK, 0.7)


def draw() -> NDArray[np.uint8]:
    """The finished picture, RGBA."""
    sheet = Sheet()
    parts: Sequence[Callable[[Sheet], None]] = (
        draw_hair_back, draw_body, draw_neck, draw_collar, draw_ears, draw_face, draw_nose,
        draw_mouth, draw_eyes, draw_brows, draw_hair,
    )  # fmt: skip
    for part in parts:
        part(sheet)
    return sheet.picture()


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(target), cv2.cvtColor(draw(), cv2.COLOR_RGBA2BGRA))
