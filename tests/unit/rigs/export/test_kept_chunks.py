from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from played_timeline import MOUTHS, clicks, clip, played

from talkies.core.timeline.document import Timeline, TrackName, View
from talkies.rigs.character import Character
from talkies.rigs.export.exporting import export_timeline
from talkies.rigs.export.options import ExportOptions

#: Frames of a chunk at 25 fps, and of the video.
CHUNK, FRAMES = 125, 300


def pictures(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as file:
        return [frame.to_ndarray() for frame in file.decode(video=0)]


def packets(path: Path) -> list[tuple[int, int, bytes]]:
    with av.open(str(path)) as file:
        stream = file.streams.video[0]
        step = 1 / (stream.time_base * stream.average_rate)
        return [
            (int(packet.pts / step), int(packet.dts / step), bytes(packet))
            for packet in file.demux(stream)
            if packet.pts is not None
        ]


def changed(timeline: Timeline, frame: int) -> Timeline:
    """The same with another mouth in one place."""
    shapes = [
        replace(shape, value=MOUTHS[3].value) if shape.span.start == frame else shape
        for shape in timeline.track(TrackName.VISEMES)
    ]
    assert shapes != list(timeline.track(TrackName.VISEMES))
    return replace(timeline, tracks={**timeline.tracks, TrackName.VISEMES: tuple(shapes)})


@pytest.mark.parametrize("fps", [Fraction(25), Fraction(30_000, 1_001)])
def test_chunks_that_did_not_change_are_copied_bit_by_bit(
    small: Character, output: Path, fps: Fraction
) -> None:
    timeline = replace(played(FRAMES), fps=fps)
    length = round(5 * fps)
    export_timeline(timeline, small, output, sound=clicks(300 / float(fps)))
    before, shown_before = packets(output), pictures(output)
    at = length + 17 - (length + 15) % 10
    again = export_timeline(changed(timeline, at), small, output, sound=clicks(300 / float(fps)))
    assert again.kept_frames == FRAMES - length
    after, shown = packets(output), pictures(output)
    assert len(shown) == len(after) == FRAMES
    assert sorted(pts for pts, _, _ in after) == list(range(FRAMES))
    assert [dts for _, dts, _ in after] == list(range(-2, FRAMES - 2))
    same = [one == other for one, other in zip(before, after, strict=True)]
    assert all(same[:length])
    assert all(same[2 * length :])
    for number, (one, other) in enumerate(zip(shown_before, shown, strict=True)):
        if number // length != 1:
            assert np.array_equal(one, other)
    assert not np.array_equal(shown_before[at + 4], shown[at + 4])
    with av.open(str(output)) as file:
        video, audio = file.streams
        assert (video.start_time, audio.start_time, video.frames) == (0, 0, FRAMES)


def test_an_export_of_the_same_again_encodes_nothing(small: Character, output: Path) -> None:
    export_timeline(played(FRAMES), small, output)
    data = output.read_bytes()
    again = export_timeline(played(FRAMES), small, output)
    assert again.kept_frames == FRAMES
    assert output.read_bytes() == data


def test_parts_are_taken_over_from_another_file_too(small: Character, output: Path) -> None:
    first = output.with_name("first.mp4")
    export_timeline(played(FRAMES), small, first)
    longer = export_timeline(played(FRAMES + 60), small, output, ExportOptions(reuse=first))
    assert longer.kept_frames == 2 * CHUNK
    assert len(pictures(output)) == FRAMES + 60


@pytest.mark.parametrize(
    "options",
    [
        ExportOptions(background=(1, 2, 3)),
        ExportOptions(resolution=48),
        ExportOptions(fps=Fraction(24)),
    ],
)
def test_nothing_is_kept_of_an_export_that_looked_otherwise(
    small: Character, output: Path, options: ExportOptions
) -> None:
    export_timeline(played(30), small, output)
    again = export_timeline(played(30), small, output, replace(options, reuse=output))
    assert again.kept_frames == 0
    assert any("Nothing of line.mp4" in warning for warning in again.warnings)


def test_a_caption_or_a_view_changes_its_chunk_only(small: Character, output: Path) -> None:
    plain = played(FRAMES, mouths=False)
    export_timeline(plain, small, output, ExportOptions(captions="burned"))
    captioned = played(FRAMES, mouths=False, captions=(clip("k", 130, 140, "Hello"),))
    again = export_timeline(captioned, small, output, ExportOptions(captions="burned"))
    assert again.kept_frames == FRAMES - CHUNK
    viewed = played(FRAMES, mouths=False, camera=(clip("c", 10, 20, View(zoom=1.5)),))
    again = export_timeline(viewed, small, output, ExportOptions(captions="burned"))
    assert again.kept_frames == FRAMES - 2 * CHUNK


def test_a_file_that_was_tampered_with_or_is_anothers_is_not_believed(
    small: Character, output: Path
) -> None:
    export_timeline(played(FRAMES), small, output)
    data = bytearray(output.read_bytes())
    middle = data.index(b"mdat") + 4_000
    data[middle] ^= 0xFF
    output.write_bytes(data)
    assert export_timeline(played(FRAMES), small, output).kept_frames < FRAMES
    output.write_bytes(bytes(data[: len(data) // 3]))
    assert export_timeline(played(FRAMES), small, output).kept_frames == 0
    output.write_bytes(b"not a video")
    assert export_timeline(played(30), small, output).kept_frames == 0


def test_formats_without_chunks_say_that_all_was_written_anew(
    small: Character, output: Path
) -> None:
    export_timeline(played(10), small, output)
    result = export_timeline(
        played(10), small, output.with_suffix(".webm"), ExportOptions(reuse=output)
    )
    assert result.warnings == (
        "Only an mp4 takes over parts of an earlier export: all was encoded anew.",
    )
