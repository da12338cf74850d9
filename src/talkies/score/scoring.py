"""Scoring a finished video: read it, follow its face, compare its mouth with a reference."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from talkies.core.alignment import Alignment
from talkies.core.formats import alignment_from_json
from talkies.core.timing import SPEECH_RATE
from talkies.errors import AudioEmpty, FaceNotFound, FileMissing, InvalidInput
from talkies.face.finding.landmarks import Landmarker
from talkies.face.matting.matte import person_matte
from talkies.kit.files import private_folder
from talkies.media.pictures import load_picture
from talkies.media.sounds import convert_sound
from talkies.media.video_reader import VideoInfo, VideoReader
from talkies.score.comparison import score_track
from talkies.score.frame_grid import grid_rate, on_grid
from talkies.score.reference import make_reference
from talkies.score.report import ReferenceKind, Score, VideoFacts
from talkies.score.sound_sync import sound_lag
from talkies.score.track import Backdrop, Track, track_face
from talkies.speech.listening.recognition import recognise
from talkies.speech.loudness import loudness_curve

#: Told how many frames of how many are done.
Progress: TypeAlias = Callable[[int, int], None]
#: Mono samples (n,) at `SPEECH_RATE`.
Samples: TypeAlias = NDArray[np.float32]

#: What is written beside a video to score it by.
TIMING_SUFFIX = ".timing.json"
#: Coverage of the person, 0 to 1, under which a pixel is background; and how far from anything
#: that is more, as a share of the picture's longer side.
BACKGROUND_COVERAGE = 0.02
BACKGROUND_MARGIN = 0.02
#: Least share of a picture that has to be background to be compared.
LEAST_BACKGROUND = 0.03


def score_video(
    video: Path,
    *,
    timing: Path | None = None,
    portrait: Path | None = None,
    progress: Progress | None = None,
) -> Score:
    """How well the mouth in a video follows its speech, and what moves that should not.

    Args:
        video: any video with a face, by any engine: MP4, WebM, MOV, MKV.
        timing: the timing it was made from, as `talkies render` and `talkies align` write it.
            Left out, the file `<video>.timing.json` beside it is taken; where there is none, the
            sound of the video is recognised and the score says `reference: heard`.
        portrait: the picture it was made from; its background is compared where sizes match.
        progress: told after each frame; may raise to stop.

    Raises:
        FileMissing: the video, the timing or the portrait is not there.
        InvalidInput: the timing cannot be read.
        FaceNotFound: no frame shows a face.
        AudioEmpty: there is no timing, and the video has no sound to recognise.
        UnsupportedMedia, CorruptMedia, MediaTooLarge: the video cannot be read.
    """
    given = _timing(video, timing)
    with VideoReader(video) as reader:
        info = reader.info
        samples = _samples(video) if info.has_sound else None
        alignment = given or _heard(samples)
        fps = grid_rate(info)
        track = track_face(
            on_grid(reader.timed(), fps),
            fps=float(fps),
            backdrop=_backdrop(portrait, info),
            counted=_counter(progress, info, fps),
        )
    if not track.valid.any():
        raise FaceNotFound("No frame of the video shows a face.", details={"frames": track.frames})
    kind = ReferenceKind.HEARD if given is None else ReferenceKind.GIVEN
    reference = make_reference(
        alignment,
        kind,
        fps=fps,
        frames=track.frames,
        loudness=_loudness(samples, fps, track.frames),
    )
    sound = None if given is None or samples is None else sound_lag(given, samples)
    return score_track(track, reference, _facts(video, info, track, samples), sound)


def _loudness(samples: Samples | None, fps: Fraction, frames: int) -> Samples | None:
    return None if samples is None else loudness_curve(samples, SPEECH_RATE, fps, frames)


def _timing(video: Path, timing: Path | None) -> Alignment | None:
    """The timing that was given or lies beside the video."""
    path = timing or video.with_suffix(TIMING_SUFFIX)
    if timing is None and not path.is_file():
        return None
    try:
        return alignment_from_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FileMissing(f"{path} cannot be read.") from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path} is not a timing, or not in UTF-8.") from error


def _samples(video: Path) -> Samples | None:
    """The sound of a video, by way of a file: its full rate would not fit in memory."""
    with private_folder() as folder:
        try:
            return convert_sound(video, folder / "sound.wav").mono_at(SPEECH_RATE)
        except AudioEmpty:
            return None


def _heard(samples: Samples | None) -> Alignment:
    if samples is None:
        raise AudioEmpty(
            "The video has no sound, and no timing was given.",
            hint="Give the timing it was made from with --timing.",
        )
    return recognise(samples)


def _backdrop(portrait: Path | None, info: VideoInfo) -> Backdrop | None:
    """The background of the portrait, where it has one and the size of the video."""
    if portrait is None:
        return None
    picture = load_picture(portrait)
    if picture.alpha is not None or (picture.width, picture.height) != (info.width, info.height):
        return None
    faces = Landmarker().find(picture.pixels)
    person = person_matte(picture.pixels, faces[0] if faces else None)
    reach = 2 * round(BACKGROUND_MARGIN * max(info.width, info.height)) + 1
    near = cv2.dilate((person > BACKGROUND_COVERAGE).astype(np.uint8), np.ones((reach, reach)))
    mask = near == 0
    if mask.mean() < LEAST_BACKGROUND:
        return None
    return Backdrop(pixels=picture.pixels, mask=np.asarray(mask, np.bool_))


def _counter(progress: Progress | None, info: VideoInfo, fps: Fraction) -> Callable[[int], None]:
    total = round((info.seconds or 0) * fps) or (info.frames or 0)

    def counted(done: int) -> None:
        if progress is not None:
            progress(done, max(done, total))

    return counted


def _facts(video: Path, info: VideoInfo, track: Track, samples: Samples | None) -> VideoFacts:
    return VideoFacts(
        name=video.name,
        width=info.width,
        height=info.height,
        fps=track.fps,
        frames=track.frames,
        seconds=track.frames / track.fps,
        sound_seconds=None if samples is None else len(samples) / SPEECH_RATE,
    )
