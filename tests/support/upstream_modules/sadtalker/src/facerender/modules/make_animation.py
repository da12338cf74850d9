from stub_play import pause
from tqdm import tqdm


def make_animation(frames, batch_size):
    for _ in tqdm(range(-(-frames // batch_size)), "Face Renderer:"):
        pause()
