import numpy as np
import pytest

from talkies.speech.listening.chunks import HOP, LONGEST, SURROUNDINGS, cut


@pytest.mark.parametrize("hops", [1, 499, 500, 501, 506, 1234, 7777])
def test_chunks_cover_everything_once_and_none_is_too_long(hops: int) -> None:
    chunks = cut(np.random.default_rng(0).normal(size=hops * HOP - 5).astype(np.float32))
    assert [chunk.own.start for chunk in chunks[1:]] == [chunk.own.end for chunk in chunks[:-1]]
    assert (chunks[0].own.start, chunks[-1].own.end) == (0, hops)
    assert max(chunk.own.length for chunk in chunks) <= LONGEST


def test_a_chunk_hears_its_surroundings_as_far_as_there_are_any() -> None:
    first, second, *_ = cut(np.ones(1200 * HOP, np.float32))
    assert first.heard.start == 0
    assert first.heard.end == first.own.end + SURROUNDINGS
    assert second.heard.start == second.own.start - SURROUNDINGS


def test_cuts_are_made_in_pauses() -> None:
    samples = np.ones(900 * HOP, np.float32)
    samples[400 * HOP : 420 * HOP] = 0
    assert 400 <= cut(samples)[0].own.end <= 420
