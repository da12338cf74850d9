import errno
import io
import resource
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from media_made_up import RATE, mp4, tone
from numpy.typing import NDArray

from talkies.errors import CorruptMedia, DiskFull, MediaTooLarge, OutputUnwritable, UnsupportedMedia
from talkies.media.sounds import Sound, load_sound
from talkies.media.video import VideoReader, VideoWriter, probe
from talkies.media.yuv import Planes, to_planes, to_rgb

Saved = Callable[[str, bytes], Path]

SIZE = {"width": 66, "height": 50}


def frames(count: int, *, alpha: bool = False) -> list[Planes]:
    """A white bar that walks over a colour."""
    made = []
    for number in range(count):
        pixels = np.full((50, 66, 3), (180, 90, 40), np.uint8)
        pixels[:, number % 60 : number % 60 + 6] = 255
        cover = None
        if alpha:
            cover = np.zeros((50, 66), np.uint8)
            cover[10:40] = 255
        made.append(to_planes(pixels, cover))
    return made


def write(path: Path, count: int, **options: object) -> VideoWriter:
    settings = {**SIZE, "fps": Fraction(25), **options}
    with VideoWriter(path, **settings) as writer:  # type: ignore[arg-type]
        for planes in frames(count, alpha=bool(options.get("transparent"))):
            writer.write(planes)
    return writer


def sound(seconds: float, channels: int = 1) -> Sound:
    return Sound(tone(seconds, channels=channels), RATE)


@pytest.mark.parametrize("fps", [Fraction(25), Fraction(30_000, 1_001), Fraction(60), Fraction(12)])
def test_pictures_and_sound_of_an_mp4_start_at_zero_and_end_together(
    tmp_path: Path, fps: Fraction
) -> None:
    count = 37
    length = float(count / fps)
    write(tmp_path / "talk.mp4", count, fps=fps, sound=sound(length - 0.4 / float(fps)))
    with av.open(str(tmp_path / "talk.mp4")) as file:
        video, audio = file.streams
        assert (video.start_time, audio.start_time) == (0, 0)
        assert (video.frames, video.average_rate) == (count, fps)
        assert float(video.duration * video.time_base) == pytest.approx(length, abs=1e-4)
        assert float(audio.duration * audio.time_base) == pytest.approx(length, abs=2e-3)


def test_an_mp4_is_tagged_and_can_start_before_it_is_loaded(tmp_path: Path) -> None:
    writer = write(tmp_path / "talk.mp4", 10, sound=sound(0.4))
    data = (tmp_path / "talk.mp4").read_bytes()
    assert writer.bytes == len(data)
    assert writer.frames == 10
    assert data.index(b"moov") < data.index(b"mdat")
    with av.open(io.BytesIO(data)) as file:
        context = file.streams.video[0].codec_context
        tags = (context.colorspace, context.color_primaries, context.color_trc, context.color_range)
        assert tags == (1, 1, 1, 1)
        assert context.pix_fmt == "yuv420p"
        assert file.streams.audio[0].codec_context.name == "aac"


def test_colours_survive(tmp_path: Path) -> None:
    for format_, limit in (("mp4", 4), ("webm", 6), ("gif", 6)):
        path = tmp_path / f"talk.{format_}"
        write(path, 5, format=format_)
        with VideoReader(path) as reader:
            last = list(reader)[-1]
        assert last.shape == (50, 66, 3)
        assert np.abs(last[25, 40:].astype(int) - (180, 90, 40)).max() <= limit


def joined(planes: Planes) -> Planes:
    """The same frame, its planes one after the other in memory that cannot be written to."""
    data = b"".join(part.tobytes() for part in (planes.y, planes.u, planes.v))
    whole = np.frombuffer(data, np.uint8)
    luma, chroma = planes.y.size, planes.u.size
    return Planes(
        y=whole[:luma].reshape(planes.y.shape),
        u=whole[luma : luma + chroma].reshape(planes.u.shape),
        v=whole[luma + chroma :].reshape(planes.v.shape),
        joined=whole.reshape(-1, planes.width),
    )


@pytest.mark.parametrize("format_", ["mp4", "webm", "apng"])
@pytest.mark.parametrize("height", [46, 48])
def test_planes_that_lie_together_become_the_same_video(
    tmp_path: Path, format_: str, height: int
) -> None:
    apart = [
        Planes(one.y[:height].copy(), one.u[: height // 2].copy(), one.v[: height // 2].copy())
        for one in frames(12)
    ]
    settings = {**SIZE, "height": height, "fps": Fraction(25), "format": format_}
    seen = []
    for name, shown in (("apart", apart), ("joined", [joined(one) for one in apart])):
        path = tmp_path / f"{name}.{format_}"
        with VideoWriter(path, **settings) as writer:  # type: ignore[arg-type]
            for planes in shown:
                # As drawings that are held.
                writer.write(planes)
                writer.write(planes)
        with av.open(str(path)) as file:
            video = list(file.decode(video=0))
        assert [frame.time for frame in video] == pytest.approx([n / 25 for n in range(24)])
        seen.append([frame.to_ndarray(format="rgb24").astype(int) for frame in video])
    assert np.abs(np.subtract(*seen)).max() <= 1


def test_sound_is_never_cut_and_short_sound_is_filled_up(tmp_path: Path) -> None:
    write(tmp_path / "long.mp4", 10, sound=sound(2.0))
    assert load_sound(tmp_path / "long.mp4").seconds == pytest.approx(2.0, abs=0.025)
    write(tmp_path / "short.mp4", 50, sound=sound(1.0))
    heard = load_sound(tmp_path / "short.mp4")
    assert heard.seconds == pytest.approx(2.0, abs=0.025)
    assert np.abs(heard.samples[int(1.1 * RATE) :]).max() < 0.01


@pytest.mark.parametrize("format_", ["mp4", "webm"])
def test_sound_keeps_its_samples_in_place_and_its_level(tmp_path: Path, format_: str) -> None:
    clicks = np.zeros((RATE, 1), np.float32)
    clicks[RATE // 4 :: RATE // 2] = 0.9
    clicks[: RATE // 8] = tone(0.125) * 0.5
    write(tmp_path / "talk", 25, format=format_, sound=Sound(clicks, RATE))
    heard = load_sound(tmp_path / "talk").samples[:, 0]
    assert abs(int(np.abs(heard[: RATE // 2]).argmax()) - RATE // 4) <= 24
    assert abs(int(np.abs(heard[RATE // 2 : RATE]).argmax()) - RATE // 4) <= 24
    level = np.sqrt((heard[1_000:5_000] ** 2).mean())
    assert level == pytest.approx(np.sqrt((clicks[1_000:5_000] ** 2).mean()), rel=0.03)


def test_stereo_stays_stereo(tmp_path: Path) -> None:
    write(tmp_path / "talk.mp4", 25, sound=sound(1.0, channels=2))
    left, right = load_sound(tmp_path / "talk.mp4").samples.T
    assert left[9_600:-9_600].std() == pytest.approx(2 * right[9_600:-9_600].std(), rel=0.02)


def test_a_transparent_webm_has_alpha(tmp_path: Path) -> None:
    write(tmp_path / "talk.webm", 8, format="webm", transparent=True, sound=sound(0.32))
    decoder = av.CodecContext.create("libvpx-vp9", "r")
    with av.open(str(tmp_path / "talk.webm")) as file:
        stream = file.streams.video[0]
        assert stream.metadata["alpha_mode"] == "1"
        shown = [frame for packet in file.demux(stream) for frame in decoder.decode(packet)]
    assert len(shown) == 8
    alpha = shown[-1].to_ndarray(format="rgba")[..., 3]
    assert alpha[25, 33] > 250
    assert alpha[3, 33] < 5


def test_a_gif_plays_forever_at_a_rate_it_can_have(tmp_path: Path) -> None:
    write(tmp_path / "talk.gif", 50, format="gif", sound=sound(2.0))
    data = (tmp_path / "talk.gif").read_bytes()
    assert b"NETSCAPE2.0\x03\x01\x00\x00" in data
    info = probe(tmp_path / "talk.gif")
    assert (info.seconds, info.has_sound) == (2.0, False)
    with VideoReader(tmp_path / "talk.gif") as reader:
        times = [time for time, _ in reader.timed()]
    assert len(times) == 25
    assert np.diff(times) == pytest.approx(0.08)


def test_a_transparent_gif_is_clear_where_the_frame_is(tmp_path: Path) -> None:
    write(tmp_path / "talk.gif", 4, format="gif", transparent=True)
    with av.open(str(tmp_path / "talk.gif")) as file:
        first = next(file.decode(video=0)).to_ndarray(format="rgba")
    assert first[25, 50, 3] == 255
    assert first[3, 50, 3] == 0


@pytest.mark.parametrize("format_", ["mp4", "webm", "gif"])
def test_a_video_without_frames_is_none(tmp_path: Path, format_: str) -> None:
    with pytest.raises(ValueError, match="at least one frame"):
        write(tmp_path / f"none.{format_}", 0, format=format_)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("format_", ["mp4", "webm", "gif"])
@pytest.mark.parametrize("failure", [KeyboardInterrupt, RuntimeError])
def test_a_failure_leaves_nothing(
    tmp_path: Path, format_: str, failure: type[BaseException]
) -> None:
    path = tmp_path / "talk"
    with pytest.raises(failure):
        _write_and_fail(path, format_, failure)
    assert list(tmp_path.iterdir()) == []


def _write_and_fail(path: Path, format_: str, failure: type[BaseException]) -> None:
    with VideoWriter(path, **SIZE, fps=Fraction(25), format=format_, sound=sound(1)) as writer:
        for planes in frames(5):
            writer.write(planes)
        raise failure


class FailingSound(Sound):
    """Sound on a disk that has gone bad."""

    __slots__ = ()

    def read(self, start: int, stop: int) -> NDArray[np.float32]:
        if start > RATE // 4:
            raise OSError(errno.ENOSPC, "no room")
        return super().read(start, stop)


def test_a_full_disk_is_named_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(DiskFull):
        write(tmp_path / "talk.mp4", 25, sound=FailingSound(tone(1), RATE))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("format_", ["mp4", "webm", "gif"])
@pytest.mark.parametrize("limit", [30, 3_000, 12_000])
def test_a_disk_that_fills_up_while_encoding_is_a_full_disk(
    tmp_path: Path, format_: str, limit: int
) -> None:
    code = (
        "import sys; from fractions import Fraction; from pathlib import Path; import numpy as np\n"
        "from talkies.media.video import VideoWriter; from talkies.media.yuv import to_planes\n"
        "from talkies.errors import DiskFull\n"
        "noise = np.random.default_rng(0).integers(0, 256, (96, 96, 3), dtype=np.uint8)\n"
        "try:\n"
        "    with VideoWriter(Path(sys.argv[1]), width=96, height=96, fps=Fraction(10),\n"
        "                     format=sys.argv[2]) as writer:\n"
        "        for n in range(12): writer.write(to_planes(np.roll(noise, 7 * n, 0)))\n"
        "except DiskFull: print('full')\n"
        "else: print('written', writer.bytes)"
    )

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    done = subprocess.run(
        [sys.executable, "-B", "-c", code, str(tmp_path / "talk"), format_],
        preexec_fn=limited,
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "full\n", done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_unwritable_output_is_named_before_any_work(tmp_path: Path) -> None:
    with (
        pytest.raises(OutputUnwritable),
        VideoWriter(tmp_path / "no" / "talk.mp4", **SIZE, fps=Fraction(25)),
    ):
        pytest.fail("the block must not run")


def test_what_cannot_be_written_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "talk.mp4"
    with pytest.raises(ValueError, match="even"):
        VideoWriter(path, width=65, height=50, fps=Fraction(25))
    with pytest.raises(ValueError, match="unknown format"):
        VideoWriter(path, **SIZE, fps=Fraction(25), format="avi")
    with pytest.raises(ValueError, match="transparent"):
        VideoWriter(path, **SIZE, fps=Fraction(25), transparent=True)
    with pytest.raises(ValueError, match="22050 Hz"):
        VideoWriter(path, **SIZE, fps=Fraction(25), sound=Sound(tone(1), 22_050))
    with pytest.raises(ValueError, match="not open"):
        VideoWriter(path, **SIZE, fps=Fraction(25)).write(frames(1)[0])
    with pytest.raises(ValueError, match="64×48"):
        write_one(path, to_planes(np.zeros((48, 64, 3), np.uint8)))
    with pytest.raises(ValueError, match="alpha"):
        write_one(path, frames(1, alpha=True)[0])
    assert list(tmp_path.iterdir()) == []


def write_one(path: Path, planes: Planes) -> None:
    with VideoWriter(path, **SIZE, fps=Fraction(25)) as writer:
        writer.write(planes)


def test_videos_are_read_frame_by_frame(saved: Saved) -> None:
    path = saved("talk.bin", mp4())
    with VideoReader(path) as reader:
        info = reader.info
        shown = list(reader)
    assert (info.width, info.height, info.fps, info.frames) == (64, 48, 25, 25)
    assert (info.container, info.codec, info.sound_codec) == ("MP4", "h264", "aac")
    assert info.has_sound
    assert info.streams == ("video", "audio")
    assert info.seconds == pytest.approx(1.0, abs=0.05)
    assert len(shown) == 25
    means = [frame.mean() for frame in shown]
    assert np.diff(means) == pytest.approx(5 * 255 / 219, abs=1.2)
    assert probe(path) == info


def test_reading_can_stop_at_any_time(saved: Saved) -> None:
    with VideoReader(saved("talk.mp4", mp4())) as reader:
        assert next(iter(reader)).shape == (48, 64, 3)
    with pytest.raises(ValueError, match="not open"):
        next(iter(reader))


@pytest.mark.parametrize(
    ("matrix", "turned"),
    [((0, 1, -1, 0), -90), ((0, -1, 1, 0), 90), ((-1, 0, 0, -1), 180)],
)
def test_rotated_videos_are_turned_upright(
    saved: Saved, matrix: tuple[int, int, int, int], turned: int
) -> None:
    """Phones store the picture as the sensor saw it and a matrix; players multiply with it."""
    plain = b"".join(n.to_bytes(4, "big") for n in (1 << 16, 0, 0, 0, 1 << 16))
    a, b, c, d = (n << 16 & 0xFFFF_FFFF for n in matrix)
    data = bytearray(_corner_mp4())
    at = data.index(plain, data.index(b"tkhd"))
    data[at : at + 20] = b"".join(n.to_bytes(4, "big") for n in (a, b, 0, c, d))
    with VideoReader(saved("phone.mp4", bytes(data))) as reader:
        frame = next(iter(reader))
        info = reader.info
    upright = np.rot90(_corner_picture(), turned // 90)
    assert info.rotation % 360 == turned % 360
    assert frame.shape == upright.shape == (info.height, info.width, 3)
    assert np.abs(frame.astype(int) - upright).max() < 12


def _corner_picture() -> NDArray[np.uint8]:
    pixels = np.full((48, 64, 3), 60, np.uint8)
    pixels[:16, :16] = 220
    return pixels


def _corner_mp4() -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as file:
        stream = file.add_stream("libx264", rate=25, options={"crf": "1"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        frame = av.VideoFrame.from_ndarray(_corner_picture(), format="rgb24")
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return out.getvalue()


def test_untagged_high_definition_is_taken_for_bt709(saved: Saved) -> None:
    planes = to_planes(np.full((720, 640, 3), (200, 60, 40), np.uint8))
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as file:
        stream = file.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 640, 720, "yuv420p"
        flat = np.concatenate([planes.y.ravel(), planes.u.ravel(), planes.v.ravel()])
        frame = av.VideoFrame.from_ndarray(flat.reshape(1080, 640), format="yuv420p")
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    with VideoReader(saved("untagged.mp4", out.getvalue())) as reader:
        shown = next(iter(reader))
    assert np.abs(shown.astype(int) - (200, 60, 40)).max() <= 4


def test_what_is_no_video_is_refused(saved: Saved) -> None:
    with pytest.raises(UnsupportedMedia, match="a text"):
        probe(saved("talk.mp4", b"hello"))
    with pytest.raises(CorruptMedia):
        probe(saved("talk.mp4", mp4()[:300]))


def test_a_file_with_sound_alone_is_no_video(saved: Saved) -> None:
    out = io.BytesIO()
    with av.open(out, "w", format="ipod") as file:
        stream = file.add_stream("aac", rate=RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(tone(0.5).T.copy(), format="fltp", layout="mono")
        frame.sample_rate = RATE
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    with pytest.raises(UnsupportedMedia, match="no picture track"):
        probe(saved("sound.m4a", out.getvalue()))


def test_length_is_counted_and_not_believed(saved: Saved) -> None:
    with (
        pytest.raises(MediaTooLarge, match=r"longer than 0\.5 s"),
        VideoReader(saved("talk.mp4", mp4()), max_seconds=0.5) as reader,
    ):
        list(reader)


def test_a_prores_video_has_alpha_and_sound_as_it_is(tmp_path: Path) -> None:
    write(tmp_path / "talk.mov", 8, format="mov", transparent=True, sound=sound(0.32, channels=2))
    with av.open(str(tmp_path / "talk.mov")) as file:
        video, audio = file.streams
        assert (video.codec_context.name, video.codec_context.pix_fmt) == ("prores", "yuva444p12le")
        assert (video.codec_context.colorspace, video.frames) == (1, 8)
        assert audio.codec_context.name == "pcm_s16le"
        first = next(file.decode(video=0)).to_ndarray(format="rgba")
    assert np.abs(first[25, 40, :3].astype(int) - (180, 90, 40)).max() <= 3
    assert (first[25, 40, 3], first[3, 40, 3]) == (255, 0)


@pytest.mark.parametrize("transparent", [False, True])
def test_an_animated_png_has_every_frame_without_loss(tmp_path: Path, transparent: bool) -> None:
    write(tmp_path / "talk.apng", 7, format="apng", transparent=transparent)
    with av.open(str(tmp_path / "talk.apng")) as file:
        stream = file.streams.video[0]
        assert stream.average_rate == 25
        shown = [frame.to_ndarray(format="rgba") for frame in file.decode(stream)]
    assert len(shown) == 7
    expected = to_rgb(frames(7)[4])
    assert np.array_equal(shown[4][10:40, :, :3], expected[10:40])
    assert shown[4][3, 3, 3] == (0 if transparent else 255)
