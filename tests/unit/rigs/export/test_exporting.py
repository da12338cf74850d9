import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from played_timeline import clicks, clip, played
from small_character import picture, save, small_character

from talkies.core.timeline.document import Timeline, View
from talkies.errors import Canceled, FileMissing, InvalidOption, OutputUnwritable, TimelineInvalid
from talkies.media.sounds import load_sound
from talkies.media.video import probe
from talkies.media.yuv import to_planes, to_rgb
from talkies.rigs.character import PACK, Character
from talkies.rigs.export.exporting import export_timeline
from talkies.rigs.export.options import TRANSPARENT, ExportFormat, ExportOptions, format_of
from talkies.rigs.pack.opening import open_pack

BLUE = (20, 60, 200)


def decoded(path: Path) -> list[np.ndarray]:
    """The frames of a file, RGBA where it has alpha."""
    with av.open(str(path)) as file:
        stream = file.streams.video[0]
        if stream.codec_context.name != "vp9":
            return [frame.to_ndarray(format="rgba") for frame in file.decode(stream)]
        decoder = av.CodecContext.create("libvpx-vp9", "r")
        return [
            frame.to_ndarray(format="rgba")
            for packet in file.demux(stream)
            for frame in decoder.decode(packet)
        ]


def exported(
    timeline: Timeline, character: Character, output: Path, **options: object
) -> list[np.ndarray]:
    export_timeline(timeline, character, output, ExportOptions(**options))  # type: ignore[arg-type]
    return decoded(output)


@pytest.mark.parametrize("name", ["line.mp4", "line.webm", "line.mov", "line.apng"])
@pytest.mark.parametrize("fps", [None, Fraction(24), Fraction(30_000, 1_001)])
def test_frames_length_and_rate_are_what_was_asked_for(
    small: Character, output: Path, name: str, fps: Fraction | None
) -> None:
    path, rate = output.with_name(name), fps or Fraction(25)
    result = export_timeline(
        played(50), small, path, ExportOptions(fps=fps), sound=clicks(1.9), progress=lambda *_: None
    )
    assert (result.width, result.height, result.fps) == (96, 144, rate)
    assert result.frames == -(-50 * rate // 25)
    assert len(decoded(path)) == result.frames
    with av.open(str(path)) as file:
        stream = file.streams.video[0]
        assert abs(stream.average_rate - rate) < 0.01
        silent = name.endswith("apng")
        assert len(file.streams.audio) == (0 if silent else 1)
        assert any("no sound" in warning for warning in result.warnings) == silent


@pytest.mark.parametrize("name", ["line.mp4", "line.webm", "line.mov"])
def test_sound_is_never_cut_and_begins_with_the_pictures(
    small: Character, output: Path, name: str
) -> None:
    path = output.with_name(name)
    result = export_timeline(played(25), small, path, sound=clicks(1.8))
    assert result.frames == 45
    assert "longer than the timeline" in result.warnings[0]
    heard = load_sound(path).samples[:, 0]
    assert len(heard) / 48_000 == pytest.approx(1.8, abs=0.03)
    for second in (0.25, 0.75, 1.25, 1.75):
        at = round(second * 48_000)
        assert abs(int(np.abs(heard[at - 2_000 : at + 2_000]).argmax()) - 2_000) < 48


def test_each_frame_shows_its_drawing(small: Character, output: Path) -> None:
    shown = exported(played(30), small, output.with_suffix(".mov"))
    with open_pack(small) as pack:
        rest = pack.read("endpoints/neutral__center.png")
        open_mouth = pack.read("endpoints/speaking_ah__center.png")
    assert np.abs(shown[0][..., :3].astype(int) - to_rgb(rest))[rest.alpha == 255].mean() < 2
    middle = shown[6][..., :3].astype(int) - to_rgb(open_mouth)
    assert np.abs(middle)[open_mouth.alpha == 255].mean() < 2


def test_a_character_whose_drawings_cannot_be_kept_is_exported_as_well(
    small: Character, tmp_path: Path
) -> None:
    folder = shutil.copytree(small.folder, tmp_path / "sealed")
    (folder / PACK).unlink(missing_ok=True)
    # Nothing can be written where a folder lies, not even by who may write everywhere.
    (folder / PACK).mkdir()
    result = export_timeline(played(12), replace(small, folder=folder), tmp_path / "line.mp4")
    assert result.frames == 12
    assert any("decoded again" in warning for warning in result.warnings)
    assert list((folder / PACK).iterdir()) == []


@pytest.mark.parametrize("name", ["line.webm", "line.mov", "line.apng", "line.gif"])
def test_formats_that_can_be_are_transparent_by_themselves(
    small: Character, output: Path, name: str
) -> None:
    first = exported(played(12), small, output.with_name(name))[0]
    assert first[2, 2, 3] < 4
    assert first[60, 48, 3] > 250


def test_an_mp4_is_white_behind_the_character_and_says_so_where_it_was_asked_to_be_clear(
    small: Character, output: Path
) -> None:
    asked = export_timeline(played(5), small, output, ExportOptions(background=TRANSPARENT))
    assert asked.warnings == ("An mp4 cannot be transparent: the background is white.",)
    assert decoded(output)[0][2, 2, :3].min() > 250
    plain = export_timeline(played(5), small, output)
    assert plain.warnings == ()
    assert decoded(output)[0][2, 2, :3].min() > 250


@pytest.mark.parametrize("name", ["line.mp4", "line.webm", "line.gif"])
def test_a_colour_stands_behind_the_character(small: Character, output: Path, name: str) -> None:
    first = exported(played(5), small, output.with_name(name), background=BLUE)[0]
    assert np.abs(first[4, 4, :3].astype(int) - BLUE).max() < 8
    assert first[60, 48, 0] > 180


def test_opaque_drawings_hide_a_background_which_is_said(opaque: Character, output: Path) -> None:
    result = export_timeline(played(5), opaque, output, ExportOptions(background=BLUE))
    assert result.warnings == ("The character's drawings are opaque: no background is seen.",)
    assert export_timeline(played(5), opaque, output.with_suffix(".webm")).warnings == ()


def test_a_video_plays_behind_the_character(small: Character, output: Path) -> None:
    export_timeline(played(20), small, output, ExportOptions(background=BLUE))
    first = exported(played(20), small, output.with_name("two.mp4"), background=output)
    assert np.abs(first[9][60, 48, :3].astype(int) - decoded(output)[9][60, 48, :3]).max() < 12
    assert np.abs(first[9][4, 4, :3].astype(int) - BLUE).max() < 12


def test_a_gif_gets_a_rate_it_can_play(small: Character, output: Path) -> None:
    result = export_timeline(played(50), small, output.with_suffix(".gif"))
    assert (result.fps, result.frames) == (Fraction(25, 2), 25)
    assert "12.5 frames a second" in result.warnings[0]
    info = probe(result.path)
    assert info.seconds == 2.0


def test_pictures_of_a_folder_are_numbered_and_have_the_sound_beside_them(
    small: Character, output: Path
) -> None:
    folder = output.with_name("frames")
    result = export_timeline(
        played(12), small, folder, ExportOptions(format=ExportFormat.PNG), sound=clicks(0.48)
    )
    names = sorted(path.name for path in folder.iterdir())
    assert names == [*(f"{number:06}.png" for number in range(12)), "sound.wav"]
    assert result.format is ExportFormat.PNG
    again = export_timeline(played(3), small, folder, ExportOptions(format=ExportFormat.PNG))
    assert len(list(folder.iterdir())) == again.frames == 3
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(OutputUnwritable, match="holds other things"):
        export_timeline(played(3), small, folder, ExportOptions(format=ExportFormat.PNG))


@pytest.mark.parametrize(("side", "size"), [(48, (48, 72)), (192, (192, 288)), (33, (32, 50))])
def test_videos_are_scaled_to_even_sizes(
    small: Character, output: Path, side: int, size: tuple[int, int]
) -> None:
    result = export_timeline(played(5), small, output, ExportOptions(resolution=side))
    assert (result.width, result.height) == size
    assert decoded(output)[0].shape[1::-1] == size


def test_a_camera_that_comes_near_shows_a_part_larger(small: Character, output: Path) -> None:
    near = View(zoom=2.0, x=0.5, y=0.42)
    timeline = played(10, mouths=False, camera=(clip("c", 5, 10, near),))
    shown = exported(timeline, small, output)
    assert shown[4][2, 2, :3].min() > 250
    assert shown[5][40, 48, 0] > 200
    assert shown[5][2, 48, 2] < 200  # the head fills the upper edge
    scaled = exported(timeline, small, output, resolution=48)
    assert scaled[5].shape == (72, 48, 4)
    assert np.abs(scaled[5][36, 24].astype(int) - shown[5][72, 48]).max() < 25


def test_captions_are_painted_while_they_are_on(small: Character, output: Path) -> None:
    timeline = played(20, mouths=False, captions=(clip("k", 5, 12, "Hello"),))
    plain = exported(timeline, small, output)
    burned = exported(timeline, small, output, captions="burned")
    different = [
        np.abs(one.astype(int) - other).max() > 60 for one, other in zip(plain, burned, strict=True)
    ]
    assert different == [5 <= number < 12 for number in range(20)]


def test_caption_files_lie_beside_the_video(small: Character, output: Path) -> None:
    timeline = played(20, mouths=False, captions=(clip("k", 5, 12, "Hello"),))
    result = export_timeline(timeline, small, output, ExportOptions(captions="sidecar"))
    assert result.captions == (output.with_suffix(".vtt"), output.with_suffix(".srt"))
    assert "00:00:00,200 --> 00:00:00,480\nHello" in result.captions[1].read_text()


def test_blinks_are_laid_over_a_speaking_face(small: Character, output: Path) -> None:
    timeline = played(24, blinks=(clip("b", 13, 16),))
    shown = exported(timeline, small, output)
    still = exported(played(24), small, output)
    eyes, mouth = np.s_[50:60, 20:76], np.s_[80:110, 30:66]
    gone = [np.abs(one.astype(int) - other) for one, other in zip(shown, still, strict=True)]
    assert gone[14][eyes].max() > 80
    assert gone[14][mouth].max() < 40
    assert gone[4][eyes].max() < 25


@pytest.mark.parametrize("at", [0, 7, 14])
@pytest.mark.parametrize("name", ["line.mp4", "line.webm", "line.gif", "frames", "draft.mp4"])
def test_an_export_that_is_cancelled_leaves_nothing(
    small: Character, output: Path, name: str, at: int
) -> None:
    def stop(done: int, _total: int) -> None:
        if done > at:
            raise Canceled

    path = output.with_name(name)
    form = ExportFormat.PNG if name == "frames" else None
    options = ExportOptions(
        format=form, captions="sidecar", draft=name == "draft.mp4", background=(at, 1, len(name))
    )
    with pytest.raises(Canceled):
        export_timeline(played(30), small, path, options, sound=clicks(1.2), progress=stop)
    assert list(output.parent.iterdir()) == []
    assert "frames-ahead" not in {thread.name for thread in threading.enumerate()}
    with open_pack(small) as pack:
        assert pack.width == 96


def test_a_gif_can_be_cancelled_while_it_is_drawn(small: Character, output: Path) -> None:
    told: list[int] = []

    def stop(done: int, total: int) -> None:
        told.append(done)
        if told.count(total) > 3:
            raise Canceled

    with pytest.raises(Canceled):
        export_timeline(played(30), small, output.with_suffix(".gif"), progress=stop)
    assert list(output.parent.iterdir()) == []


def test_what_was_there_survives_an_export_that_fails(small: Character, output: Path) -> None:
    output.write_bytes(b"precious")
    with pytest.raises(FileMissing):
        export_timeline(
            played(5), small, output, ExportOptions(background=output.with_name("none.png"))
        )
    assert output.read_bytes() == b"precious"


def test_a_timeline_that_the_character_cannot_play_is_refused(
    small: Character, output: Path
) -> None:
    timeline = played(10, poses=(clip("p", 0, 5, "upside_down"),))
    with pytest.raises(TimelineInvalid):
        export_timeline(timeline, small, output)
    assert list(output.parent.iterdir()) == []


def test_half_a_pixel_or_a_mile_are_no_sizes(small: Character, output: Path) -> None:
    for side in (0, 15, 5_000):
        with pytest.raises(InvalidOption, match="resolution"):
            export_timeline(played(5), small, output, ExportOptions(resolution=side))


@pytest.mark.parametrize(
    ("name", "given", "found"),
    [
        ("a.MP4", None, ExportFormat.MP4),
        ("a.webm", ExportFormat.WEBM, ExportFormat.WEBM),
        ("a", ExportFormat.PNG, ExportFormat.PNG),
    ],
)
def test_the_format_is_that_of_the_ending(
    name: str, given: ExportFormat | None, found: ExportFormat
) -> None:
    assert format_of(Path(name), given) is found


def test_a_name_with_a_slash_is_a_folder_of_pictures() -> None:
    assert format_of(Path("a.mp4"), None, folder=True) is ExportFormat.PNG


@pytest.mark.parametrize(
    "ask",
    [
        lambda: format_of(Path("a.mp3"), None),
        lambda: format_of(Path("a"), None),
        lambda: format_of(Path("a.mp4"), ExportFormat.WEBM),
        lambda: format_of(Path("a"), ExportFormat.MP4, folder=True),
    ],
)
def test_endings_that_say_nothing_or_something_else_are_refused(
    ask: Callable[[], ExportFormat],
) -> None:
    with pytest.raises(InvalidOption):
        ask()


def test_a_character_that_was_drawn_over_is_exported_anew(tmp_path: Path, output: Path) -> None:
    character = small_character(tmp_path / "changed")
    before = exported(played(5), character, output)
    pixels = picture((0.3, 0.4, 1.0, 0.1), 0.0, (96, 144))
    save(character.path("endpoints/neutral__center.png"), pixels)
    after = exported(played(5), character, output)
    assert np.abs(before[0].astype(int) - after[0]).max() > 80
    assert to_planes(np.ascontiguousarray(after[0][..., :3])).width == 96


def test_a_longer_document_is_shown_to_its_end(small: Character, output: Path) -> None:
    timeline = replace(played(40), frames=60)
    result = export_timeline(timeline, small, output, sound=clicks(1.0))
    assert result.frames == 60
    assert load_sound(output).seconds == pytest.approx(2.4, abs=0.03)
