from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from speech_made_up import spoken
from timelines_made_up import clip, timeline

from talkies.core.rig.standard import BUILT
from talkies.core.timeline.document import TimelineSound, TrackName
from talkies.core.timeline.document_json import timeline_to_json
from talkies.core.timeline.formats.reading import Readable
from talkies.core.timing_json import alignment_to_json
from talkies.errors import FileMissing, MediaTooLarge
from talkies.media.samples import Sound
from talkies.studio.timelines.converting import LONGEST_FILE, Wanted, converted, read_file


def test_a_timeline_stays_what_it_is_but_for_what_is_wanted(tmp_path: Path) -> None:
    path = tmp_path / "line.timeline.json"
    before = timeline(poses=(clip("p", 10, 20, "nod_up_small"),))
    path.write_text(timeline_to_json(before))

    assert converted(path, Wanted()) == (before, Readable.TIMELINE)
    made, _ = converted(path, Wanted(character="wren", fps=Fraction(50)))
    assert (made.character, made.frames) == ("wren", 200)
    assert made.track(TrackName.POSES)[0].span.start == 20


def test_speech_is_directed_for_the_character_and_the_seed(tmp_path: Path) -> None:
    path = tmp_path / "line.timing.json"
    path.write_text(alignment_to_json(spoken(("m", 300), ("a", 900), ("", 3000), ("m", 400))))

    made, kind = converted(path, Wanted(character="robin", config=BUILT, seed=7))
    assert (kind, made.id, made.fps, made.seed) == (Readable.TIMING, "line", 24, 7)
    assert [one.value for one in made.track(TrackName.VISEMES)][:2] == ["pp", "aa"]


def test_a_longer_sound_makes_the_timeline_longer(tmp_path: Path) -> None:
    path = tmp_path / "line.tsv"
    path.write_text("0.00\tA\n1.00\tX\n")
    sound = Sound(np.zeros((96_000, 1), np.float32), 48_000)
    named = TimelineSound(source="line.wav", length=96_000)

    made, _ = converted(path, Wanted(sound=(sound, named)))
    assert (made.frames, made.sound) == (48, named)


def test_files_have_limits(tmp_path: Path) -> None:
    for name in ("nothere.json", "a\0b"):
        with pytest.raises(FileMissing, match="cannot be read"):
            read_file(tmp_path / name)
    huge = tmp_path / "huge.json"
    with huge.open("wb") as file:
        file.truncate(LONGEST_FILE + 1)
    with pytest.raises(MediaTooLarge, match="has over"):
        read_file(huge)
