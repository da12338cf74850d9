"""Train the network of `talkies.speech.listening.acoustic_model` and write its weights.

Speech is made by espeak-ng (all languages of `benchmarks/sentences/tuning.json`, several voice
variants, exact truth) and by the Kokoro voices that are named, never the two that the benchmark
keeps to itself. Two thirds of it are disturbed: other vocal tracts by resampling, equalisers,
rooms, noise. Kokoro's durations are only a start: after a first
training, its speech is labelled anew by forced alignment, and the network trained again.

    python scripts/train_acoustic_model.py [--voices kokoro:bf_emma ...] [--epochs 14] [--out PATH]

Deterministic on one machine. The committed weights came from the same procedure with nineteen
English Kokoro voices and nine of other languages, which are not part of this package: see
`docs/decisions/0005-alignment.md`.
"""

import argparse
import dataclasses
import itertools
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

from talkies.core.alignment import Alignment
from talkies.core.timing import SPEECH_RATE
from talkies.speech.listening import acoustic_model, transcript
from talkies.speech.listening.acoustics import STEP, log_mel
from talkies.speech.listening.alignment import follow, scores_of
from talkies.speech.listening.chunks import HOP, cut
from talkies.speech.listening.emissions import folded
from talkies.speech.listening.level import levelling
from talkies.speech.listening.phones import PHONES, SILENT, phones_of
from talkies.speech.listening.posteriors import PosteriorModel
from talkies.speech.synthesis import speak

SENTENCES = Path(__file__).parents[1] / "benchmarks" / "sentences" / "tuning.json"
WEIGHTS = Path(acoustic_model.__file__).with_suffix(".npz")

#: Variants of espeak-ng's voices; f4, m5 and m8 are kept for testing.
VARIANTS = ("", "", "+m1", "+m2", "+m3", "+m4", "+m7", "+f1", "+f2", "+f3", "+f5", "+m6")

PROJECTED = 16
HIDDEN = (160, 96)
BATCH = 512
LEARNING_RATE = 2e-3
WEIGHT_DECAY = 1e-2
SMOOTHING = 0.05

#: Share of steps at which the network must do without the spectrum, and without hama.
WITHOUT_SPECTRUM, WITHOUT_HAMA = 0.35, 0.07

#: Part of a diphthong that its first vowel takes.
FIRST_VOWEL = 0.55


@dataclass
class Example:
    """One clip as the network hears it."""

    log_probabilities: NDArray[np.float32]
    spectrum: NDArray[np.float32]
    #: Words as phones, and the phone at each step.
    words: list[list[int]]
    labels: NDArray[np.int8]
    is_exact: bool


def clips(voices: Sequence[str], rng: np.random.Generator) -> Iterator[tuple[str, str]]:
    """Texts and the voices that say them: sentences, and their words in random order."""
    given: dict[str, list[str]] = json.loads(SENTENCES.read_text())
    for language, texts in given.items():
        words = [word.strip(".,?!;:¿¡") for text in texts for word in text.split()]
        mixed = [" ".join(rng.choice(words, 8)) for _ in range(10)] if len(words) > 40 else []
        for text in (*texts, *texts, *mixed):
            yield text, f"espeak:{language}{rng.choice(VARIANTS)}"
    for text in given["en-us"] * 8:
        if voices:
            yield text, str(rng.choice(voices))


def example(text: str, voice: str, rng: np.random.Generator, hama: PosteriorModel) -> Example:
    speech = speak(text, voice, speed=float(rng.uniform(0.75, 1.15)))
    samples = speech.sound.mono().resampled(SPEECH_RATE).samples[:, 0]
    stretch = 1.0
    if rng.random() < 0.65:
        stretch = float(rng.uniform(0.87, 1.13))
        samples = disturbed(soxr.resample(samples, SPEECH_RATE, SPEECH_RATE * stretch), rng)
    samples = samples.astype(np.float32)
    even = samples * levelling(samples)
    spectrum = log_mel(even)
    heard = [
        hama.log_probabilities(even[chunk.heard.start * HOP : chunk.heard.end * HOP])[
            chunk.own.start - chunk.heard.start :
        ][: chunk.own.length]
        for chunk in cut(even)
    ]
    return Example(
        log_probabilities=np.concatenate(heard),
        spectrum=spectrum,
        words=phones_by_word(speech.alignment),
        labels=labels(speech.alignment, len(spectrum), stretch),
        is_exact=voice.startswith("espeak"),
    )


def disturbed(samples: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float64]:
    """The samples through a random equaliser, room and noise."""
    count = len(samples)
    hertz = np.fft.rfftfreq(count, 1 / SPEECH_RATE)
    decibels = np.cumsum(rng.normal(0, 2.5, 8))
    knots = [0, 200, 500, 1000, 2000, 4000, 6000, 8000]
    spectrum = np.fft.rfft(samples) * 10 ** (np.interp(hertz, knots, decibels - decibels[3]) / 20)
    length = int(SPEECH_RATE * rng.uniform(0.08, 0.45))
    room = rng.normal(size=length) * np.exp(-6.9 * np.arange(length) / length)
    room *= rng.uniform(0, 0.45) / np.sqrt(np.sum(room**2))
    room[0] += 1
    size = count + length
    wet = np.fft.irfft(np.fft.rfft(np.fft.irfft(spectrum, count), size) * np.fft.rfft(room, size))
    noise = np.fft.irfft(np.fft.rfft(rng.normal(size=count)) / (1 + hertz / 200) ** rng.random())
    noise = np.resize(noise, count)
    level = np.sqrt(np.mean(samples**2) / np.mean(noise**2))
    return wet[:count] + noise * level * 10 ** (-rng.uniform(8, 40) / 20)


def phones_by_word(alignment: Alignment) -> list[list[int]]:
    return [
        [
            phone
            for phoneme in alignment.phonemes
            if phoneme.symbol and word.span.start <= phoneme.span.start < word.span.end
            for phone in phones_of(phoneme.symbol)
        ]
        for word in alignment.words
    ]


def labels(alignment: Alignment, steps: int, stretch: float) -> NDArray[np.int8]:
    found = np.zeros(steps, np.int8)
    for phoneme in alignment.phonemes:
        phones = phones_of(phoneme.symbol) if phoneme.symbol else (SILENT,)
        start, end = (
            round(tick * stretch / STEP) for tick in (phoneme.span.start, phoneme.span.end)
        )
        found[start:end] = phones[-1]
        if len(phones) > 1:
            found[start : start + round((end - start) * FIRST_VOWEL)] = phones[0]
    return found


def relabelled(given: Example, weights: acoustic_model.Weights) -> Example:
    """The example with its labels moved to where the network hears its phones."""
    words = [
        transcript.SpokenWord(text="", phonemes=tuple(PHONES[phone] for phone in word))
        for word in given.words
        if word
    ]
    states, graph = transcript.graph_of(words)
    inputs = acoustic_model.features(given.log_probabilities, given.spectrum, weights)
    found = np.zeros(len(given.labels), np.int8)
    for run in follow(scores_of(acoustic_model.network(inputs, weights), weights.prior), graph):
        is_gap = states[run.state].phoneme is None
        found[run.start : run.end] = SILENT if is_gap else graph.column[run.state]
    return dataclasses.replace(given, labels=found)


def untrained(examples: Sequence[Example], tokens: Sequence[str]) -> acoustic_model.Weights:
    """Weights with their projection, prior and order of phones, and no layers yet."""
    rows = np.concatenate([np.maximum(e.log_probabilities[::3], -10) for e in examples])
    mean = rows.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov((rows - mean).T))
    directions = vectors[:, ::-1][:, :PROJECTED] / values[::-1][:PROJECTED] ** 0.35
    counts = np.maximum(
        np.bincount(np.concatenate([e.labels for e in examples]), minlength=len(PHONES)), 200
    )
    return acoustic_model.Weights(
        fusion=fusion(tokens),
        mean=mean.astype(np.float32),
        directions=directions.astype(np.float32),
        layers=(),
        prior=np.log(counts / counts.sum()).astype(np.float32),
        transition=transition(examples),
    )


def fusion(tokens: Sequence[str]) -> NDArray[np.float32]:
    """Sums tokens into the phones they mean, word end and blank; unused columns left out."""
    meaning = folded(tokens)
    matrix = np.zeros((len(tokens), len(PHONES) + 2), np.float32)
    for token, kind in zip(*np.nonzero(meaning.folding), strict=True):
        for phone in meaning.phones[kind]:
            matrix[token, phone] = 1 / len(meaning.phones[kind])
    matrix[list(tokens).index("<wb>"), -2] = matrix[list(tokens).index("<blank>"), -1] = 1
    return matrix[:, matrix.any(axis=0)]


def transition(examples: Iterable[Example]) -> NDArray[np.float32]:
    """Log probability of one phone after another, a third of it whatever came before."""
    counts = np.full((len(PHONES), len(PHONES)), 0.2)
    for given in examples:
        phones = [SILENT, *(phone for word in given.words for phone in word), SILENT]
        np.add.at(counts, (phones[:-1], phones[1:]), 1)
    np.fill_diagonal(counts, 0.02)
    counts /= counts.sum(axis=1, keepdims=True)
    return np.log(0.7 * counts + 0.3 * counts.mean(axis=0)).astype(np.float32)


class Adam:
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019), on a warm-up and a cosine."""

    def __init__(self, parameters: list[NDArray[np.float32]], steps: int) -> None:
        self.parameters = parameters
        self._first = [np.zeros_like(parameter) for parameter in parameters]
        self._second = [np.zeros_like(parameter) for parameter in parameters]
        self._steps = steps
        self._step = 0

    def follow(self, gradients: Sequence[NDArray[np.float32]]) -> None:
        self._step += 1
        rate = LEARNING_RATE * min(1, self._step / 200)
        rate *= 0.5 + 0.5 * np.cos(np.pi * self._step / self._steps)
        for place, gradient in enumerate(gradients):
            first, second = self._first[place], self._second[place]
            first += 0.1 * (gradient - first)
            second += 0.001 * (gradient * gradient - second)
            parameter = self.parameters[place]
            change = first / (1 - 0.9**self._step)
            change /= np.sqrt(second / (1 - 0.999**self._step)) + 1e-8
            decay = WEIGHT_DECAY if parameter.ndim > 1 else 0
            parameter -= rate * (change + decay * parameter)


def trained(
    examples: Sequence[Example],
    weights: acoustic_model.Weights,
    epochs: int,
    rng: np.random.Generator,
) -> acoustic_model.Weights:
    """Weights with layers trained on cross entropy, half of all silence left out."""
    heard = [
        acoustic_model.features(e.log_probabilities, e.spectrum, weights).astype(np.float16)
        for e in examples
    ]
    inputs = np.concatenate(heard)
    targets = np.concatenate([e.labels for e in examples]).astype(int)
    kept = (targets != SILENT) | (rng.random(len(targets)) < 0.5)
    inputs, targets = inputs[kept], targets[kept]
    parameters = drawn((inputs.shape[1], *HIDDEN, len(PHONES)), rng)
    batches = len(targets) // BATCH
    adam = Adam(parameters, epochs * batches)
    for epoch in range(epochs):
        losses = []
        for chosen in np.split(rng.permutation(len(targets))[: batches * BATCH], batches):
            batch = hidden(inputs[chosen].astype(np.float32), rng)
            loss, gradients = slopes(batch, targets[chosen], parameters)
            losses.append(loss)
            adam.follow(gradients)
        print(f"epoch {epoch + 1} of {epochs}: cross entropy {np.mean(losses):.3f}", flush=True)
    layers = tuple(zip(parameters[::2], parameters[1::2], strict=True))
    return dataclasses.replace(weights, layers=layers)


def drawn(sizes: Sequence[int], rng: np.random.Generator) -> list[NDArray[np.float32]]:
    """Matrices and biases of layers between these sizes, as He et al. 2015 draw them."""
    return [
        array
        for inputs, outputs in itertools.pairwise(sizes)
        for array in (
            rng.normal(0, np.sqrt(2 / inputs), (inputs, outputs)).astype(np.float32),
            np.zeros(outputs, np.float32),
        )
    ]


def hidden(inputs: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Inputs with the spectrum or hama's part left out here and there."""
    spectrum = len(acoustic_model.SPECTRUM_CONTEXT) * 24
    draw = rng.random(len(inputs))
    inputs[draw < WITHOUT_SPECTRUM, -spectrum:] = 0
    inputs[draw > 1 - WITHOUT_HAMA, :-spectrum] = 0
    return inputs


def slopes(
    inputs: NDArray[np.float32],
    targets: NDArray[np.int_],
    parameters: Sequence[NDArray[np.float32]],
) -> tuple[float, list[NDArray[np.float32]]]:
    """Mean cross entropy of a batch and its gradient for each parameter."""
    values = [inputs]
    for matrix, bias in zip(parameters[:-2:2], parameters[1:-2:2], strict=True):
        values.append(np.maximum(values[-1] @ matrix + bias, 0))
    scores = values[-1] @ parameters[-2] + parameters[-1]
    scores -= scores.max(axis=1, keepdims=True)
    log_posteriors = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    rows = np.arange(len(targets))
    wanted = np.full_like(scores, SMOOTHING / len(PHONES))
    wanted[rows, targets] += 1 - SMOOTHING
    slope = (np.exp(log_posteriors) - wanted) / len(targets)
    gradients: list[NDArray[np.float32]] = []
    for level in range(len(values) - 1, -1, -1):
        gradients = [values[level].T @ slope, slope.sum(axis=0), *gradients]
        slope = (slope @ parameters[2 * level].T) * (values[level] > 0)
    return float(-log_posteriors[rows, targets].mean()), gradients


def save(weights: acoustic_model.Weights, path: Path) -> None:
    """Write the weights, matrices as bytes with a scale per column."""
    arrays: dict[str, NDArray[np.generic]] = {
        "fusion": weights.fusion.astype(np.float16),
        "mean": weights.mean,
        "prior": weights.prior,
        "transition": weights.transition.astype(np.float16),
    }
    matrices = {"directions": weights.directions}
    for number, (matrix, bias) in enumerate(weights.layers):
        matrices[f"layer{number}"] = matrix
        arrays[f"bias{number}"] = bias
    for name, matrix in matrices.items():
        scale = np.abs(matrix).max(axis=0) / 127
        arrays[name] = np.round(matrix / scale).astype(np.int8)
        arrays[f"{name}_scale"] = scale.astype(np.float32)
    np.savez_compressed(path, **arrays)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--voices", nargs="*", default=["kokoro:bf_emma"])
    parser.add_argument("--epochs", type=int, default=14)
    parser.add_argument("--most", type=int, help="clips to make at most, to try the script")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    given = parser.parse_args()
    rng = np.random.default_rng(7)
    hama = PosteriorModel()
    wanted = list(clips(given.voices, rng))[: given.most]
    examples = [example(text, voice, rng, hama) for text, voice in wanted]
    print(f"{len(examples)} clips")
    weights = trained(examples, untrained(examples, hama.tokens), given.epochs, rng)
    for _ in range(2):
        examples = [e if e.is_exact else relabelled(e, weights) for e in examples]
        weights = trained(examples, weights, given.epochs, rng)
    save(weights, given.out)


if __name__ == "__main__":
    main()
