"""How good our own videos are: faces x voices rendered by the portrait engine, then scored.

    python benchmarks/score_bench.py [--faces DIR] [--speech DIR] [--quick]

Synthetic voices know their exact timing, so their videos are scored against it. Recordings are
recognised, and their videos are scored against that: a test of the renderer alone. For one face
the videos are also scored by ear (reference: heard) and driven by ear (no transcript), against
the true timing.
"""

import argparse
import itertools
import os
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from rows import Row, at_least, at_most, between, reported
from talkies.core.acting import perform
from talkies.core.alignment import Alignment
from talkies.core.formats import alignment_to_json
from talkies.core.timing import SPEECH_RATE, frame_count
from talkies.engines.base import RenderRequest
from talkies.engines.portrait import PortraitEngine
from talkies.errors import InvalidInput
from talkies.face.finding.landmarks import Landmarker
from talkies.face.framing.apply import frame_picture
from talkies.face.framing.options import FramingOptions
from talkies.face.framing.plan import plan_framing
from talkies.media.pictures import Picture, load_picture, save_picture
from talkies.media.samples import Sound
from talkies.media.sounds import load_sound, save_sound
from talkies.score.report import Score
from talkies.score.scoring import score_video
from talkies.speech.listening.recognition import recognise
from talkies.speech.loudness import loudness_curve
from talkies.speech.synthesis import speak
from talkies.speech.voices import find_voice

PORTRAIT = Path(__file__).parents[1] / "examples/portrait.png"
FPS = Fraction(25)
#: Seconds of each recording that are used.
RECORDING_SECONDS = 8.0
#: Voices that each face speaks with, when there are many faces.
VOICES_A_FACE = 2
#: Faces that have to meet every target.
FACES_WANTED = 6

ENGLISH = (
    "My name is Bob, and Mama gave five big apples to Pam. "
    "Would you show them, please, how easily a photo can speak?"
)
GERMAN = (
    "Guten Morgen, mein Name ist Bob. Meine Mama gab Pam fünf bunte Äpfel, "
    "und du möchtest bestimmt auch einen haben."
)
VOICES = (
    ("espeak:en-us", ENGLISH),
    ("espeak:de", GERMAN),
    ("kokoro:af_heart", ENGLISH),
    ("kokoro:am_michael", ENGLISH),
)

#: (measure, low, high): the table of the first release; None is open.
TARGETS: tuple[tuple[str, float | None, float | None], ...] = (
    ("opening_r", 0.93, None),
    ("opening_ratio", 0.7, 1.3),
    ("width_r", 0.85, None),
    ("closure", 95.0, None),
    ("lag", -20.0, 20.0),
    ("rigid_drift", None, 0.6),
)
REPORTED = ("closure_chance", "silence_closed", "jitter", "background_psnr")


@dataclass(frozen=True, slots=True)
class Spoken:
    """A voice, what it says, and when."""

    name: str
    sound: Sound
    alignment: Alignment
    #: Whether the timing is the synthesizer's own.
    exact: bool


@dataclass(frozen=True, slots=True)
class Context:
    work_dir: Path
    preview: Path | None = None

    def progress(self, done: int, total: int) -> None: ...


def rows(*, faces: Path | None, speech: Path | None, quick: bool) -> Iterator[Row]:
    """All rows; `faces` and `speech` name folders of pictures and recordings."""
    voices = voices_to_use(speech, quick)
    pictures = list(faces_to_use(faces, quick))
    yield reported("score.faces", len(pictures), "faces")
    yield reported("score.voices", len(voices), "voices")
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        found = defaultdict(list)
        for (name, picture), voice in pairs(pictures, voices):
            score = bench.scored(picture, voice)
            found[name].append(score)
            yield from pair_rows(f"score.{name}.{voice.name}", score)
        yield from summary_rows(found)
        yield reported("score.cost.wall_over_video", bench.scoring / max(bench.video, 1e-9))
        yield reported("score.cost.load", os.getloadavg()[0], "load")
        yield from heard_rows(bench, pictures[0][1], [voice for voice in voices if voice.exact])


def voices_to_use(folder: Path | None, quick: bool) -> list[Spoken]:
    known = [(id_, text) for id_, text in VOICES if find_voice(id_).available]
    spoken = []
    for id_, text in known[:1] if quick else known:
        speech = speak(text, id_)
        name = id_.replace(":", "-")
        spoken.append(Spoken(name, speech.sound, speech.alignment, exact=True))
    return [*spoken, *(recordings(folder) if folder else ())]


def recordings(folder: Path) -> Iterator[Spoken]:
    for path in sorted(folder.iterdir()):
        try:
            whole = load_sound(path)
        except InvalidInput as error:
            print(f"{path.name}: {error}")
            continue
        sound = Sound(whole.samples[: round(RECORDING_SECONDS * whole.rate)], whole.rate)
        alignment = recognise(sound.mono_at(SPEECH_RATE))
        yield Spoken(path.stem, sound, alignment, exact=False)


def faces_to_use(folder: Path | None, quick: bool) -> Iterator[tuple[str, Picture]]:
    yield "portrait", framed(load_picture(PORTRAIT))
    if quick:
        return
    from skimage import data  # noqa: PLC0415 - only the bench needs it, and not always

    yield "astronaut", framed(Picture(pixels=np.asarray(data.astronaut(), np.uint8)))
    for path in sorted(folder.iterdir()) if folder else ():
        try:
            yield path.stem, framed(load_picture(path))
        except InvalidInput as error:
            print(f"{path.name}: {error}")


def framed(picture: Picture) -> Picture:
    """The picture as `talkies render` frames it by default."""
    found = Landmarker().find(picture.pixels)
    if not found:
        raise InvalidInput("no face")
    size = (picture.width, picture.height)
    return frame_picture(picture, plan_framing(size, found[0], FramingOptions()))


def pairs(
    pictures: list[tuple[str, Picture]], voices: list[Spoken]
) -> Iterator[tuple[tuple[str, Picture], Spoken]]:
    """Every face with every voice; where that is too much, each with the next few voices."""
    if len(pictures) * len(voices) <= 2 * FACES_WANTED:
        yield from itertools.product(pictures, voices)
        return
    turn = itertools.cycle(voices)
    for picture in pictures:
        for voice in itertools.islice(turn, min(VOICES_A_FACE, len(voices))):
            yield picture, voice


class Bench:
    """Renders and scores in one folder, and counts what scoring costs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._engine = PortraitEngine()
        self.scoring = 0.0
        self.video = 0.0

    def scored(
        self,
        picture: Picture,
        voice: Spoken,
        *,
        drive: Alignment | None = None,
        heard: bool = False,
    ) -> Score:
        """The score of a video driven by `drive`, or by the voice's own timing."""
        portrait = self._folder / "picture.png"
        save_picture(picture, portrait)
        video = self._rendered(portrait, voice.sound, drive or voice.alignment)
        timing = self._folder / "timing.json"
        timing.write_text(alignment_to_json(voice.alignment), encoding="utf-8")
        start = time.perf_counter()
        score = score_video(video, timing=None if heard else timing, portrait=portrait)
        self.scoring += time.perf_counter() - start
        self.video += score.video.seconds
        return score

    def _rendered(self, portrait: Path, sound: Sound, alignment: Alignment) -> Path:
        save_sound(sound, self._folder / "sound.wav")
        frames = frame_count(alignment.length, SPEECH_RATE, FPS)
        loudness = loudness_curve(sound.mono_at(SPEECH_RATE), SPEECH_RATE, FPS, frames)
        request = RenderRequest(
            portrait=portrait,
            sound=self._folder / "sound.wav",
            performance=perform(alignment, fps=FPS, frames=frames, loudness=loudness),
            fps=FPS,
        )
        return self._engine.render(request, Context(self._folder))


def pair_rows(prefix: str, score: Score) -> Iterator[Row]:
    """The measures of one video that miss their target, so that a reader sees where."""
    for measure, low, high in TARGETS:
        value = score[measure].value
        row = target_row(f"{prefix}.{measure}", value, score[measure].unit, low, high)
        if row is not None and not row.ok:
            yield row


def summary_rows(found: dict[str, list[Score]]) -> Iterator[Row]:
    scores = [score for each in found.values() for score in each]
    for measure, low, high in TARGETS:
        values = known(scores, measure)
        unit = scores[0][measure].unit
        if values:
            row = target_row(f"score.{measure}.median", float(np.median(values)), unit, low, high)
            if row is not None:
                yield row
            yield reported(f"score.{measure}.lowest", min(values), unit)
            yield reported(f"score.{measure}.highest", max(values), unit)
    for measure in REPORTED:
        values = known(scores, measure)
        if values:
            unit = scores[0][measure].unit
            yield reported(f"score.{measure}.median", float(np.median(values)), unit)
    meeting = sum(all(map(meets, each)) for each in found.values())
    wanted = min(FACES_WANTED, len(found))
    yield at_least("score.faces_meeting_every_target", meeting, wanted, "faces")


def heard_rows(bench: Bench, picture: Picture, voices: Iterable[Spoken]) -> Iterator[Row]:
    """Scored by ear; and driven by ear, scored against the true timing."""
    for voice in voices:
        score = bench.scored(picture, voice, heard=True)
        yield from plain_rows(f"score.heard.{voice.name}", score)
        drive = recognise(voice.sound.mono_at(SPEECH_RATE))
        score = bench.scored(picture, voice, drive=drive)
        yield from plain_rows(f"score.without_transcript.{voice.name}", score)


def plain_rows(prefix: str, score: Score) -> Iterator[Row]:
    for measure in ("opening_r", "width_r", "closure", "closure_chance", "lag"):
        value = score[measure].value
        if value is not None:
            yield reported(f"{prefix}.{measure}", value, score[measure].unit)


def meets(score: Score) -> bool:
    return not list(pair_rows("", score))


def known(scores: Iterable[Score], measure: str) -> list[float]:
    values = (score[measure].value for score in scores)
    return [value for value in values if value is not None]


def target_row(
    id_: str, value: float | None, unit: str, low: float | None, high: float | None
) -> Row | None:
    """None where there is nothing to judge: a recording may have no /p b m/."""
    if value is None:
        return None
    if low is None and high is not None:
        return at_most(id_, value, high, unit)
    if high is None and low is not None:
        return at_least(id_, value, low, unit)
    return between(id_, value, low or 0.0, high or 0.0, unit)


def main() -> None:
    parser = argparse.ArgumentParser(description="Score our own videos.")
    parser.add_argument("--faces", type=Path)
    parser.add_argument("--speech", type=Path)
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    for row in rows(faces=given.faces, speech=given.speech, quick=given.quick):
        print(row, flush=True)


if __name__ == "__main__":
    main()
