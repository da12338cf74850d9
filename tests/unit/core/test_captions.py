import html
import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from speech_made_up import alignments, one_word, said

from talkies.core.alignment import Alignment, AlignmentSource, Word
from talkies.core.caption_text import LINE_COLUMNS, columns
from talkies.core.captions import MAX_SECONDS, Cue, cues, to_srt, to_vtt
from talkies.core.timing import SPEECH_RATE, TimeRange

ENGLISH = (
    "Our platform turns a single portrait and a sentence of text into a talking video. "
    "It runs on a laptop, without a graphics card, without an account. Does it work? Yes!"
)
CHINESE = "今天天气很好，我们去公园散步吧。这个视频是由一张照片和一段文字生成的，不需要显卡。"
THAI = "สวัสดีครับวันนี้อากาศดีมากเราไปเดินเล่นที่สวนสาธารณะกันเถอะนะครับผมชอบดูวิดีโอที่พูดได้"


def lines(captions: tuple[Cue, ...]) -> list[str]:
    return [line for cue in captions for line in cue.text.split("\n")]


def test_words_appear_once_and_in_order() -> None:
    assert " ".join(lines(cues(said(ENGLISH)))) == ENGLISH


def test_two_lines_of_42_columns_hold_every_caption() -> None:
    for cue in cues(said(ENGLISH)):
        assert len(cue.text.split("\n")) <= 2
        assert all(len(line) <= 42 for line in cue.text.split("\n"))


def test_captions_break_where_sentences_and_phrases_end() -> None:
    ends = [cue.text[-1] for cue in cues(said(ENGLISH))]

    assert set(ends) <= set(".,!?")


def test_a_pause_parts_captions() -> None:
    before, after = said("one two three"), said("four five six", start=2.5)
    both = Alignment(
        length=after.length, phonemes=(), words=before.words + after.words,
        source=AlignmentSource.TRANSCRIPT,
    )  # fmt: skip

    assert [cue.text for cue in cues(both)] == ["one two three", "four five six"]


def test_lines_are_balanced() -> None:
    text = "a sentence that is somewhat longer than a single line of text"
    first, second = cues(said(text))[0].text.split("\n")

    assert abs(len(first) - len(second)) < 8


def test_chinese_breaks_without_spaces_after_16_characters() -> None:
    captions = cues(one_word(CHINESE, 9.0))

    assert "".join(lines(captions)) == CHINESE
    assert all(len(line) <= 16 for line in lines(captions))
    assert not any(line.startswith(("，", "。")) for line in lines(captions))


def test_chinese_words_are_joined_without_spaces() -> None:
    captions = cues(said(" ".join("今天天气很好")))

    assert captions[0].text == "今天天气很好"


def test_thai_marks_stay_on_their_letters() -> None:
    captions = cues(one_word(THAI, 8.0))

    assert "".join(lines(captions)) == THAI
    assert all(columns(line) <= LINE_COLUMNS for line in lines(captions))
    assert not any(re.match("[ัิ-ฺ็-๎]", line) for line in lines(captions))


def test_a_word_longer_than_a_line_is_broken() -> None:
    address = "https://example.org/" + "path-" * 20
    captions = cues(one_word(address, 4.0))

    assert "".join(lines(captions)) == address
    assert all(len(line) <= 42 for line in lines(captions))


def test_a_word_without_end_is_broken_too() -> None:
    captions = cues(one_word("a" * 300, 20.0))

    assert "".join(lines(captions)) == "a" * 300
    assert all(len(line) <= 42 for line in lines(captions))


def test_opening_brackets_stay_with_what_they_open() -> None:
    captions = cues(
        one_word("这是一个很长的句子里面有（括号里的内容）以及「引号里的内容」还有别的东西", 8.0)
    )

    assert not any(line.endswith(("（", "「")) for line in lines(captions))


def test_a_short_word_stays_long_enough_to_read() -> None:
    alignment = Alignment(
        length=5 * SPEECH_RATE, phonemes=(), source=AlignmentSource.TRANSCRIPT,
        words=(Word(text="Yes!", span=TimeRange(0, 1600)),),
    )  # fmt: skip

    assert cues(alignment)[0].span.length >= 0.8 * SPEECH_RATE


def test_captions_in_quick_succession_leave_no_gap() -> None:
    captions = cues(said(ENGLISH))

    assert all(before.span.end == after.span.start for before, after in pairwise(captions))


def test_a_very_slow_word_still_leaves_the_screen() -> None:
    assert cues(one_word("Well", 30.0))[0].span.length <= MAX_SECONDS * SPEECH_RATE


def test_no_words_give_no_captions() -> None:
    assert cues(said("")) == ()
    assert to_srt(()) == ""
    assert to_vtt(()) == "WEBVTT\n"


def test_srt_is_written_to_the_letter() -> None:
    captions = (
        Cue(span=TimeRange(0, 24_008), text="One\nline two"),
        Cue(span=TimeRange(3600 * SPEECH_RATE, 3661 * SPEECH_RATE), text="Later"),
    )

    assert to_srt(captions) == (
        "1\n00:00:00,000 --> 00:00:01,501\nOne\nline two\n\n"
        "2\n01:00:00,000 --> 01:01:01,000\nLater\n"
    )


def test_vtt_escapes_what_it_reserves() -> None:
    captions = (Cue(span=TimeRange(0, 16_000), text='<b> & "x" --> y'),)

    assert to_vtt(captions) == (
        'WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n&lt;b&gt; &amp; "x" --&gt; y\n'
    )


def test_an_empty_line_cannot_end_a_caption_early() -> None:
    assert "\n\n" not in to_srt((Cue(span=TimeRange(0, 1), text="a\n\n \nb"),))


@settings(max_examples=60)
@given(alignments())
def test_captions_are_in_order_and_inside_the_recording(alignment: Alignment) -> None:
    captions = cues(alignment)

    assert all(before.span.end <= after.span.start for before, after in pairwise(captions))
    assert all(0 <= cue.span.start <= cue.span.end <= alignment.length for cue in captions)
    assert all(cue.span.length <= MAX_SECONDS * SPEECH_RATE for cue in captions)
    assert all(columns(line) <= LINE_COLUMNS for line in lines(captions))


@settings(max_examples=60)
@given(alignments())
def test_no_letter_is_lost(alignment: Alignment) -> None:
    written = re.sub(r"\s", "", "".join(word.text for word in alignment.words))

    assert re.sub(r"\s", "", "".join(lines(cues(alignment)))) == written


@settings(max_examples=40)
@given(alignments())
def test_srt_times_never_go_back(alignment: Alignment) -> None:
    clocks = re.findall(r"^(\S+) --> (\S+)$", to_srt(cues(alignment)), re.MULTILINE)
    times = [time for pair in clocks for time in pair]

    assert times == sorted(times)


@settings(max_examples=40)
@given(alignments())
def test_vtt_text_comes_back_after_unescaping(alignment: Alignment) -> None:
    captions = cues(alignment)
    written = "".join(line.strip() for cue in captions for line in cue.text.splitlines())

    blocks = re.split(r"^\S+ --> \S+$", to_vtt(captions), flags=re.MULTILINE)[1:]
    read = "".join(line for block in blocks for line in block.splitlines())
    assert html.unescape(read.replace("&amp;", "&amp;amp;")) == html.unescape(
        html.escape(written, quote=False).replace("&amp;", "&amp;amp;")
    )


@pytest.mark.parametrize("text", ["Hello , world !", "wait ..."])
def test_loose_punctuation_needs_no_space(text: str) -> None:
    assert re.search(r"\s[,.!]", cues(said(text))[0].text) is None
