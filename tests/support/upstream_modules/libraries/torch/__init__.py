"""As much of torch as the adapters touch, on numpy; `load` is as strict as in torch 2.6."""

import contextlib
import os
import pickle

import numpy as np

__version__ = "2.6.0"
float16, bfloat16, float32 = "float16", "bfloat16", "float32"


class OutOfMemoryError(RuntimeError):
    pass


class Tensor:
    def __init__(self, array):
        self.array = np.asarray(array)
        self.shape = self.array.shape

    def float(self):
        return Tensor(self.array.astype(np.float32))

    def unsqueeze(self, dim):
        return Tensor(np.expand_dims(self.array, dim))

    def squeeze(self, dim):
        return Tensor(np.squeeze(self.array, dim))

    def permute(self, *dims):
        return Tensor(self.array.transpose(dims))

    def to(self, device=None, dtype=None):
        return self

    def cpu(self):
        return self

    def detach(self):
        return self

    def numpy(self):
        return self.array

    def __getitem__(self, item):
        return Tensor(self.array[item])

    def __len__(self):
        return len(self.array)


class device(str):
    __slots__ = ()


class Generator:
    def __init__(self, device="cpu"):
        self.seed = None

    def manual_seed(self, seed):
        self.seed = seed
        return self


class cuda:
    held = 3 << 30

    @staticmethod
    def is_available():
        return bool(os.environ.get("STUB_GPU"))

    @staticmethod
    def memory_allocated():
        return cuda.held

    @staticmethod
    def max_memory_allocated():
        return 2 * cuda.held

    @staticmethod
    def reset_peak_memory_stats():
        pass

    @staticmethod
    def empty_cache():
        pass

    @staticmethod
    def manual_seed_all(seed):
        pass


def from_numpy(array):
    return Tensor(array)


def stack(tensors, dim=0):
    return Tensor(np.stack([tensor.array for tensor in tensors], axis=dim))


def manual_seed(seed):
    np.random.seed(seed % (1 << 32))


@contextlib.contextmanager
def no_grad():
    yield


def save(obj, f):
    with open(f, "wb") as file:
        pickle.dump(obj, file)


def load(f, map_location=None, pickle_module=None, *, weights_only=None, mmap=None):
    if weights_only is not False:
        raise pickle.UnpicklingError("Weights only load failed.")
    with open(f, "rb") as file:
        return pickle.load(file)
