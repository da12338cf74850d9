"""Which phone is heard when: a small network over hama's posteriors and the spectrum.

hama was taught English and Korean and marks each phone with a short spike. The network here
hears its log probabilities and the mel spectrum around every 10 ms step and says how likely each
of `phones.PHONES` is there, for as long as it lasts and in any language. Its weights (made by
`scripts/train_acoustic_model.py`, see `docs/decisions/0005-alignment.md`) come with the package.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from talkies.speech.listening.acoustics import log_mel
from talkies.speech.listening.chunks import HOP, cut
from talkies.speech.listening.emissions import Tokens, folded
from talkies.speech.listening.level import levelling
from talkies.speech.listening.posteriors import PosteriorModel

#: Steps of 10 ms around the one judged, at which each kind of input is heard.
FUSED_CONTEXT = (-12, -9, -6, -4, -2, 0, 2, 4, 6, 9, 12)
PROJECTED_CONTEXT = (-8, -4, 0, 4, 8)
SPECTRUM_CONTEXT = (-6, -4, -2, -1, 0, 1, 2, 4, 6)

#: Steps in one hop of hama.
STEPS_PER_HOP = 2

#: How much the frequency of a phone in the training speech is discounted, 0 to 1, where posteriors
#: are taken for likelihoods.
PRIOR_WEIGHT = 0.5

#: Log probabilities below these are taken for these: of one token, and of all that mean a phone.
_UNLIKELY = -10.0
_UNHEARD = -7.0

#: Bands this far (natural log of power) under the loudest step do not count as speech.
_ACTIVE = 7.0

#: Offset and scale that bring fused log probabilities and log-mel differences to unit variance.
_FUSED_OFFSET, _FUSED_SCALE = 5.0, 2.0
_MEL_SCALE = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Parameters of the network."""

    #: Sums the probabilities of hama's tokens into phones, word end and blank, (191, F).
    fusion: NDArray[np.float32]
    #: Projection of hama's log probabilities: mean (191,), directions (191, K).
    mean: NDArray[np.float32]
    directions: NDArray[np.float32]
    #: Layers as (inputs, outputs) with their biases.
    layers: tuple[tuple[NDArray[np.float32], NDArray[np.float32]], ...]
    #: Log frequency of each phone in the training speech.
    prior: NDArray[np.float32]
    #: Log probability of one phone after another, (from, to).
    transition: NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """What was heard in one chunk of a recording."""

    #: First step of the chunk in the recording.
    start: int
    #: Log posterior of each phone, (steps, phones).
    log_posteriors: NDArray[np.float32]
    #: hama's log probabilities, (hops, tokens).
    log_probabilities: NDArray[np.float32]


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
        fusion=arrays["fusion"].astype(np.float32),
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
        self._tokens: Tokens | None = None

    @property
    def weights(self) -> Weights:
        return packaged_weights()

    @property
    def tokens(self) -> Tokens:
        """Hama's vocabulary."""
        if self._tokens is None:
            self._tokens = folded(self._hama.tokens)
        return self._tokens

    def listen(self, samples: NDArray[np.float32]) -> Iterator[Hearing]:
        """What is heard in samples (n,) at 16 kHz, chunk by chunk, without gap or overlap.

        Raises `MissingDependency` where hama has no engine.
        """
        gain = levelling(samples)
        for chunk in cut(samples):
            sound = samples[chunk.heard.start * HOP : chunk.heard.end * HOP] * gain
            heard = self._hama.log_probabilities(sound)[: chunk.heard.length]
            spectrum = log_mel(sound)
            inputs = features(heard, spectrum, self.weights)
            first, length = chunk.own.start - chunk.heard.start, chunk.own.length
            steps = slice(first * STEPS_PER_HOP, (first + length) * STEPS_PER_HOP)
            yield Hearing(
                start=chunk.own.start * STEPS_PER_HOP,
                log_posteriors=network(inputs[steps], self.weights),
                log_probabilities=heard[first : first + length],
            )


def features(
    log_probabilities: NDArray[np.float32], spectrum: NDArray[np.float32], weights: Weights
) -> NDArray[np.float32]:
    """What the network hears at each step, (steps, inputs)."""
    fused = np.log(np.exp(log_probabilities) @ weights.fusion + np.exp(_UNHEARD))
    projected = (np.maximum(log_probabilities, _UNLIKELY) - weights.mean) @ weights.directions
    steps = len(spectrum)
    heard = _at_steps((fused + _FUSED_OFFSET) / _FUSED_SCALE, steps)
    inputs = (
        _around(heard, FUSED_CONTEXT),
        _around(_at_steps(projected, steps), PROJECTED_CONTEXT),
        _around(_evened(spectrum), SPECTRUM_CONTEXT),
    )
    return np.concatenate(inputs, axis=1, dtype=np.float32)


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
    return np.asarray(rows[np.clip(steps, 0, len(rows) - 1)].reshape(len(rows), -1))


def _evened(spectrum: NDArray[np.float32]) -> NDArray[np.float32]:
    """The spectrum relative to its own average over speech: microphones and rooms drop out."""
    level = np.logaddexp.reduce(spectrum, axis=1)
    active = level > level.max() - _ACTIVE
    return np.asarray((spectrum - spectrum[active].mean(axis=0)) / _MEL_SCALE)
