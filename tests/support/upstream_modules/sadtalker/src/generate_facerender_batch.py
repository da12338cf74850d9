import json
from pathlib import Path


def get_facerender_data(
    coeff_path,
    pic_path,
    first_coeff_path,
    audio_path,
    batch_size,
    input_yaw_list=None,
    input_pitch_list=None,
    input_roll_list=None,
    expression_scale=1.0,
    still_mode=False,
    preprocess="crop",
    size=256,
):
    return {
        **json.loads(Path(coeff_path).read_text()),
        "frame_num": json.loads(Path(coeff_path).read_text())["num_frames"],
        "batch_size": batch_size,
        "yaw": input_yaw_list,
        "expression_scale": expression_scale,
        "still_mode": still_mode,
        "video_name": Path(coeff_path).stem,
        "audio_path": audio_path,
    }
