from enum import Enum
from pathlib import Path

from stub_play import called, told


class LandmarksType(Enum):
    _2D = 1
    _2halfD = 2
    _3D = 3


class FaceAlignment:
    def __init__(
        self,
        landmarks_type,
        network_size=4,
        device="cuda",
        flip_input=False,
        face_detector="sfd",
        verbose=False,
    ):
        (Path(__file__).parent / "detection/sfd/s3fd.pth").read_bytes()

    def get_detections_for_batch(self, images):
        called("faces", count=len(images))
        if len(images) > told().get("faces", 100):
            raise RuntimeError("CUDA out of memory")
        if told().get("fail") == "face":
            return [None] * len(images)
        return [
            None if told().get("blink") and not i else (8, 8, 40, 48) for i in range(len(images))
        ]
