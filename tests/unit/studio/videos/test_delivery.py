import json
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from talkies.core.alignment import Alignment, AlignmentSource, Phoneme, Word
from talkies.core.timing import TimeRange
from talkies.errors import OutputUnwritable
from talkies.media.pictures import load_own_picture
from talkies.media.video import VideoWriter
from talkies.media.yuv import to_planes
from talkies.studio.videos.contact_sheet import contact_sheet
from talkies.studio.videos.delivery import deliver_files
from talkies.studio.videos.products import Products

SPAN = TimeRange(0, 16_000)
ALIGNMENT = Alignment(
    length=16_000,
    phonemes=(Phoneme(symbol="a", span=SPAN),),
    words=(Word(text="Ah", span=SPAN),),
    source=AlignmentSource.SYNTHESIZER,
)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty frames, each a little lighter than the one before."""
    path = tmp_path_factory.mktemp("video") / "made.mp4"
    with VideoWriter(path, width=64, height=96, fps=Fraction(10)) as writer:
        for number in range(30):
            writer.write(to_planes(np.full((96, 64, 3), 40 + 6 * number, np.uint8)))
    return path


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    assert not list(tmp_path.glob(".*"))


def test_everything_arrives(video: Path, place: Path) -> None:
    made = Products(
        video=place / "talk.mp4",
        timing=place / "talk.timing.json",
        captions_srt=place / "talk.srt",
        captions_vtt=place / "talk.vtt",
        contact_sheet=place / "talk.sheet.png",
    )
    deliver_files(made, video, ALIGNMENT, None, 30)
    assert made.video.read_bytes() == video.read_bytes()
    assert json.loads((place / "talk.timing.json").read_text())["schema"] == "talkies.timing/1"
    assert "Ah" in (place / "talk.srt").read_text()
    assert (place / "talk.vtt").read_text().startswith("WEBVTT")
    assert load_own_picture(place / "talk.sheet.png").width > 1_000


def test_what_is_there_stays_when_one_cannot_be_written(video: Path, place: Path) -> None:
    (place / "talk.mp4").write_text("old")
    (place / "talk.timing.json").mkdir()
    made = Products(video=place / "talk.mp4", timing=place / "talk.timing.json")
    with pytest.raises(OutputUnwritable):
        deliver_files(made, video, ALIGNMENT, None, 30)
    assert (place / "talk.mp4").read_text() == "old"


def test_a_sheet_shows_twenty_frames_with_their_times(video: Path) -> None:
    sheet = contact_sheet(video, 30)
    assert sheet.shape == (4 * (320 + 26 + 8) + 8, 5 * (213 + 8) + 8, 3)
    cells = [
        float(sheet[8 + 354 * row + 160, 8 + 221 * column + 100].mean())
        for row in range(4)
        for column in range(5)
    ]
    assert all(later > earlier for earlier, later in pairwise(cells))
    line = sheet[8 + 320 : 8 + 346, 8 : 8 + 213]
    assert line.max() > 200


def test_a_short_video_has_a_short_sheet(video: Path) -> None:
    assert contact_sheet(video, 3).shape[1] == 3 * (213 + 8) + 8
    assert contact_sheet(video, 1).shape[1] == 213 + 16
