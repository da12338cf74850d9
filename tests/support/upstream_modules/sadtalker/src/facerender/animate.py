import uuid
from pathlib import Path

from src.facerender.modules.make_animation import make_animation
from src.utils.face_enhancer import enhancer_list
from stub_play import called, write_video
from tqdm import tqdm


class AnimateFromCoeff:
    def __init__(self, sadtalker_path, device):
        self.full = sadtalker_path["full"]

    def generate(
        self,
        x,
        video_save_dir,
        pic_path,
        crop_info,
        enhancer=None,
        background_enhancer=None,
        preprocess="crop",
        img_size=256,
    ):
        assert ("full" in preprocess) == self.full
        assert crop_info[0] == (256, 256)
        called("render", enhancer=enhancer, background=background_enhancer, size=img_size, **x)
        # It writes into its working directory, which has to be private.
        Path(f"{uuid.uuid4()}.mp4").write_bytes(b"scratch")
        make_animation(x["frame_num"], x["batch_size"])
        if self.full:
            for _ in tqdm(range(x["frame_num"]), "seamlessClone:"):
                pass
        if enhancer:
            enhancer_list(range(x["frame_num"]), enhancer, background_enhancer)
        path = f"{video_save_dir}/{x['video_name']}.mp4"
        write_video(path, x["frame_num"], img_size, img_size)
        return path
