"""Timing of a recording whose words are known, in any language espeak-ng can say."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from talkies.core.alignment import SILENCE, Alignment, AlignmentSource, Phoneme, Word
from talkies.core.timing import SPEECH_RATE, TimeRange
from talkies.speech.listening.acoustic_model import PRIOR_WEIGHT, AcousticModel
from talkies.speech.listening.acoustics import STEP
from talkies.speech.listening.confidence import (
    alignment_warnings,
    listening_warnings,
    require_match,
)
from talkies.speech.listening.level import require_sound
from talkies.speech.listening.phones import SILENT
from talkies.speech.listening.recognition import joined, phonemes_heard
from talkies.speech.listening.transcript import SpokenWord, State, graph_of, spoken_words
from talkies.speech.listening.viterbi import Graph, Run, best_path

#: Probability left for a phone of the transcript where something else is heard, and the
#: probability with which a gap takes sound that is not in the transcript.
_UNHEARD = 1e-4
_UNTOLD = 3e-3

#: Mean probability of silence under which a gap is no pause, and the length (in samples, .2 s) from
#: which such a gap is filled with what was heard.
_PAUSE = 0.3
_LONGEST_LEAP = SPEECH_RATE // 5

#: Steps settled at once (20 s), steps looked ahead (5 s), and states in view.
_SETTLED = 2000
_AHEAD = 500
_VIEW = 900


class Aligner:
    """Places transcripts on recordings. Cheap to make; loads at first use; reusable."""

    def __init__(self, model: AcousticModel | None = None) -> None:
        self._model = model or AcousticModel()

    def align(self, samples: NDArray[np.float32], transcript: str, language: str) -> Alignment:
        """Phonemes and words of mono samples (n,) at 16 kHz, covering all of them.

        Raises:
            AudioEmpty, AudioSilent: there is nothing to listen to.
            InvalidInput: the transcript has no words, or too many.
            UnknownLanguage: espeak-ng does not speak the language.
            TranscriptMismatch: the recording says something else.
            MissingDependency: the recogniser has no engine for this system.
        """
        require_sound(samples)
        words = spoken_words(transcript, language)
        posteriors, heard = self._listen(samples)
        states, graph = graph_of(words)
        runs = follow(scores_of(posteriors, self._model.weights.prior), graph)
        steps = [_step(run, states, graph, posteriors) for run in runs]
        phonemes, placed = placed_on(steps, words, len(samples))
        match = require_match(placed, words)
        phonemes, untold = completed(phonemes, heard)
        return Alignment(
            length=len(samples),
            phonemes=phonemes,
            words=placed,
            language=language,
            source=AlignmentSource.TRANSCRIPT,
            warnings=(*listening_warnings(samples), *alignment_warnings(match, untold)),
        )

    def _listen(
        self, samples: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], tuple[Phoneme, ...]]:
        """Log posteriors (steps, phones) of the whole recording, and what is heard in it."""
        posteriors: list[NDArray[np.float32]] = []
        heard: list[Phoneme] = []
        for hearing in self._model.listen(samples):
            posteriors.append(hearing.log_posteriors)
            heard += phonemes_heard(hearing, self._model, len(samples))
        return np.concatenate(posteriors), tuple(joined(heard))


def align(samples: NDArray[np.float32], transcript: str, language: str) -> Alignment:
    """`Aligner().align(samples, transcript, language)`, for a single recording."""
    return Aligner().align(samples, transcript, language)


def scores_of(posteriors: NDArray[np.float32], prior: NDArray[np.float32]) -> NDArray[np.float32]:
    """Log likelihood of every phone and, in the last column, of a gap."""
    likely = np.logaddexp(posteriors, np.float32(np.log(_UNHEARD)))
    gap = np.logaddexp(posteriors[:, SILENT], np.float32(np.log(_UNTOLD)))
    likely -= PRIOR_WEIGHT * prior
    gap -= PRIOR_WEIGHT * prior[SILENT]
    return np.concatenate([likely, gap[:, None]], axis=1).astype(np.float32)


def follow(scores: NDArray[np.float32], graph: Graph) -> tuple[Run, ...]:
    """The likeliest way along the graph; empty where the graph does not fit into the scores.

    It is searched in blocks, so that memory does not grow with length.
    """
    runs: list[Run] = []
    position = state = 0
    while position < len(scores):
        block = scores[position : position + _SETTLED + _AHEAD]
        is_last = position + len(block) == len(scores)
        found = best_path(block, _view(graph, state, is_first=not runs, is_last=is_last))
        settled = [run for run in found if is_last or run.end <= _SETTLED]
        runs += [
            Run(state=run.state + state, start=run.start + position, end=run.end + position)
            for run in settled
        ]
        if not settled:
            return ()
        if is_last:
            break
        state, position = found[len(settled)].state + state, runs[-1].end
    return tuple(runs)


def _view(graph: Graph, state: int, *, is_first: bool, is_last: bool) -> Graph:
    """The states from `state` on that a block can reach."""
    part = graph.part(state, min(len(graph.column), state + _VIEW))
    count = len(part.column)
    first = part.first if is_first else np.arange(count) < 1
    last = part.last if is_last else np.ones(count, dtype=np.bool_)
    return Graph(column=part.column, before=part.before, reward=part.reward, first=first, last=last)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """A stay of the path in one state."""

    state: State
    start: int
    end: int
    #: Mean log posterior of what the state stands for.
    heard: float


def _step(
    run: Run, states: Sequence[State], graph: Graph, posteriors: NDArray[np.float32]
) -> _Step:
    state = states[run.state]
    column = SILENT if state.phoneme is None else int(graph.column[run.state])
    heard = float(posteriors[run.start : run.end, column].mean())
    return _Step(state=state, start=run.start, end=run.end, heard=heard)


def placed_on(
    steps: Sequence[_Step], words: Sequence[SpokenWord], length: int
) -> tuple[tuple[Phoneme, ...], tuple[Word, ...]]:
    """Phonemes and words of a path, on a recording of `length` samples."""
    phonemes: list[Phoneme] = []
    parts: dict[int, list[Phoneme]] = {}
    for state, group in itertools.groupby(steps, key=_phoneme_of):
        stays = list(group)
        weights = [stay.end - stay.start for stay in stays]
        heard = np.average([stay.heard for stay in stays], weights=weights)
        phoneme = Phoneme(
            symbol=SILENCE if state is None else words[state.word].phonemes[state.phoneme or 0],
            span=TimeRange(stays[0].start * STEP, min(stays[-1].end * STEP, length)),
            confidence=float(np.exp(heard)),
        )
        phonemes.append(phoneme)
        if state is not None:
            parts.setdefault(state.word, []).append(phoneme)
    return tuple(phonemes), tuple(_word(words[index], parts[index]) for index in sorted(parts))


def _phoneme_of(step: _Step) -> State | None:
    """The same for all stays that are one phoneme; None for all gaps."""
    return None if step.state.phoneme is None else step.state


def _word(word: SpokenWord, parts: Sequence[Phoneme]) -> Word:
    return Word(
        text=word.text,
        span=TimeRange(parts[0].span.start, parts[-1].span.end),
        confidence=float(np.mean([part.confidence for part in parts])),
    )


def completed(
    phonemes: Sequence[Phoneme], heard: Sequence[Phoneme]
) -> tuple[tuple[Phoneme, ...], float]:
    """Phonemes with what was heard in gaps that are no pauses, and the share that this is."""
    found: list[Phoneme] = []
    untold = told = 0
    for phoneme in phonemes:
        is_gap = phoneme.symbol == SILENCE and phoneme.confidence < _PAUSE
        if is_gap and phoneme.span.length >= _LONGEST_LEAP:
            inside = [replace(other, span=other.span.clamped(phoneme.span)) for other in heard]
            found += inside
            untold += sum(other.span.length for other in inside if other.symbol)
        else:
            found.append(phoneme)
            told += phoneme.span.length if phoneme.symbol else 0
    return tuple(joined(found)), untold / max(untold + told, 1)
