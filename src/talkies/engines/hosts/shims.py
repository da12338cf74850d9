# ruff: noqa: INP001 - part of a program; see run.py
"""Mends what newer libraries broke in upstream code, in this process only: no file is touched.

Each function may be called where nothing is broken, and then does nothing.
"""

from __future__ import annotations

import collections
import importlib
import inspect
import random
import sys
import types
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # novm: never run
    from collections.abc import Callable, Iterator
    from typing import Self

#: How often SadTalker may wait for memory that another program may give back, one second each.
WAITS_MOST = 3


def module(name: str) -> Any:
    """A module of the upstream's environment."""
    return importlib.import_module(name)


def present(name: str) -> Any:
    """A module that may not be installed."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def give_arg_spec() -> None:
    """`inspect.ArgSpec`, which Python 3.11 removed and `wan/multitalk.py` imports unused."""
    if not hasattr(inspect, "ArgSpec"):
        fields = ["args", "varargs", "keywords", "defaults"]
        vars(inspect)["ArgSpec"] = collections.namedtuple("ArgSpec", fields)  # noqa: PYI024


def give_numpy_names() -> None:
    """`np.float` and its like (gone in 1.24), `np.VisibleDeprecationWarning` (gone in 2.0)."""
    numpy = present("numpy")
    if numpy is None:
        return
    names: dict[str, Any] = {"float": float, "int": int, "bool": bool, "object": object}
    names["VisibleDeprecationWarning"] = UserWarning
    for name, value in names.items():
        # No hasattr: numpy 1.20 to 1.23 answers with a warning, and has them.
        if name not in vars(numpy) and numpy_lacks(numpy, name):
            setattr(numpy, name, value)


def numpy_lacks(numpy: Any, name: str) -> bool:
    """Whether this numpy is one of those that removed the name."""
    version = tuple(int(part) for part in numpy.__version__.split(".")[:2])
    return version >= ((2, 0) if name == "VisibleDeprecationWarning" else (1, 24))


def give_functional_tensor() -> None:
    """`torchvision.transforms.functional_tensor`, gone in 0.17, which basicsr 1.4.2 imports."""
    name = "torchvision.transforms.functional_tensor"
    if present("torchvision") is None or present(name) is not None:
        return
    stand_in = types.ModuleType(name)
    functional = importlib.import_module("torchvision.transforms.functional")
    vars(stand_in)["rgb_to_grayscale"] = functional.rgb_to_grayscale
    sys.modules[name] = stand_in


def give_positional_mel() -> None:
    """`librosa.filters.mel(sr, n_fft)`: since 0.10 it takes no positional arguments."""
    filters = present("librosa.filters")
    if filters is None:
        return
    parameters = inspect.signature(filters.mel).parameters.values()
    if all(each.kind is not inspect.Parameter.KEYWORD_ONLY for each in parameters):
        return
    newer = filters.mel

    def mel(*args: Any, **named: Any) -> Any:
        return newer(**dict(zip(("sr", "n_fft"), args)), **named)  # noqa: B905 - since 3.10

    filters.mel = mel


def trust_checkpoints() -> None:
    """Let `torch.load` read whole objects, as upstreams expect; refused by default since 2.6.

    What is loaded are weights whose sums were verified when they were downloaded.
    """
    torch = module("torch")
    if "weights_only" not in inspect.signature(torch.load).parameters:
        return
    stricter = torch.load

    def load(*args: Any, **named: Any) -> Any:
        if named.get("weights_only") is None:
            named["weights_only"] = False
        return stricter(*args, **named)

    torch.load = load


def eager(model: Any, folder: str) -> Any:
    """A wav2vec model whose attention can be looked at.

    Newer transformers load it with `sdpa`, which refuses `output_attentions`; older ones do not
    know the argument.
    """
    try:
        return model.from_pretrained(folder, local_files_only=True, attn_implementation="eager")
    except TypeError:
        return model.from_pretrained(folder, local_files_only=True)


def end_waiting(keeper: Any) -> None:
    """Let SadTalker's endless wait for GPU memory end as what it is: out of memory.

    `keeper` is the module whose `time` it waits with.
    """
    if isinstance(keeper.time, Waits):
        keeper.time.count = 0
    else:
        keeper.time = Waits(keeper.time)


class Waits:
    """The module `time` for one module, in which one sleeps only so often."""

    def __init__(self, time: Any) -> None:
        self._time = time
        self.count = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._time, name)

    def sleep(self, seconds: float) -> None:
        """Wait. Raises `RuntimeError` where it was tried too often."""
        self.count += 1
        if self.count > WAITS_MOST:
            raise RuntimeError("CUDA out of memory: waited for it in vain")
        self._time.sleep(seconds)


def seed_all(seed: int) -> None:
    """Begin all random numbers anew."""
    random.seed(seed)
    numpy, torch = present("numpy"), present("torch")
    if numpy is not None:
        numpy.random.seed(seed % (1 << 32))
    if torch is not None:
        torch.manual_seed(seed)
        if torch.cuda.is_available():
            torch.cuda.manual_seed_all(seed)


def hook_bars(owner: Any, step: Callable[[int, int, str], None]) -> None:
    """Let the bars of a module tell their steps; `owner` has the name `tqdm`."""

    def bar(iterable: Any = None, desc: str = "", total: int | None = None, **_: Any) -> Bar:
        return Bar(iterable, desc, total, step)

    owner.tqdm = bar


class Bar:
    """What stands for a bar of tqdm."""

    def __init__(
        self, iterable: Any, desc: str, total: int | None, step: Callable[[int, int, str], None]
    ) -> None:
        self._iterable = iterable
        self._desc = desc or ""
        known = len(iterable) if total is None and hasattr(iterable, "__len__") else total
        self._total = int(known or 0)
        self._done = 0
        self._step = step
        step(0, self._total, self._desc)

    def __iter__(self) -> Iterator[Any]:
        for item in self._iterable:
            yield item
            self.update()

    def __len__(self) -> int:
        return self._total

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def update(self, count: int = 1) -> None:
        self._done += count
        self._step(self._done, max(self._total, self._done), self._desc)

    def close(self) -> None:
        """Nothing is drawn, so there is nothing to clear away."""

    def set_description(self, desc: str = "", *_: object) -> None:
        self._desc = desc

    def set_postfix(self, *_: object, **__: object) -> None:
        """What is written behind a bar is of no use here."""
