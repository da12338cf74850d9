from torchvision.transforms.functional_tensor import rgb_to_grayscale as rgb_to_grayscale
from tqdm import tqdm


def enhancer_list(images, method="gfpgan", bg_upsampler="realesrgan"):
    assert method in ("gfpgan", "RestoreFormer")
    return [each for each in tqdm(images, "Face Enhancer:")]
