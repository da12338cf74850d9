import json

from tqdm import tqdm


class Audio2Coeff:
    def __init__(self, sadtalker_path, device):
        pass

    def generate(self, batch, coeff_save_dir, pose_style, ref_pose_coeff_path=None):
        assert 0 <= pose_style < 46
        for _ in tqdm(range(batch["num_frames"] // 10), "audio2exp:"):
            pass
        path = coeff_save_dir + "/portrait##speech.mat"
        with open(path, "w") as file:
            json.dump({**batch, "pose": pose_style}, file)
        return path
