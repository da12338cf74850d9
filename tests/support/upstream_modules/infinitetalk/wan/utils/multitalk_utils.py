from pathlib import Path

from stub_play import write_video
from tqdm import tqdm


def save_video_ffmpeg(
    gen_video_samples, save_path, vocal_audio_list, fps=25, quality=5, high_quality_save=False
):
    assert Path(vocal_audio_list[0]).is_file()
    _, frames, height, width = gen_video_samples.shape
    # Its ffmpeg is called without -y.
    assert not Path(save_path + "-cropaudio.wav").exists(), "not overwriting"
    for _ in tqdm(range(frames), desc="Saving video"):
        pass
    write_video(save_path + ".mp4", frames, width, height, fps)
