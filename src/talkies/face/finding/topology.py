"""Which of the 468 points of a face mesh lie where.

Left and right are those of the picture, seen by the viewer of an upright, unmirrored face. Rings
run from picture left to picture right, so reversing a ring gives the mirrored points. Source: the
point map of MediaPipe's face mesh.
"""

from typing import TypeAlias

Ring: TypeAlias = tuple[int, ...]

POINTS = 468

LIPS_OUTER_UPPER: Ring = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291)
LIPS_OUTER_LOWER: Ring = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291)
LIPS_INNER_UPPER: Ring = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
LIPS_INNER_LOWER: Ring = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
#: Two rings between the outer and the inner edge of each lip, outer one first.
LIPS_MIDDLE_UPPER: tuple[Ring, Ring] = (
    (76, 184, 74, 73, 72, 11, 302, 303, 304, 408, 306),
    (62, 183, 42, 41, 38, 12, 268, 271, 272, 407, 292),
)
LIPS_MIDDLE_LOWER: tuple[Ring, Ring] = (
    (76, 77, 90, 180, 85, 16, 315, 404, 320, 307, 306),
    (62, 96, 89, 179, 86, 15, 316, 403, 319, 325, 292),
)
#: The outermost points of the corners of the mouth.
MOUTH_LEFT, MOUTH_RIGHT = 61, 291

LEFT_EYE_UPPER: Ring = (33, 246, 161, 160, 159, 158, 157, 173, 133)
LEFT_EYE_LOWER: Ring = (33, 7, 163, 144, 145, 153, 154, 155, 133)
RIGHT_EYE_UPPER: Ring = (362, 398, 384, 385, 386, 387, 388, 466, 263)
RIGHT_EYE_LOWER: Ring = (362, 382, 381, 380, 374, 373, 390, 249, 263)
LEFT_EYE_OUTER, LEFT_EYE_INNER, RIGHT_EYE_INNER, RIGHT_EYE_OUTER = 33, 133, 362, 263

LEFT_BROW_UPPER: Ring = (70, 63, 105, 66, 107)
LEFT_BROW_LOWER: Ring = (46, 53, 52, 65, 55)
RIGHT_BROW_UPPER: Ring = (336, 296, 334, 293, 300)
RIGHT_BROW_LOWER: Ring = (285, 295, 282, 283, 276)

NOSE_TIP = 1
#: From between the eyes down to the tip.
NOSE_BRIDGE: Ring = (168, 6, 197, 195, 5, 4, 1)
#: The lower edge of the nose, wing to wing.
NOSE_BASE: Ring = (98, 97, 2, 326, 327)
NOSE_WINGS: Ring = (129, 358)

CHIN = 152
#: The outline, from the forehead clockwise as the viewer sees it.
OVAL: Ring = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
#: The lower outline, from ear to ear through the chin.
JAW: Ring = (
    234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152,
    377, 400, 378, 379, 365, 397, 288, 361, 323, 454,
)  # fmt: skip
CHEEKS: Ring = (50, 205, 425, 280)

#: Points that bone holds still while a face speaks: eye corners, nose, brows, forehead.
RIGID: Ring = (33, 133, 362, 263, 168, 6, 197, 195, 5, 4, 1, 2, 98, 327, 70, 105, 300, 334, 10, 151)

#: Rings whose reverse is their own mirror image.
SYMMETRIC_RINGS: tuple[Ring, ...] = (
    LIPS_OUTER_UPPER,
    LIPS_OUTER_LOWER,
    LIPS_INNER_UPPER,
    LIPS_INNER_LOWER,
    *LIPS_MIDDLE_UPPER,
    *LIPS_MIDDLE_LOWER,
    NOSE_BASE,
    NOSE_WINGS,
    JAW,
    LEFT_EYE_UPPER + RIGHT_EYE_UPPER,
    LEFT_EYE_LOWER + RIGHT_EYE_LOWER,
    LEFT_BROW_UPPER + RIGHT_BROW_UPPER,
    LEFT_BROW_LOWER + RIGHT_BROW_LOWER,
    CHEEKS,
)
