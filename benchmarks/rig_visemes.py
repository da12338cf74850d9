"""Our mouth shapes beside Rhubarb Lip Sync's, on the same recordings.

    python benchmarks/rig_visemes.py [--quick]
    python benchmarks/rig_visemes.py --record     # asks Rhubarb anew; see benchmarks/rhubarb

The recordings are the test sentences, spoken by our own voices, which know exactly when they say
what: that is the truth for closed lips. We hear them with their transcript, as Rhubarb does. What
Rhubarb said is kept in benchmarks/rhubarb/reference.json, so that the bench needs no npm.
"""

import argparse
import json
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rows import Row, at_least, at_most, reported
from talkies.core.alignment import Alignment, Phoneme
from talkies.core.direction.direct import viseme_clips
from talkies.core.direction.lips import lips
from talkies.core.timing import SPEECH_RATE, frame_count, to_seconds
from talkies.core.visemes import Viseme
from talkies.media.samples import to_16_bit
from talkies.speech.listening.alignment import Aligner
from talkies.speech.listening.recognition import recognise
from talkies.speech.loudness import loudness_curve
from talkies.speech.synthesis import speak
from talkies.speech.voices import find_voice

HERE = Path(__file__).parent
SENTENCES = HERE / "sentences/test.json"
RHUBARB = HERE / "rhubarb"
REFERENCE = RHUBARB / "reference.json"
LANGUAGE = "en-us"
VOICES = ("kokoro:af_heart", "kokoro:am_michael", "espeak:en-us")
FPS = Fraction(24)

#: Closed lips count for a /p b m/ where they show within this many seconds of it.
TOLERANCE = 0.06
#: Closed lips of the truth.
CLOSING = frozenset("pbm")
#: Lips are closed as long as it sounds; a stop's time ends after its burst, when they have parted.
HUM = "m"
LEAST_RECALL = 0.95
#: A voice of another machine may round its last samples otherwise.
SAMPLES_APART = 160

#: What each of Rhubarb's letters and of our visemes looks like; the others are narrow.
CLASSES = {"A": "closed", "C": "open", "D": "open", "E": "round", "F": "round", "X": "rest"} | {
    Viseme.PP: "closed", Viseme.AA: "open", Viseme.E: "open", Viseme.OH: "round",
    Viseme.OU: "round", Viseme.SIL: "rest",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cue:
    """One mouth shape in time: a letter of Rhubarb's, or a viseme of ours."""

    start: float
    end: float
    value: str


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """A sentence that a voice said."""

    voice: str
    text: str
    #: float32 (n,) at `SPEECH_RATE`.
    samples: NDArray[np.float32]
    truth: Alignment

    @property
    def seconds(self) -> float:
        return len(self.samples) / SPEECH_RATE


def recordings(*, quick: bool = False) -> Iterator[Recording]:
    sentences = json.loads(SENTENCES.read_text(encoding="utf-8"))[LANGUAGE]
    for voice in VOICES[:1] if quick else VOICES:
        if not find_voice(voice).available:
            print(f"{voice} is not installed; its rows are left out")
            continue
        for text in sentences:
            speech = speak(text, voice)
            yield Recording(voice, text, speech.sound.mono_at(SPEECH_RATE), speech.alignment)


def rows(*, quick: bool) -> Iterator[Row]:
    reference = {
        (each["voice"], each["text"]): each
        for each in json.loads(REFERENCE.read_text(encoding="utf-8"))["recordings"]
    }
    aligner, tallies = Aligner(), {name: Tally() for name in ("ours", "free", "exact", "rhubarb")}
    pairs, voices = Pairs(), defaultdict(lambda: (Tally(), Tally()))
    for spoken in recordings(quick=quick):
        known = reference[spoken.voice, spoken.text]
        if abs(known["samples"] - len(spoken.samples)) > SAMPLES_APART:
            print(f"{spoken.voice} speaks otherwise than it did for the reference: {spoken.text}")
            continue
        theirs = joined([Cue(*cue) for cue in known["cues"]])
        ours = shapes(aligner.align(spoken.samples, spoken.text, LANGUAGE), spoken)
        tallies["rhubarb"].add(spoken, theirs)
        tallies["ours"].add(spoken, ours)
        tallies["exact"].add(spoken, shapes(spoken.truth, spoken))
        tallies["free"].add(spoken, shapes(recognise(spoken.samples), spoken))
        pairs.add(spoken.seconds, ours, theirs)
        for tally, cues in zip(voices[spoken.voice], (ours, theirs), strict=True):
            tally.add(spoken, cues)
    yield from results(tallies, pairs)
    for voice, (mine, others) in voices.items():
        name = voice.replace(":", "-")
        yield reported(f"rig.visemes.{name}.shapes_over_rhubarb", mine.rate / others.rate)
        yield reported(f"rig.visemes.{name}.closed_lips.recall.rhubarb", others.recall)


def shapes(alignment: Alignment, spoken: Recording) -> list[Cue]:
    """Our mouth on its frames, rests among them, as seconds."""
    frames = frame_count(len(spoken.samples), SPEECH_RATE, FPS)
    loudness = loudness_curve(spoken.samples, SPEECH_RATE, FPS, frames)
    cues, end = [], 0
    for clip in viseme_clips(lips(alignment, FPS, frames, loudness)):
        if clip.span.start > end:
            cues.append(_cue(end, clip.span.start, Viseme.SIL))
        # While it changes a mouth still shows what was before.
        shown = clip.span.start + clip.transition
        if clip.transition and cues:
            cues[-1] = _cue(round(cues[-1].start * FPS), shown, cues[-1].value)
        cues.append(_cue(shown, clip.span.end, str(clip.value)))
        end = clip.span.end
    if end < frames:
        cues.append(_cue(end, frames, Viseme.SIL))
    return cues


def joined(cues: Sequence[Cue]) -> list[Cue]:
    """Cues that end where the next begins, and neighbours of one shape as one.

    The port of Rhubarb gives some that overlap, of which the later one shows.
    """
    found: list[Cue] = []
    ends = [*[min(a.end, b.start) for a, b in pairwise(cues)], *[cue.end for cue in cues[-1:]]]
    for cue, end in zip(cues, ends, strict=True):
        if found and found[-1].value == cue.value:
            found[-1] = replace(found[-1], end=end)
        elif end > cue.start:
            found.append(replace(cue, end=end))
    return found


def _cue(start: int, end: int, value: str) -> Cue:
    return Cue(to_seconds(start, FPS), to_seconds(end, FPS), value)


class Tally:
    """What a lip sync does over many recordings."""

    def __init__(self) -> None:
        self.closures = 0
        self.closed = 0
        self.hums: list[float] = []
        self.cues = 0
        self.seconds = 0.0

    def add(self, spoken: Recording, cues: Sequence[Cue]) -> None:
        shut = [cue for cue in cues if CLASSES.get(cue.value) == "closed"]
        for phoneme in spoken.truth.phonemes:
            if phoneme.symbol in CLOSING and phoneme.span.length:
                start = to_seconds(phoneme.span.start, SPEECH_RATE) - TOLERANCE
                end = to_seconds(phoneme.span.end, SPEECH_RATE) + TOLERANCE
                self.closures += 1
                self.closed += any(cue.start < end and cue.end > start for cue in shut)
            if phoneme.symbol == HUM and phoneme.span.length:
                self.hums.append(_share(phoneme, shut))
        self.cues += len(cues)
        self.seconds += spoken.seconds

    @property
    def recall(self) -> float:
        return self.closed / max(self.closures, 1)

    @property
    def share_of_m(self) -> float:
        """How much of a hum the lips are closed in, in the mean."""
        return sum(self.hums) / max(len(self.hums), 1)

    @property
    def rate(self) -> float:
        return self.cues / max(self.seconds, 1e-9)


def _share(phoneme: Phoneme, cues: Sequence[Cue]) -> float:
    """How much of a sound some of these cues show, 0 to 1."""
    start = to_seconds(phoneme.span.start, SPEECH_RATE)
    end = to_seconds(phoneme.span.end, SPEECH_RATE)
    shown = sum(max(0.0, min(cue.end, end) - max(cue.start, start)) for cue in cues)
    return shown / (end - start)


class Pairs:
    """How far two lip syncs agree, to a frame, on each kind of mouth: 1 is wholly."""

    def __init__(self) -> None:
        self.both = dict.fromkeys(("closed", "open", "round"), 0)
        self.either = dict.fromkeys(self.both, 0)

    def add(self, seconds: float, ours: Sequence[Cue], theirs: Sequence[Cue]) -> None:
        times = (np.arange(int(seconds * FPS)) + 0.5) / float(FPS)
        mine, others = kinds(ours, times), kinds(theirs, times)
        for kind in self.both:
            first, second = mine == kind, others == kind
            self.both[kind] += int((first & near(second)).sum() + (second & near(first)).sum())
            self.either[kind] += int(first.sum() + second.sum())

    def agreement(self, kind: str) -> float:
        return self.both[kind] / max(self.either[kind], 1)


def kinds(cues: Sequence[Cue], times: NDArray[np.float64]) -> NDArray[np.str_]:
    """What kind of mouth shows at each time."""
    ends = np.array([cue.end for cue in cues])
    places = np.minimum(np.searchsorted(ends, times, side="right"), len(cues) - 1)
    return np.array([CLASSES.get(cue.value, "narrow") for cue in cues])[places]


def near(shown: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Frames that show something or have a neighbour that does: no two programs round alike."""
    return np.convolve(shown, np.ones(3), mode="same") > 0


def results(tallies: dict[str, Tally], pairs: Pairs) -> Iterable[Row]:
    ours, theirs = tallies["ours"], tallies["rhubarb"]
    yield reported("rig.visemes.recordings.seconds", theirs.seconds, "s")
    yield at_least("rig.visemes.closed_lips.recall", ours.recall, LEAST_RECALL)
    yield reported("rig.visemes.closed_lips.recall.synthesizer_timing", tallies["exact"].recall)
    yield reported("rig.visemes.closed_lips.recall.no_transcript", tallies["free"].recall)
    yield reported("rig.visemes.closed_lips.recall.rhubarb", theirs.recall)
    yield reported("rig.visemes.closed_lips.share_of_m", ours.share_of_m)
    yield reported(
        "rig.visemes.closed_lips.share_of_m.synthesizer_timing", tallies["exact"].share_of_m
    )
    yield reported("rig.visemes.closed_lips.share_of_m.rhubarb", theirs.share_of_m)
    yield at_most("rig.visemes.shapes_over_rhubarb", ours.rate / max(theirs.rate, 1e-9), 1.0)
    yield reported("rig.visemes.shapes.ours", ours.rate, "1/s")
    yield reported("rig.visemes.shapes.no_transcript", tallies["free"].rate, "1/s")
    yield reported("rig.visemes.shapes.rhubarb", theirs.rate, "1/s")
    for kind in pairs.both:
        yield reported(f"rig.visemes.agreement.{kind}", pairs.agreement(kind))


def record() -> None:
    """Ask Rhubarb, and keep what it says."""
    spoken = list(recordings())
    with tempfile.TemporaryDirectory() as folder:
        names = [{"file": f"{n}.pcm", "text": each.text} for n, each in enumerate(spoken)]
        for name, each in zip(names, spoken, strict=True):
            Path(folder, name["file"]).write_bytes(to_16_bit(each.samples))
        Path(folder, "list.json").write_text(json.dumps(names), encoding="utf-8")
        subprocess.run(["node", str(RHUBARB / "record.mjs"), folder], check=True)  # noqa: S607
        cues = json.loads(Path(folder, "cues.json").read_text(encoding="utf-8"))
    lines = (
        json.dumps(
            {"voice": each.voice, "text": each.text, "samples": len(each.samples), "cues": found},
            ensure_ascii=False,
        )
        for each, found in zip(spoken, cues, strict=True)
    )
    program = json.loads((RHUBARB / "package.json").read_text(encoding="utf-8"))["dependencies"]
    text = ",\n  ".join(lines)
    REFERENCE.write_text(
        f'{{"made_by": {json.dumps(program)}, "recordings": [\n  {text}\n]}}\n', encoding="utf-8"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare our mouth shapes with Rhubarb's.")
    parser.add_argument("--quick", action="store_true", help="one voice only")
    parser.add_argument("--record", action="store_true", help="ask Rhubarb anew")
    given = parser.parse_args()
    if given.record:
        record()
    for row in rows(quick=given.quick):
        print(row, flush=True)


if __name__ == "__main__":
    main()
