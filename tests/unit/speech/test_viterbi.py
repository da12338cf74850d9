import numpy as np

from talkies.speech.listening.viterbi import MINIMUM_STAY, anything, best_path, line


def scores_for(sequence: list[int], columns: int, sure: float = 5.0) -> np.ndarray:
    scores = np.zeros((len(sequence), columns), np.float32)
    scores[np.arange(len(sequence)), sequence] = sure
    return scores


def states(runs: tuple) -> list[int]:
    return [run.state for run in runs]


def test_anything_finds_what_is_there_with_its_edges() -> None:
    runs = best_path(scores_for([0] * 5 + [2] * 4 + [1] * 6, 3), anything(np.zeros((3, 3), "f")))
    assert [(run.state, run.start, run.end) for run in runs] == [(0, 0, 5), (2, 5, 9), (1, 9, 15)]


def test_no_stay_is_shorter_than_the_minimum() -> None:
    noisy = np.random.default_rng(3).normal(size=(60, 4)).astype(np.float32)
    runs = best_path(noisy, anything(np.zeros((4, 4), "f")))
    assert min(run.end - run.start for run in runs) >= MINIMUM_STAY
    assert (runs[0].start, runs[-1].end) == (0, 60)


def test_a_line_keeps_its_order_whatever_the_scores_say() -> None:
    graph = line(np.array([2, 0, 1]), np.zeros(3, bool))
    runs = best_path(scores_for([1] * 6 + [0] * 6 + [2] * 6, 3), graph)
    assert states(runs) == [0, 1, 2]


def test_optional_states_are_passed_over_only_where_nothing_speaks_for_them() -> None:
    graph = line(np.array([0, 1, 0, 2, 0]), np.array([True, False, True, False, True]))
    assert states(best_path(scores_for([1] * 5 + [2] * 5, 3), graph)) == [1, 3]
    assert states(best_path(scores_for([1] * 5 + [0] * 4 + [2] * 5, 3), graph)) == [1, 2, 3]


def test_a_line_that_does_not_fit_gives_nothing() -> None:
    graph = line(np.arange(5), np.zeros(5, bool))
    assert best_path(np.zeros((10, 5), np.float32), graph) == ()
    assert best_path(np.zeros((0, 5), np.float32), graph) == ()
