"""Controls of the score on real frames: what is good scores well, what is spoiled is found out.

The portrait engine renders a few short videos of the same sentence once for all tests: as it
should be, 120 ms late, and with lips that never meet. All tests read these.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from talkies.core.acting import perform
from talkies.core.alignment import Alignment
from talkies.core.formats import alignment_to_json
from talkies.core.performance import Mouth, Performance
from talkies.core.timing import SPEECH_RATE, frame_count
from talkies.engines.base import RenderRequest
from talkies.engines.portrait import PortraitEngine
from talkies.errors import AudioEmpty, FaceNotFound, FileMissing, InvalidInput
from talkies.media.pictures import Picture, load_picture, save_picture
from talkies.media.sounds import Sound, save_sound
from talkies.media.video import VideoWriter
from talkies.media.video_reader import VideoReader
from talkies.media.yuv import to_planes
from talkies.score.document import score_to_document
from talkies.score.picture import draw_score
from talkies.score.report import Grade, ReferenceKind, Score, Verdict
from talkies.score.scoring import score_video
from talkies.speech.loudness import loudness_curve
from talkies.speech.synthesis import Speech, speak

pytestmark = pytest.mark.slow

PORTRAIT = Path(__file__).parents[1] / "fixtures" / "portrait.png"
FPS = Fraction(25)
SENTENCE = "My name is Bob. Mama gave five big apples to Pam, and maybe to you."
OTHER = "The quick brown fox jumps over a lazy dog while wizards sing to me."
CURVES = ("opening", "width", "pucker", "press", "tuck", "tongue")


@dataclass(frozen=True, slots=True)
class Context:
    """Where the engine may write."""

    work_dir: Path
    preview: Path | None = None

    def progress(self, done: int, total: int) -> None:
        assert done <= total


def each(mouth: Mouth, change: Callable[[np.ndarray], np.ndarray]) -> Mouth:
    return replace(mouth, **{name: change(getattr(mouth, name)) for name in CURVES})


def untouched(mouth: Mouth) -> Mouth:
    return mouth


def late(mouth: Mouth) -> Mouth:
    """Three frames, 120 ms, late."""
    return each(mouth, lambda curve: np.concatenate([curve[:1].repeat(3), curve[:-3]]))


def never_closing(mouth: Mouth) -> Mouth:
    """Follows the speech, but always leaves .06 D between the lips."""
    opened = np.maximum(mouth.opening, np.float32(0.06))
    return replace(mouth, opening=opened, press=np.zeros_like(mouth.press))


@pytest.fixture(scope="session")
def speech() -> Speech:
    return speak(SENTENCE, "en")


@pytest.fixture(scope="session")
def portrait() -> Picture:
    return load_picture(PORTRAIT, longest_side=480)


@pytest.fixture(scope="session")
def render(
    speech: Speech, portrait: Picture, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Callable[[Mouth], Mouth]], Path]:
    """Renders the sentence with a change to its mouth, and writes the timing beside it."""

    def rendered(change: Callable[[Mouth], Mouth]) -> Path:
        folder = tmp_path_factory.mktemp(change.__name__)
        save_picture(portrait, folder / "portrait.png")
        save_sound(speech.sound, folder / "sound.wav")
        asked = acted(speech)
        video = PortraitEngine().render(
            RenderRequest(
                portrait=folder / "portrait.png",
                sound=folder / "sound.wav",
                performance=replace(asked, mouth=change(asked.mouth)),
                fps=FPS,
            ),
            Context(folder),
        )
        write_timing(speech.alignment, video)
        return video

    return rendered


def acted(speech: Speech) -> Performance:
    frames = frame_count(speech.alignment.length, SPEECH_RATE, FPS)
    samples = speech.sound.mono_at(SPEECH_RATE)
    loudness = loudness_curve(samples, SPEECH_RATE, FPS, frames)
    return perform(speech.alignment, fps=FPS, frames=frames, loudness=loudness, motion=0.5)


def write_timing(alignment: Alignment, video: Path) -> Path:
    path = video.with_suffix(".timing.json")
    path.write_text(alignment_to_json(alignment), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def good_video(render: Callable[..., Path]) -> Path:
    return render(untouched)


@pytest.fixture(scope="session")
def good(good_video: Path) -> Score:
    return score_video(good_video, portrait=good_video.parent / "portrait.png")


def value(score: Score, measure: str) -> float:
    found = score[measure].value
    assert found is not None, measure
    return found


def test_a_good_render_is_good(good: Score) -> None:
    weak = {m.id: m.value for m in good.measures if m.verdict is Verdict.WEAK}
    assert weak == {}
    assert good.grade is Grade.GOOD
    assert good.reference is ReferenceKind.GIVEN
    assert abs(value(good, "lag")) < 20
    assert value(good, "closure") >= 95
    assert value(good, "closure") > value(good, "closure_chance") + 20


def test_the_background_of_the_portrait_is_compared(good: Score) -> None:
    assert value(good, "background_psnr") > 30


def test_a_picture_120_ms_late_is_found_within_20_ms(render: Callable[..., Path]) -> None:
    score = score_video(render(late))
    assert value(score, "lag") == pytest.approx(120, abs=20)
    assert score.grade is Grade.POOR


def test_a_mouth_that_never_closes_fails_closure(render: Callable[..., Path]) -> None:
    score = score_video(render(never_closing))
    assert value(score, "closure") < 50
    assert score.grade is Grade.POOR


def test_a_reversed_track_does_not_match(good: Score) -> None:
    assert value(good, "opening_r_reversed") < 0.3


def test_a_foreign_track_does_not_match(good_video: Path, tmp_path: Path) -> None:
    timing = tmp_path / "foreign.json"
    timing.write_text(alignment_to_json(speak(OTHER, "en").alignment), encoding="utf-8")
    score = score_video(good_video, timing=timing)
    assert value(score, "opening_r") < 0.3
    assert score.grade is Grade.POOR


def test_without_a_timing_the_sound_is_heard(good_video: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone.mp4"
    alone.write_bytes(good_video.read_bytes())
    score = score_video(alone)
    assert score.reference is ReferenceKind.HEARD
    assert value(score, "opening_r") > 0.7
    assert score.grade is not Grade.POOR
    assert score_to_document(score)["reference"] == "heard"


def plain_video(path: Path, pictures: list[np.ndarray], sound: Sound | None) -> Path:
    """A video of these pictures, RGB (height, width, 3)."""
    height, width = pictures[0].shape[:2]
    with VideoWriter(path, width=width, height=height, fps=FPS, sound=sound) as video:
        for picture in pictures:
            video.write(to_planes(picture))
    return path


def test_a_still_picture_with_sound_is_poor_and_frozen(
    speech: Speech, portrait: Picture, tmp_path: Path
) -> None:
    frames = frame_count(speech.alignment.length, SPEECH_RATE, FPS)
    video = plain_video(tmp_path / "still.mp4", [portrait.pixels] * frames, speech.sound)
    score = score_video(video, timing=write_timing(speech.alignment, video))
    assert score.grade is Grade.POOR
    assert value(score, "opening_r") < 0.3
    assert value(score, "longest_freeze") > 1
    assert value(score, "repeated_frames") > 90


def test_a_video_without_a_face_is_refused(tmp_path: Path, speech: Speech) -> None:
    grey = np.full((240, 320, 3), 128, np.uint8)
    video = plain_video(tmp_path / "grey.mp4", [grey] * 12, None)
    with pytest.raises(FaceNotFound):
        score_video(video, timing=write_timing(speech.alignment, video))


def test_a_silent_film_needs_a_timing(tmp_path: Path, portrait: Picture) -> None:
    video = plain_video(tmp_path / "mute.mp4", [portrait.pixels] * 3, None)
    with pytest.raises(AudioEmpty):
        score_video(video)


def test_a_timing_that_is_missing_or_broken_is_said(good_video: Path, tmp_path: Path) -> None:
    with pytest.raises(FileMissing):
        score_video(good_video, timing=tmp_path / "none.json")
    broken = tmp_path / "broken.json"
    for content in (b"{", b"\xff\xfe\x00binary"):
        broken.write_bytes(content)
        with pytest.raises(InvalidInput):
            score_video(good_video, timing=broken)


def test_three_frames_are_scored_as_far_as_they_go(
    speech: Speech, portrait: Picture, tmp_path: Path
) -> None:
    video = plain_video(tmp_path / "short.mp4", [portrait.pixels] * 3, None)
    score = score_video(video, timing=write_timing(speech.alignment, video))
    assert score["lag"].verdict is Verdict.UNMEASURED
    assert score.grade is not Grade.GOOD
    assert draw_score(score).shape == (1000, 1600, 3)


def test_a_sound_moved_by_120_ms_is_found_beside_the_timing(
    speech: Speech, good_video: Path, tmp_path: Path
) -> None:
    """The timing is right for the picture, but the sound in the file was moved since."""
    samples = speech.sound.samples
    late = np.concatenate([np.zeros((round(0.12 * speech.sound.rate), 1), np.float32), samples])
    with VideoReader(good_video) as reader:
        pictures = list(reader)
    moved = plain_video(tmp_path / "moved.mp4", pictures, Sound(late, speech.sound.rate))
    score = score_video(moved, timing=write_timing(speech.alignment, moved))
    assert value(score, "lag") == pytest.approx(-120, abs=20)
    assert score["lag"].verdict is Verdict.WEAK
