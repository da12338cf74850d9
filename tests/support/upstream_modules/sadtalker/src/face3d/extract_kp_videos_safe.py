import time
from pathlib import Path

import numpy as np
from stub_play import told
from tqdm import tqdm


class KeypointExtractor:
    def __init__(self, device="cuda"):
        (Path("gfpgan/weights") / "alignment_WFLW_4HG.pth").read_bytes()

    def extract_keypoint(self, images, name=None, info=True):
        for _ in tqdm(images, desc="landmark Det:"):
            while True:
                try:
                    if told().get("fail") == "oom":
                        raise RuntimeError("CUDA out of memory")
                    break
                except RuntimeError as error:
                    if str(error).startswith("CUDA"):
                        print("Warning: out of memory, sleep for 1s")
                        time.sleep(told().get("wait", 1))
                    else:
                        break
        return np.zeros((68, 2))
