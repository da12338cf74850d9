"""The export of timelines beside FFmpeg's own program and moviepy, on the same frames.

The floor is x264 at `veryfast` on raw I420 frames, without sound, by FFmpeg's program: what is over
it is what reading, joining, and writing the drawings cost. Each pair is measured in turn, and the
cheapest of each is taken. Needs a package index the first time, for the rivals' environment.
"""

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import av
import numpy as np

from rig_export_stage import (
    FPS,
    SIZE,
    Cost,
    Rivals,
    lively,
    measured,
    painted_character,
    tone,
    write_raw,
)
from rig_export_stage import least as cheapest
from rows import Row, at_least, at_most, reported
from system_bench import peak_memory
from talkies.core.rig.playback import Playback
from talkies.core.timeline.document import Timeline
from talkies.core.timeline.document_json import timeline_to_json
from talkies.media.captions import CaptionPainter
from talkies.media.sounds import save_sound
from talkies.rigs.character import DRAFTS, PACK, Character
from talkies.rigs.export.exporting import export_timeline
from talkies.rigs.export.filming import film_of
from talkies.rigs.export.options import ExportFormat, ExportOptions
from talkies.rigs.export.pictures import Film, pictures
from talkies.rigs.export.planning import perform
from talkies.rigs.pack.opening import PackMaker
from talkies.rigs.tree.opening import open_character

ROOT = Path(__file__).parents[1]
#: What takes long to make and stays for the next run.
KEPT = ROOT / "out/rig-export"
FRAMES = 300
#: VP9 with alpha and GIFs are slow.
FEW = 150
ROUNDS = 5

#: The encoders' settings, as `media.profiles` has them.
X264 = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "20")
VP9 = (
    *("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "6", "-crf", "28", "-b:v", "0"),
    *("-row-mt", "1", "-auto-alt-ref", "0"),
)
#: Two passes, as ours.
PALETTE = "[a]palettegen=stats_mode=full[p]"
DRAWING = "[b][p]paletteuse=dither=sierra2_4a:diff_mode=rectangle"
COLOURS = "scale=in_color_matrix=bt709:in_range=tv,format=rgb24"
GIF = ("-filter_complex", f"{COLOURS},split[a][b];{PALETTE};{DRAWING}")


@dataclass(frozen=True)
class Bench:
    """What is measured, and where."""

    work: Path
    rivals: Rivals
    rounds: int
    opaque: Character
    cut: Character

    def pair(
        self, ours: Callable[[], object], theirs: Callable[[], object], times: int = 1
    ) -> tuple[Cost, Cost]:
        """The cheapest of both, taken in turn; `times` as many rounds where both are quick."""
        costs: tuple[list[Cost], list[Cost]] = ([], [])
        for _ in range(times * self.rounds):
            costs[1].append(measured(theirs))
            costs[0].append(measured(ours))
        return cheapest(costs[0]), cheapest(costs[1])


def character(name: str, *, opaque: bool) -> Character:
    """The painted character, painted once."""
    folder = KEPT / name
    if not (folder / "expressions.json").exists():
        shutil.rmtree(folder, ignore_errors=True)
        return painted_character(folder, opaque=opaque)
    return open_character(folder)


def film(timeline: Timeline, who: Character, form: ExportFormat, options: ExportOptions) -> Film:
    with PackMaker(who) as packs:
        performed = perform(timeline, packs, form)
        return film_of(performed, packs.open(performed.drawings), form, options)[0]


def played(timeline: Timeline, who: Character) -> Playback:
    with PackMaker(who) as packs:
        return perform(timeline, packs, ExportFormat.MP4).playback


def raw_frames(of: Film, path: Path) -> None:
    """The frames of a film as FFmpeg's program reads them."""

    def planes() -> Iterator[bytes]:
        painter = CaptionPainter((), *of.size, of.fps)
        for picture in pictures(of, painter, range(of.frames)):
            parts = (picture.y, picture.u, picture.v, picture.alpha)
            yield b"".join(part.tobytes() for part in parts if part is not None)

    write_raw(planes(), path)


def export(
    bench: Bench, who: Character, frames: int, name: str, *, fresh: bool = False, **options: object
) -> None:
    output = bench.work / name
    output.unlink(missing_ok=True)
    if fresh:
        (who.folder / PACK).unlink()
    sound = None if name.endswith(("gif", "webm")) else tone(frames / float(FPS))
    asked = ExportOptions(**options)  # type: ignore[arg-type]
    export_timeline(lively(frames), who, output, asked, sound=sound)


def mp4_rows(bench: Bench) -> Iterator[Row]:
    timeline = lively(FRAMES)
    raw = bench.work / "frames.yuv"
    raw_frames(film(timeline, bench.opaque, ExportFormat.MP4, ExportOptions()), raw)
    floor = partial(bench.rivals.encode, raw, "yuv420p", SIZE, *X264, str(bench.work / "floor.mp4"))
    playback = played(timeline, bench.opaque)
    yield reported("rig.export.drawings_shown", len(playback.cels), "drawings")
    yield reported("rig.export.holds", float(np.mean(np.diff(playback.order) == 0)), "share")
    warm, base = bench.pair(
        partial(export, bench, bench.opaque, FRAMES, "warm.mp4"), floor, times=2
    )
    yield at_most("rig.export.warm.cpu_to_x264", warm.cpu / base.cpu, 1.15)
    yield at_most("rig.export.warm.wall_to_x264", warm.wall / base.wall, 1.3)
    yield reported("rig.export.warm.speed", FRAMES / warm.wall, "fps")
    bytes_ = [(bench.work / name).stat().st_size for name in ("warm.mp4", "floor.mp4")]
    yield reported("rig.export.warm.bytes_to_x264", bytes_[0] / bytes_[1])
    moviepy = measured(partial(by_moviepy, bench, timeline))
    yield at_most("rig.export.warm.wall_to_moviepy", warm.wall / moviepy.wall, 0.2)
    cold, base = bench.pair(
        partial(export, bench, bench.opaque, FRAMES, "cold.mp4", fresh=True), floor
    )
    yield at_most("rig.export.cold.cpu_to_x264", cold.cpu / base.cpu, 1.8)
    yield reported("rig.export.cold.wall_to_x264", cold.wall / base.wall)
    raw.unlink()


def by_moviepy(bench: Bench, timeline: Timeline) -> None:
    """The same frames by the script that everybody writes."""
    playback = played(timeline, bench.opaque)
    files = [bench.opaque.path(playback.cels[cel].drawing) for cel in playback.order]
    sound = bench.work / "sound.wav"
    save_sound(tone(FRAMES / float(FPS)), sound)
    bench.rivals.moviepy(files, sound, bench.work / "moviepy.mp4")


def background_rows(bench: Bench) -> Iterator[Row]:
    options = ExportOptions(background=(40, 90, 140))
    raw = bench.work / "frames.yuv"
    raw_frames(film(lively(FRAMES), bench.cut, ExportFormat.MP4, options), raw)
    floor = partial(bench.rivals.encode, raw, "yuv420p", SIZE, *X264, str(bench.work / "floor.mp4"))
    ours = partial(export, bench, bench.cut, FRAMES, "back.mp4", background=options.background)
    still, base = bench.pair(ours, floor)
    yield at_most("rig.export.background.cpu_to_x264", still.cpu / base.cpu, 1.4)
    yield reported("rig.export.background.wall_to_x264", still.wall / base.wall)
    raw.unlink()


def vp9_rows(bench: Bench) -> Iterator[Row]:
    raw = bench.work / "frames.yuva"
    raw_frames(film(lively(FEW), bench.cut, ExportFormat.WEBM, ExportOptions()), raw)
    output = str(bench.work / "floor.webm")
    floor = partial(bench.rivals.encode, raw, "yuva420p", SIZE, *VP9, output)
    ours, base = bench.pair(partial(export, bench, bench.cut, FEW, "ours.webm"), floor)
    yield at_most("rig.export.vp9_alpha.cpu_to_ffmpeg", ours.cpu / base.cpu, 1.15)
    yield reported("rig.export.vp9_alpha.wall_to_ffmpeg", ours.wall / base.wall)
    raw.unlink()


def gif_rows(bench: Bench) -> Iterator[Row]:
    of = film(lively(FEW), bench.opaque, ExportFormat.GIF, ExportOptions())
    raw = bench.work / "frames.yuv"
    raw_frames(of, raw)
    output = str(bench.work / "floor.gif")
    floor = partial(bench.rivals.encode, raw, "yuv420p", SIZE, *GIF, output, fps=of.fps)
    ours, base = bench.pair(partial(export, bench, bench.opaque, FEW, "ours.gif"), floor)
    yield at_most("rig.export.gif.cpu_to_ffmpeg", ours.cpu / base.cpu, 1.15)
    yield reported("rig.export.gif.wall_to_ffmpeg", ours.wall / base.wall)
    raw.unlink()


def draft_rows(bench: Bench) -> Iterator[Row]:
    draft = partial(export, bench, bench.opaque, FRAMES, "draft.mp4", draft=True)
    (bench.opaque.folder / DRAFTS).unlink(missing_ok=True)
    first = measured(draft)
    yield reported("rig.export.draft.first", FRAMES / first.wall, "fps")
    again = cheapest([measured(draft) for _ in range(bench.rounds)])
    yield reported("rig.export.draft.with_sound", FRAMES / again.wall, "fps")
    silent = cheapest([measured(partial(splice, bench)) for _ in range(2 * bench.rounds)])
    # Joining is the work of one thread: on a busy machine its CPU time says how long it takes.
    yield at_least("rig.export.draft.splice", FRAMES / silent.cpu, 3000, "fps")
    yield reported("rig.export.draft.splice_wall", FRAMES / silent.wall, "fps")
    sizes = [(bench.work / name).stat().st_size for name in ("draft.mp4", "warm.mp4")]
    yield reported("rig.export.draft.bytes_to_export", sizes[0] / sizes[1])


def splice(bench: Bench) -> None:
    export_timeline(
        lively(FRAMES), bench.opaque, bench.work / "silent.mp4", ExportOptions(draft=True)
    )


def kept_rows(bench: Bench) -> Iterator[Row]:
    """One mouth shape of a minute is changed, and the file exported again."""
    timeline = lively(60 * int(FPS))
    output = bench.work / "minute.mp4"
    output.unlink(missing_ok=True)
    whole = measured(partial(export_timeline, timeline, bench.opaque, output))
    tracks = dict(timeline.tracks)
    name, clips = next(iter(tracks.items()))
    middle = len(clips) // 2
    changed = (*clips[:middle], replace(clips[middle], value="oh"), *clips[middle + 1 :])
    edited = replace(timeline, tracks={**tracks, name: changed})
    again = measured(partial(export_timeline, edited, bench.opaque, output))
    yield reported("rig.export.again.wall_to_first", again.wall / whole.wall)


def exactness_rows(bench: Bench) -> Iterator[Row]:
    """Frames, length and the distance of sound and picture, at three rates."""
    worst, seconds_off, apart = 0, 0.0, 0.0
    for fps in (FPS, FPS * 24 / 25, FPS * 1200 / 1001):
        output = bench.work / "exact.mp4"
        sound = tone(7.77)
        result = export_timeline(
            lively(150), bench.opaque, output, ExportOptions(fps=fps, resolution=192), sound=sound
        )
        with av.open(str(output)) as file:
            video, audio = file.streams.video[0], file.streams.audio[0]
            frames = sum(1 for _ in file.decode(video))
            length = float(video.duration * video.time_base)
            apart = max(apart, abs(video.start_time * video.time_base) * float(fps))
            apart = max(apart, abs(float(audio.start_time * audio.time_base)) * float(fps))
        worst = max(worst, abs(frames - result.frames))
        seconds_off = max(seconds_off, abs(length - result.seconds) * float(fps))
    yield at_most("rig.export.frames_off", worst, 0, "frames")
    yield at_most("rig.export.length_off", seconds_off, 1, "frames")
    yield at_most("rig.export.sound_offset", apart, 1, "frames")


def memory_rows(bench: Bench, *, quick: bool) -> Iterator[Row]:
    """Peak memory of the command for a long and for a short timeline, at full size."""
    long = 120 if quick else 1_200
    peaks = []
    for seconds in (20, long):
        document = bench.work / f"{seconds}.timeline.json"
        document.write_text(timeline_to_json(lively(seconds * int(FPS))), encoding="utf-8")
        sound = bench.work / f"{seconds}.wav"
        save_sound(tone(seconds), sound)
        command = [
            str(Path(sys.executable).parent / "talkies"),
            "timeline",
            "export",
            str(document),
        ]
        given = ["--character", str(bench.opaque.folder), "--audio", str(sound), "-q", "-y"]
        output = bench.work / "memory.mp4"
        output.unlink(missing_ok=True)
        peaks.append(peak_memory([*command, *given, "-o", str(output)]))
    yield at_most(f"rig.export.memory.{long}s_over_20s", peaks[1] / peaks[0], 1.1)
    yield reported(f"rig.export.memory.{long}s.peak", peaks[1], "MB")


def rows(*, quick: bool = False) -> Iterator[Row]:
    """All rows of this benchmark."""
    memory = Path("/dev/shm")  # noqa: S108 - raw frames of a minute are not for a disk
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        bench = Bench(
            work=Path(folder),
            rivals=Rivals(ROOT / "out/rivals"),
            rounds=1 if quick else ROUNDS,
            opaque=character("opaque", opaque=True),
            cut=character("cut", opaque=False),
        )
        yield from mp4_rows(bench)
        yield from background_rows(bench)
        yield from vp9_rows(bench)
        yield from gif_rows(bench)
        yield from draft_rows(bench)
        yield from kept_rows(bench)
        yield from exactness_rows(bench)
        yield from memory_rows(bench, quick=quick)


if __name__ == "__main__":
    for row in rows(quick="--quick" in sys.argv):
        print(row, flush=True)
