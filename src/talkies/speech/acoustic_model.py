"""Which phone is heard when: a small network over hama's posteriors and the spectrum.

hama was taught English and Korean and marks each phone with a short spike. The network here
hears its log probabilities and the mel spectrum around every 10 ms step and says how likely each
of `phones.PHONES` is there, for as long as it lasts and in any language. Its weights (made by
`scripts/train_acoustic_model.py`, see `docs/decisions/0005-alignment.md`) come with the package.
"""

from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from talkies.speech.acoustics import log_mel
from talkies.speech.chunks import HOP, Chunk, cut
from talkies.speech.level import levelled
from talkies.speech.posteriors import PosteriorModel

#: Steps of 10 ms around the one judged, whose posteriors and spectra are heard.
POSTERIOR_CONTEXT = (-12, -8, -6, -4, -2, 0, 2, 4, 6, 8, 12)
SPECTRUM_CONTEXT = (-6, -4, -2, -1, 0, 1, 2, 4, 6)

#: Steps in one hop of hama.
STEPS_PER_HOP = 2

#: Log probabilities of tokens below this are taken for this.
_UNLIKELY = -10.0

#: Bands this far (natural log of power) under the loudest step do not count as speech.
_ACTIVE = 7.0

#: Brings log-mel differences to about unit variance.
_MEL_SCALE = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Parameters of the network."""

    #: Projection of hama's log probabilities: mean (191,), directions (191, K).
    mean: NDArray[np.float32]
    directions: NDArray[np.float32]
    #: Layers as (inputs, outputs) with their biases.
    layers: tuple[tuple[NDArray[np.float32], NDArray[np.float32]], ...]
    #: Log frequency of each phone in the training speech.
    prior: NDArray[np.float32]
    #: Log probability of one phone after another, (from, to).
    transition: NDArray[np.float32]


@lru_cache(maxsize=1)
def packaged_weights() -> Weights:
    """The weights that come with the package, unpacked from bytes with a scale per column."""
    with resources.files(__package__).joinpath("acoustic_model.npz").open("rb") as file:
        stored = np.load(file)
        arrays = {name: stored[name] for name in stored.files}
    layers = tuple(
        (_unpacked(arrays, f"layer{i}"), arrays[f"bias{i}"].astype(np.float32)) for i in range(3)
    )
    return Weights(
        mean=arrays["mean"].astype(np.float32),
        directions=_unpacked(arrays, "directions"),
        layers=layers,
        prior=arrays["prior"].astype(np.float32),
        transition=arrays["transition"].astype(np.float32),
    )


def _unpacked(arrays: dict[str, NDArray[np.generic]], name: str) -> NDArray[np.float32]:
    scaled = arrays[name].astype(np.float32) * arrays[f"{name}_scale"].astype(np.float32)
    return np.asarray(scaled, dtype=np.float32)


class AcousticModel:
    """Phone posteriors of 16 kHz speech. Cheap to make; loads at first use; reusable."""

    def __init__(self) -> None:
        self._hama = PosteriorModel()

    @property
    def weights(self) -> Weights:
        return packaged_weights()

    def log_posteriors(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Log probability of each phone, (steps of 10 ms, phones), for samples (n,) at 16 kHz.

        Raises `MissingDependency` where hama has no engine.
        """
        even = levelled(samples)
        parts = [self._chunk(even, chunk) for chunk in cut(even)]
        steps = -(-len(samples) // (HOP // STEPS_PER_HOP))
        return np.concatenate(parts)[:steps]

    def _chunk(self, samples: NDArray[np.float32], chunk: Chunk) -> NDArray[np.float32]:
        log_probabilities = self._hama.log_probabilities(samples, chunk)
        spectrum = log_mel(samples[chunk.heard.start * HOP : chunk.heard.end * HOP])
        inputs = features(log_probabilities, spectrum, self.weights)
        first = (chunk.own.start - chunk.heard.start) * STEPS_PER_HOP
        return network(inputs[first : first + chunk.own.length * STEPS_PER_HOP], self.weights)


def features(
    log_probabilities: NDArray[np.float32], spectrum: NDArray[np.float32], weights: Weights
) -> NDArray[np.float32]:
    """What the network hears at each step, (steps, inputs)."""
    likely = np.maximum(log_probabilities, _UNLIKELY) - weights.mean
    heard = _at_steps(likely @ weights.directions, len(spectrum))
    return np.concatenate(
        [_around(heard, POSTERIOR_CONTEXT), _around(_evened(spectrum), SPECTRUM_CONTEXT)], axis=1
    )


def network(inputs: NDArray[np.float32], weights: Weights) -> NDArray[np.float32]:
    """Log posterior of each phone, (steps, phones)."""
    values = inputs
    for matrix, bias in weights.layers[:-1]:
        values = np.maximum(values @ matrix + bias, 0)
    matrix, bias = weights.layers[-1]
    scores = values @ matrix + bias
    scores -= scores.max(axis=1, keepdims=True)
    return np.asarray(scores - np.log(np.exp(scores).sum(axis=1, keepdims=True)))


def _at_steps(rows: NDArray[np.float32], steps: int) -> NDArray[np.float32]:
    """Rows of one per hop, interpolated to the steps."""
    position = (np.arange(steps) + 0.5) / STEPS_PER_HOP
    before = np.clip(position.astype(int), 0, len(rows) - 1)
    after = np.clip(before + 1, 0, len(rows) - 1)
    share = (position - np.floor(position)).astype(np.float32)[:, None]
    return np.asarray(rows[before] * (1 - share) + rows[after] * share)


def _around(rows: NDArray[np.float32], context: tuple[int, ...]) -> NDArray[np.float32]:
    """Each row beside its neighbours at the steps of `context`."""
    steps = np.arange(len(rows))[:, None] + np.array(context)
    return rows[np.clip(steps, 0, len(rows) - 1)].reshape(len(rows), -1)


def _evened(spectrum: NDArray[np.float32]) -> NDArray[np.float32]:
    """The spectrum relative to its own average over speech: microphones and rooms drop out."""
    level = np.logaddexp.reduce(spectrum, axis=1)
    active = level > level.max() - _ACTIVE
    return np.asarray((spectrum - spectrum[active].mean(axis=0)) / _MEL_SCALE)
