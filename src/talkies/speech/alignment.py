"""Timing of a recording whose words are known, in any language espeak-ng can say."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from talkies.core.alignment import SILENCE, Alignment, AlignmentSource, Phoneme, Word
from talkies.core.timing import TimeRange
from talkies.speech.acoustic_model import AcousticModel
from talkies.speech.acoustics import STEP
from talkies.speech.confidence import alignment_warnings, listening_warnings, require_match
from talkies.speech.level import require_sound
from talkies.speech.phones import SILENT
from talkies.speech.transcript import SpokenWord, State, graph_of, spoken_words
from talkies.speech.viterbi import Graph, Run, best_path

#: How much the frequency of a phone in the training speech is discounted, 0 to 1.
PRIOR_WEIGHT = 0.5

#: Probability left for a phone of the transcript where something else is heard, and the
#: probability with which a gap takes sound that is not in the transcript.
_UNHEARD = 1e-4
_UNTOLD = 3e-3

#: Steps settled at once (20 s), steps looked ahead (10 s), and states in view.
_SETTLED = 2000
_AHEAD = 1000
_VIEW = 1500


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
        posteriors = self._model.log_posteriors(samples)
        states, graph = graph_of(words)
        runs = follow(_scores(posteriors, self._model), graph)
        phonemes, placed = _placed(runs, states, words, posteriors, graph, len(samples))
        require_match(phonemes, placed)
        return Alignment(
            length=len(samples),
            phonemes=phonemes,
            words=placed,
            language=language,
            source=AlignmentSource.TRANSCRIPT,
            warnings=(*listening_warnings(samples), *alignment_warnings(phonemes, placed)),
        )


def align(samples: NDArray[np.float32], transcript: str, language: str) -> Alignment:
    """`Aligner().align(samples, transcript, language)`, for a single recording."""
    return Aligner().align(samples, transcript, language)


def _scores(posteriors: NDArray[np.float32], model: AcousticModel) -> NDArray[np.float32]:
    """Log likelihood of every phone and, in the last column, of a gap."""
    likely = np.logaddexp(posteriors, np.float32(np.log(_UNHEARD)))
    gap = np.logaddexp(posteriors[:, SILENT], np.float32(np.log(_UNTOLD)))
    likely -= PRIOR_WEIGHT * model.weights.prior
    gap -= PRIOR_WEIGHT * model.weights.prior[SILENT]
    return np.concatenate([likely, gap[:, None]], axis=1).astype(np.float32)


def follow(scores: NDArray[np.float32], graph: Graph) -> tuple[Run, ...]:
    """The likeliest way along the graph, in blocks, so that memory does not grow with length."""
    runs: list[Run] = []
    position = state = 0
    while position < len(scores):
        block = scores[position : position + _SETTLED + _AHEAD]
        is_last = position + len(block) == len(scores)
        found, _ = best_path(block, _view(graph, state, is_first=not runs, is_last=is_last))
        settled = [run for run in found if is_last or run.end <= _SETTLED]
        runs += [
            Run(state=run.state + state, start=run.start + position, end=run.end + position)
            for run in settled
        ]
        if is_last or not settled:
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


def _placed(  # noqa: PLR0913 - one pass over runs needs everything they point to
    runs: Sequence[Run],
    states: Sequence[State],
    words: Sequence[SpokenWord],
    posteriors: NDArray[np.float32],
    graph: Graph,
    length: int,
) -> tuple[tuple[Phoneme, ...], tuple[Word, ...]]:
    phonemes: list[Phoneme] = []
    spans: dict[int, list[Phoneme]] = {}
    latest: State | None = None
    for run in runs:
        state = states[run.state]
        span = TimeRange(run.start * STEP, min(run.end * STEP, length))
        column = SILENT if state.phoneme is None else int(graph.column[run.state])
        confidence = float(np.exp(posteriors[run.start : run.end, column]).mean())
        symbol = SILENCE if state.phoneme is None else words[state.word].phonemes[state.phoneme]
        if latest == state or (phonemes and symbol == SILENCE == phonemes[-1].symbol):
            earlier = phonemes.pop()
            if symbol:
                spans[state.word].pop()
            confidence = (confidence + earlier.confidence) / 2
            span = TimeRange(earlier.span.start, span.end)
        phonemes.append(Phoneme(symbol=symbol, span=span, confidence=confidence))
        if symbol:
            spans.setdefault(state.word, []).append(phonemes[-1])
        latest = state
    placed = tuple(
        Word(
            text=words[index].text,
            span=TimeRange(parts[0].span.start, parts[-1].span.end),
            confidence=float(np.mean([part.confidence for part in parts])),
        )
        for index, parts in sorted(spans.items())
    )
    return tuple(phonemes), placed
