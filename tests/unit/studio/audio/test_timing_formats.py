import pytest

from talkies.core.alignment import Alignment, AlignmentSource, Phoneme
from talkies.core.timing import TimeRange
from talkies.errors import InvalidOption
from talkies.studio.audio.formats import TIMING_FORMATS, require_words_for, write_timing

WORDLESS = Alignment(
    length=16_000,
    phonemes=(Phoneme(symbol="a", span=TimeRange(0, 16_000)),),
    source=AlignmentSource.RECOGNITION,
)


@pytest.mark.parametrize("name", [name for name, f in TIMING_FORMATS.items() if not f.needs_words])
def test_formats_of_sounds_need_no_words(name: str) -> None:
    assert len(write_timing(WORDLESS, name, "a.wav")) > 10


@pytest.mark.parametrize("name", ["srt", "vtt"])
def test_captions_need_words(name: str) -> None:
    with pytest.raises(InvalidOption) as caught:
        write_timing(WORDLESS, name, "a.wav")
    assert "--transcript" in caught.value.hint


def test_another_format_names_those_there_are() -> None:
    with pytest.raises(InvalidOption) as caught:
        require_words_for("ass", has_words=True)
    assert "textgrid" in caught.value.hint


def test_rhubarb_names_the_recording() -> None:
    assert '"soundFile": "a.wav"' in write_timing(WORDLESS, "rhubarb", "a.wav")
