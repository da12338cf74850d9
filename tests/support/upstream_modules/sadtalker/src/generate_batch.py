import wave

from tqdm import tqdm


def get_data(
    first_coeff_path,
    audio_path,
    device,
    ref_eyeblink_coeff_path,
    still=False,
    idlemode=False,
    length_of_audio=False,
    use_blink=True,
):
    assert ref_eyeblink_coeff_path is None
    with wave.open(audio_path) as file:
        frames = int(file.getnframes() / file.getframerate() * 25)
    for _ in tqdm(range(frames), "mel:"):
        pass
    return {"num_frames": frames, "still": still}
