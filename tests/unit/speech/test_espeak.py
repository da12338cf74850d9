"""espeak-ng through its child: phonemes word by word, sound with exact events."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from talkies.errors import (
    ChildCrashed,
    ChildTimedOut,
    EngineFailure,
    InvalidInput,
    InvalidOption,
    UnknownLanguage,
)
from talkies.speech.espeak.client import checked_factor, phonemise, utter
from talkies.speech.espeak.languages import find_language, languages
from talkies.speech.espeak.process import EspeakProcess


def said(text: str, language: str) -> list[tuple[str, str]]:
    return [(word.text, "".join(word.symbols)) for word in phonemise(text, language)]


def test_each_written_word_has_its_phonemes() -> None:
    assert said("Hello, my friend.", "en") == [
        ("Hello,", "həloʊ"),
        ("my", "maɪ"),
        ("friend.", "fɹɛnd"),
    ]


def test_a_number_is_one_written_word_of_several_spoken_ones() -> None:
    (have, number, dogs) = phonemise("Have 42 dogs", "en")
    assert (have.text, number.text, dogs.text) == ("Have", "42", "dogs")
    assert "".join(number.symbols) == "fɔɹɾitu"
    assert len(number.parts) == 2


def test_phrases_that_espeak_says_as_one_word_are_shared_out() -> None:
    assert said("all of the men", "en")[1:3] == [("of", "ʌv"), ("the", "ðə")]


def test_words_after_abbreviations_and_sentences_keep_their_phonemes() -> None:
    text = "Don't call Dr. Smith, e.g. at 3:45pm -- he paid $12.50! Going to the U.S. tomorrow?"
    words = said(text, "en")
    assert " ".join(text for text, _ in words) == text
    spoken = dict(words)
    assert spoken["Dr."] == "dɑktɚ"
    assert spoken["Smith,"] == "smɪθ"
    assert spoken["$12.50!"].startswith("twɛlvdɑlɚz")
    assert spoken["Going"].startswith("ɡoʊ")
    assert spoken["tomorrow?"].startswith("tə")


def test_markup_is_read_out() -> None:
    words = said("Say <speak> & [[h@l]] now", "en")
    assert words[1] == ("<speak>", "spik")
    assert words[-1] == ("now", "naʊ")


def test_scripts_without_spaces_have_words_too() -> None:
    words = said("你好，我有42只狗。", "zh")
    assert "".join(text for text, _ in words) == "你好，我有42只狗。"
    assert len(words) >= 5
    assert all(symbols for _, symbols in words)


@pytest.mark.parametrize("text", ["", "  \n", "...!", "\x01\x02", "😀"])
def test_nothing_to_speak_is_invalid_input(text: str) -> None:
    with pytest.raises(InvalidInput, match="nothing to speak"):
        phonemise(text, "en")


def test_every_language_can_be_phonemised() -> None:
    for language in languages():
        assert any(word.symbols for word in phonemise("papa mama 3", language.code)), language.code


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("de", "de"), ("DE_at", "de"), ("German", "de"), ("deutsch", "de"), ("en", "en-us"),
        ("english", "en-us"), ("en-GB", "en-gb"), ("en-AU", "en-gb"), ("zh", "cmn"),
        ("zh-Hans-CN", "cmn"), ("fr", "fr-fr"), ("fr-CA", "fr-fr"), ("pt", "pt"),
        ("pt_BR", "pt-br"), ("es-MX", "es-419"), ("Norwegian", "nb"), ("日本語", "ja"),
        ("gmw/de", "de"), ("French (Belgium)", "fr-be"), ("de_DE.UTF-8", "de"),
        ("sr-Latn-RS", "sr"), ("no", "nb"), ("no-NO", "nb"), ("es-419", "es-419"),
        ("fr-015", "fr-fr"),
    ],
)  # fmt: skip
def test_languages_are_found_by_many_names(name: str, code: str) -> None:
    assert find_language(name).code == code


@pytest.mark.parametrize(
    "name",
    [
        "Germn",
        "xx",
        "",
        "-",
        "klingonese-x",
        "no-such-language",
        "de-nonsense",
        "en-such",
        "de-de-at",
        "x" * 10_000,
    ],
)
def test_unknown_languages_are_named_with_near_ones(name: str) -> None:
    with pytest.raises(UnknownLanguage) as raised:
        find_language(name)
    assert "talkies voices" in raised.value.hint
    if name == "Germn":
        assert "german" in raised.value.hint


def test_events_cover_the_sound_in_order() -> None:
    utterance = utter("Maybe Paul and Bob move.", find_language("en").identifier)
    starts = [sound.sample for sound in utterance.sounds]
    assert starts == sorted(starts)
    assert starts[-1] <= len(utterance.samples)
    assert utterance.samples.dtype == np.float32
    assert {sound.word for sound in utterance.sounds} == set(range(5))


def test_closures_fall_on_quiet_samples() -> None:
    utterance = utter("papa papa", find_language("es").identifier)
    starts = [sound.sample for sound in utterance.sounds] + [len(utterance.samples)]
    levels = {"p": [], "a": []}
    for index, sound in enumerate(utterance.sounds):
        symbol = sound.ipa.strip("ˈˌ")
        if symbol in levels:
            part = utterance.samples[starts[index] : starts[index + 1]]
            levels[symbol].append(float(np.sqrt(np.mean(part**2))))
    assert len(levels["p"]) == 4
    assert max(levels["p"]) < 0.5 * min(levels["a"])


def test_speed_and_pitch_change_the_sound() -> None:
    identifier = find_language("en").identifier
    text = "The quick brown fox jumps over the lazy dog."
    plain = utter(text, identifier)
    fast = utter(text, identifier, speed=2.0)
    high = utter(text, identifier, pitch=2.0)
    assert 0.4 < len(fast.samples) / len(plain.samples) < 0.65
    assert _pitch(high.samples, high.rate) > 1.5 * _pitch(plain.samples, plain.rate)


def _pitch(samples: np.ndarray, rate: int) -> float:
    """Of the strongest autocorrelation between 60 and 400 Hz in the loudest half second."""
    size = rate // 2
    loudest = max(
        range(0, len(samples) - size, size // 4), key=lambda i: np.abs(samples[i : i + size]).sum()
    )
    part = samples[loudest : loudest + size]
    spectrum = np.abs(np.fft.rfft(part, 2 * size)) ** 2
    correlation = np.fft.irfft(spectrum)
    lags = np.arange(rate // 400, rate // 60)
    return float(rate / lags[np.argmax(correlation[lags])])


@pytest.mark.parametrize("value", [0.49, 2.01, float("nan"), -1.0, float("inf")])
def test_factors_out_of_range_are_refused(value: float) -> None:
    with pytest.raises(InvalidOption):
        checked_factor(value, "speed")


def test_a_voice_that_espeak_lacks_is_a_failure() -> None:
    with pytest.raises(EngineFailure) as raised:
        utter("hello", "nonsense")
    assert raised.value.details == {"failure": "voice", "voice": "nonsense"}


def test_a_request_that_crashes_the_library_is_a_failure_and_the_next_one_works() -> None:
    with EspeakProcess() as process:
        with pytest.raises(EngineFailure, match="crash"):
            process.ask({"action": "say"})
        assert process.ask(_request("hello"))[0]["samples"] > 1000


def test_the_same_text_always_sounds_the_same() -> None:
    first = utter("Hello my friend.", "gmw/en-US")
    utter("Something else in between.", "roa/fr")
    again = utter("Hello my friend.", "gmw/en-US")
    np.testing.assert_array_equal(first.samples, again.samples)
    assert first.sounds == again.sounds


def test_a_dead_child_is_replaced() -> None:
    with EspeakProcess() as process:
        first = process.ask(_request("hello"))
        host = process._host
        assert host is not None
        assert host._child is not None
        os.kill(host._child.pid, signal.SIGKILL)
        assert process.ask(_request("hello")) == first


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_fails_as_nobody_foresaw_leaves_nobody_waiting() -> None:
    with EspeakProcess(request_seconds=20) as process:
        with pytest.raises(ChildCrashed):
            process.ask({"action": object()})
        assert process.ask(_request("hello"))[0]["samples"] > 1000


def test_a_request_that_takes_too_long_ends_the_child() -> None:
    with EspeakProcess(request_seconds=0.001) as process, pytest.raises(ChildTimedOut):
        process.ask(_request("hello " * 300))


def test_closing_twice_is_harmless_and_a_new_request_starts_again() -> None:
    process = EspeakProcess()
    process.close()
    process.ask({"action": "voices"})
    process.close()
    process.close()
    header, _ = process.ask({"action": "voices"})
    assert len(header["voices"]) > 100
    process.close()


def test_many_threads_share_one_child() -> None:
    texts = [f"number {count}" for count in range(12)]
    alone = [[word.symbols for word in phonemise(text, "en")] for text in texts]
    found: dict[int, list[tuple[str, ...]]] = {}

    def work(index: int) -> None:
        utterance = utter(texts[index], "gmw/en-US", with_sound=False)
        found[index] = [
            tuple(s.ipa for s in utterance.sounds if s.ipa and s.word == word) for word in (0, 1)
        ]

    threads = [threading.Thread(target=work, args=(index,)) for index in range(len(texts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for index, text in enumerate(texts):
        assert found[index] == [word.ipa for word in phonemise(text, "en")]
        assert len(alone[index]) == 2


def test_the_child_dies_with_its_parent() -> None:
    script = (
        "import os, signal\n"
        "from talkies.speech.espeak.process import shared_process\n"
        "process = shared_process(); process.ask({'action': 'voices'})\n"
        "print(process._host._child.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    pid = int(done.stdout)
    deadline = time.monotonic() + 60
    while _is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _is_running(pid)


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/status")
    return not (status.exists() and "State:\tZ" in status.read_text())


def test_our_own_process_never_loads_espeak() -> None:
    script = (
        "import sys\n"
        "from talkies.speech.espeak.client import phonemise\n"
        "phonemise('hello', 'en')\n"
        "assert 'espeakng_loader' not in sys.modules\n"
        "maps = open('/proc/self/maps').read() if sys.platform == 'linux' else ''\n"
        "assert 'espeak' not in maps\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def _request(text: str) -> dict[str, object]:
    return {
        "action": "say", "voice": "gmw/en-US", "text": text, "marked": False, "rate": 175,
        "pitch": 50, "sound": True,
    }  # fmt: skip
