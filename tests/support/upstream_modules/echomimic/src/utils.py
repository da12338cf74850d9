import inspect

from stub_play import write_video


def filter_kwargs(cls, kwargs):
    known = inspect.signature(cls.__init__).parameters
    return {name: value for name, value in kwargs.items() if name in known}


def get_image_to_video_latent2(
    validation_image_start, validation_image_end, video_length, sample_size
):
    assert validation_image_end is None
    return ("video", video_length, sample_size), "mask", validation_image_start


def save_videos_grid(videos, path, rescale=False, n_rows=6, fps=12, imageio_backend=True):
    _, _, frames, height, width = videos.shape
    write_video(path, frames, width, height, fps)
