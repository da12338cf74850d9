"""How well speech is timed: alignment with a transcript, recognition without, and what it costs.

Truth is what a synthesizer says it spoke: espeak-ng exactly, Kokoro by its own durations, of which
one constant per voice is taken off that was fitted on other sentences. Nothing here was used to
train the acoustic model: neither these sentences nor Kokoro's two voices.

    python benchmarks/speech_bench.py [--quick] [--out ROWS.json]
"""

import argparse
import itertools
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray

from rows import Row, at_least, at_most, reported, save
from talkies.core.alignment import Alignment, Phoneme
from talkies.core.mouth import mouth_curves
from talkies.core.phonemes import INVENTORY
from talkies.core.timing import SPEECH_RATE, frame_count
from talkies.errors import MissingDependency, TranscriptMismatch
from talkies.speech.listening.alignment import Aligner
from talkies.speech.listening.recognition import Recogniser
from talkies.speech.synthesis import speak

SENTENCES = Path(__file__).parent / "sentences"
ENGLISH = "en-us"
KOKORO_VOICES = ("kokoro:af_heart", "kokoro:am_michael")

#: Groups of sounds that look alike on a mouth.
GROUPS = {
    "PBM": "p b m ɓ ʙ",
    "FV": "f v ʋ ɸ β ɱ",
    "TH": "θ ð",
    "T": "t d n l ɾ ʈ ɖ ɳ ɭ r ɽ ʎ ɲ ɮ ɬ ɗ",
    "S": "s z ɕ ʑ",
    "SH": "ʃ ʒ tʃ dʒ ʂ ʐ tɕ dʑ ʈʂ ɖʐ",
    "K": "k ɡ ŋ x ɣ h ħ q χ ʁ ɦ c ɟ ç ʝ ʔ ʕ ɴ ɢ ɰ",
    "R": "ɹ ɚ ɝ ɻ ʀ",
    "I": "i ɪ j ɨ y ʏ",
    "U": "u ʊ w ɯ ɥ ʉ ʍ",
    "O": "o ɔ ɤ ø œ ɵ",
    "A": "a ɑ ɐ ʌ ə æ ɒ ɜ ɞ",
    "E": "e ɛ ɘ",
}
GROUP = {symbol: name for name, symbols in GROUPS.items() for symbol in symbols.split()}

#: A closure counts as found within this time of the true one, in seconds.
NEAR = 0.08


@dataclass(frozen=True)
class Clip:
    """Speech whose timing is known."""

    text: str
    language: str
    samples: NDArray[np.float32]
    truth: Alignment


@dataclass
class Tally:
    """Counts over several clips."""

    errors: int = 0
    groups: int = 0
    closures: int = 0
    found: int = 0
    claimed: int = 0
    right: int = 0

    def add(self, truth: Alignment, heard: Alignment) -> None:
        expected, got = groups(truth), groups(heard)
        self.errors += edits([name for name, _ in expected], [name for name, _ in got])
        self.groups += len(expected)
        wanted = [at for name, at in expected if name == "PBM"]
        claims = [at for name, at in got if name == "PBM"]
        self.closures += len(wanted)
        self.claimed += len(claims)
        self.found += sum(any(abs(at - claim) < NEAR for claim in claims) for at in wanted)
        self.right += sum(any(abs(at - claim) < NEAR for at in wanted) for claim in claims)

    @property
    def error(self) -> float:
        return 100 * self.errors / max(self.groups, 1)

    @property
    def recall(self) -> float:
        return 100 * self.found / max(self.closures, 1)

    @property
    def precision(self) -> float:
        return 100 * self.right / max(self.claimed, 1)


@dataclass
class Clock:
    """CPU-seconds per second of speech."""

    cpu: float = 0.0
    speech: float = 0.0
    ratios: list[float] = field(default_factory=list)

    def time(self, clip: Clip, work: Callable[[], Alignment]) -> Alignment:
        start = time.process_time()
        done = work()
        self.cpu += time.process_time() - start
        self.speech += len(clip.samples) / SPEECH_RATE
        return done


def groups(alignment: Alignment) -> list[tuple[str, float]]:
    """Groups in order with the middle of each, seconds; neighbours of one group are one."""
    found: list[tuple[str, float]] = []
    for phoneme in alignment.phonemes:
        parts = INVENTORY[phoneme.symbol].parts or (phoneme.symbol,) if phoneme.symbol else ()
        for part in parts:
            if not found or found[-1][0] != GROUP[part]:
                found.append((GROUP[part], phoneme.span.middle / SPEECH_RATE))
    return found


def edits(one: Sequence[str], other: Sequence[str]) -> int:
    """Levenshtein distance."""
    row = list(range(len(other) + 1))
    for number, left in enumerate(one, 1):
        above, row = row, [number]
        for place, right in enumerate(other):
            row.append(min(row[-1] + 1, above[place + 1] + 1, above[place] + (left != right)))
    return row[-1]


def sentences(name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = json.loads((SENTENCES / f"{name}.json").read_text())
    return found


def spoken(text: str, voice: str, language: str) -> Clip:
    speech = speak(text, voice)
    samples = speech.sound.mono().resampled(SPEECH_RATE).samples[:, 0]
    return Clip(text=text, language=language, samples=samples, truth=speech.alignment)


def boundary_errors(truth: Alignment, placed: Alignment) -> list[float]:
    """Milliseconds from each true start of a phoneme to where it was placed.

    Only words that both sides give the same phonemes are compared.
    """
    errors: list[float] = []
    for one, other in zip(by_word(truth), by_word(placed), strict=False):
        if [p.symbol for p in one] == [p.symbol for p in other]:
            errors += [
                (b.span.start - a.span.start) * 1000 / SPEECH_RATE
                for a, b in zip(one, other, strict=True)
            ]
    return errors


def by_word(alignment: Alignment) -> list[list[Phoneme]]:
    return [
        [
            p
            for p in alignment.phonemes
            if p.symbol and word.span.start <= p.span.start < word.span.end
        ]
        for word in alignment.words
    ]


def middle(errors: Sequence[float], bias: float = 0.0) -> float:
    return float(np.median(np.abs(np.array(errors) - bias)))


def english_rows(clips: Sequence[Clip], recogniser: Recogniser) -> Iterator[Row]:
    tally, clock = Tally(), Clock()
    for clip in clips:
        heard = clock.time(clip, lambda clip=clip: recogniser.recognise(clip.samples))
        tally.add(clip.truth, heard)
    yield at_most("speech.recognise.espeak_en.group_error", tally.error, 18, "%")
    yield at_least("speech.recognise.espeak_en.pbm_recall", tally.recall, 90, "%")
    yield at_least("speech.recognise.espeak_en.pbm_precision", tally.precision, 90, "%")
    yield at_most("speech.recognise.cpu_per_second", clock.cpu / clock.speech, 0.10)


def placed_rows(clips: Sequence[Clip], aligner: Aligner) -> Iterator[Row]:
    errors: list[float] = []
    clock, failures = Clock(), 0
    for clip in clips:
        try:
            placed = clock.time(
                clip, lambda clip=clip: aligner.align(clip.samples, clip.text, clip.language)
            )
        except TranscriptMismatch:
            failures += 1
            continue
        errors += boundary_errors(clip.truth, placed)
    yield at_most("speech.align.espeak.median_error", middle(errors), 15, "ms")
    yield reported("speech.align.espeak.boundaries", len(errors), "count")
    yield at_most("speech.align.espeak.failures", failures, 0, "count")
    yield at_most("speech.align.cpu_per_second", clock.cpu / clock.speech, 0.10)


def mismatch_rows(clips: Sequence[Clip], aligner: Aligner) -> Iterator[Row]:
    """Wrong transcripts: another sentence of the same language, and one in another language."""
    refused = tried = 0
    for clip, other in zip(clips, [*clips[5:], *clips[:5]], strict=True):
        tried += 1
        try:
            placed = aligner.align(clip.samples, other.text, other.language)
            refused += bool(placed.warnings)
        except TranscriptMismatch:
            refused += 1
    yield at_least("speech.align.wrong_transcripts_caught", 100 * refused / tried, 90, "%")


def language_rows(given: dict[str, list[str]], recogniser: Recogniser, most: int) -> Iterator[Row]:
    errors, whole = [], Tally()
    for language, texts in given.items():
        if language == ENGLISH:
            continue
        tally = Tally()
        for text in texts[:most]:
            clip = spoken(text, f"espeak:{language}", language)
            heard = recogniser.recognise(clip.samples)
            tally.add(clip.truth, heard)
            whole.add(clip.truth, heard)
        errors.append(tally.error)
        yield reported(f"speech.recognise.espeak_{language}.group_error", tally.error, "%")
    yield at_most("speech.recognise.12_languages.group_error", float(np.mean(errors)), 34, "%")
    yield at_least("speech.recognise.12_languages.pbm_recall", whole.recall, 88, "%")
    yield reported("speech.recognise.12_languages.pbm_precision", whole.precision, "%")


def kokoro_rows(
    texts: Sequence[str],
    fitting: Sequence[str],
    recogniser: Recogniser,
    aligner: Aligner,
) -> Iterator[Row]:
    tally, residues, failures = Tally(), [], 0
    similar: list[float] = []
    for voice in KOKORO_VOICES:
        fitted = [spoken(text, voice, ENGLISH) for text in fitting]
        bias = float(np.median([e for clip in fitted for e in kokoro_errors(clip, aligner)]))
        name = voice.partition(":")[2]
        yield reported(f"speech.align.{name}.bias", bias, "ms")
        for text in texts:
            clip = spoken(text, voice, ENGLISH)
            heard = recogniser.recognise(clip.samples)
            tally.add(clip.truth, heard)
            similar.append(opening_r(clip.truth, heard))
            try:
                residues += [error - bias for error in kokoro_errors(clip, aligner)]
            except TranscriptMismatch:
                failures += 1
    yield at_most("speech.align.kokoro.median_error", middle(residues), 20, "ms")
    yield at_most("speech.align.kokoro.failures", failures, 0, "count")
    yield at_most("speech.recognise.kokoro.group_error", tally.error, 11, "%")
    yield at_least("speech.recognise.kokoro.pbm_recall", tally.recall, 95, "%")
    yield at_least("speech.recognise.kokoro.pbm_precision", tally.precision, 94, "%")
    yield at_least("speech.recognise.kokoro.opening_r", float(np.mean(similar)), 0.90, "r")


def kokoro_errors(clip: Clip, aligner: Aligner) -> list[float]:
    return boundary_errors(clip.truth, aligner.align(clip.samples, clip.text, clip.language))


def opening_r(one: Alignment, other: Alignment) -> float:
    """Correlation of the mouth openings that two alignments lead to, at 25 frames per second."""
    curves = [opening(alignment) for alignment in (one, other)]
    return float(np.corrcoef(*curves)[0, 1])


def opening(alignment: Alignment) -> NDArray[np.float32]:
    fps = Fraction(25)
    frames = frame_count(alignment.length, SPEECH_RATE, fps)
    return mouth_curves(alignment, fps, frames).opening


def long_rows(clips: Sequence[Clip], recogniser: Recogniser, seconds: int) -> Iterator[Row]:
    """Minutes of speech: the share of seconds with speech in them where phonemes were heard."""
    parts: list[NDArray[np.float32]] = []
    for clip in itertools.cycle(clips):
        parts.append(clip.samples)
        if sum(map(len, parts)) > seconds * SPEECH_RATE:
            break
    samples = np.concatenate(parts)
    heard = recogniser.recognise(samples)
    spoken_at = {p.span.middle // SPEECH_RATE for p in heard.phonemes if p.symbol}
    loud = [
        second
        for second in range(len(samples) // SPEECH_RATE)
        if np.sqrt(np.mean(samples[second * SPEECH_RATE : (second + 1) * SPEECH_RATE] ** 2)) > 0.02
    ]
    covered = 100 * np.mean([second in spoken_at for second in loud])
    yield at_least("speech.recognise.long.seconds_covered", float(covered), 100, "%")


def rows(*, quick: bool = False) -> Iterator[Row]:
    """Every number of this benchmark. `quick` takes two sentences of each kind."""
    most = 2 if quick else 100
    test, tuning = sentences("test"), sentences("tuning")
    recogniser, aligner = Recogniser(), Aligner()
    english = [spoken(text, f"espeak:{ENGLISH}", ENGLISH) for text in test[ENGLISH][:most]]
    recogniser.recognise(english[0].samples)
    yield from english_rows(english, recogniser)
    yield from placed_rows(english, aligner)
    yield from mismatch_rows(english, aligner)
    yield from language_rows(test, recogniser, most)
    yield from long_rows(english, recogniser, 30 if quick else 300)
    try:
        yield from kokoro_rows(
            test[ENGLISH][:most], tuning[ENGLISH][: min(most, 4)], recogniser, aligner
        )
    except MissingDependency as missing:
        print(f"No Kokoro here: {missing.message}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    found = []
    for row in rows(quick=given.quick):
        print(row, flush=True)
        found.append(row)
    if given.out:
        save(found, given.out)


if __name__ == "__main__":
    main()
