from pathlib import Path

from src.face3d.extract_kp_videos_safe import KeypointExtractor
from src.face3d.util.my_awing_arch import NUMBER as NUMBER
from stub_play import called, told
from tqdm import tqdm


class CropAndExtract:
    def __init__(self, sadtalker_path, device):
        called("load", full=sadtalker_path["full"], size=sadtalker_path["size"], device=device)
        self.predictor = KeypointExtractor(device)

    def generate(
        self, input_path, save_dir, crop_or_resize="crop", source_image_flag=False, pic_size=256
    ):
        assert Path(input_path).is_file()
        self.predictor.extract_keypoint([input_path], save_dir)
        if told().get("fail") == "face":
            print("No face is detected in the input file")
            return None, None
        if told().get("fail") == "string":
            raise "can not detect the landmark from source image"
        for _ in tqdm(range(1), desc="3DMM Extraction In Video:"):
            pass
        return save_dir + "/portrait.mat", save_dir + "/portrait.png", ((256, 256), None, None)
