from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from talkies.core.alignment import Alignment, AlignmentSource
from talkies.engines.base import VideoFormat
from talkies.errors import AudioSilent, Canceled, InvalidManifest, OutputUnwritable, SameFile
from talkies.studio.outputs import require_inputs, require_outputs
from talkies.studio.progress import Listener, ignore
from talkies.studio.videos.batch import Outcome, Status, make_videos
from talkies.studio.videos.manifest import read_manifest
from talkies.studio.videos.options import VideoOptions
from talkies.studio.videos.products import products
from talkies.studio.videos.request import VideoRequest
from talkies.studio.videos.result import VideoResult


class Maker:
    """Writes the name of the portrait in place of a video; fails where it says so."""

    def __init__(self) -> None:
        self.made: list[str] = []

    def __call__(self, request: VideoRequest, listener: Listener) -> VideoResult:
        require_inputs(request.inputs)
        require_outputs(products(request).paths, request.inputs, overwrite=request.overwrite)
        if request.portrait.name == "mute.png":
            raise AudioSilent
        if request.portrait.name == "stop.png":
            raise Canceled
        self.made.append(request.output.name)
        for path in products(request).paths:
            path.write_bytes(request.portrait.read_bytes())
        return VideoResult(
            products=products(request),
            format=VideoFormat.MP4,
            width=2,
            height=2,
            fps=Fraction(25),
            frames=1,
            seconds=0.04,
            elapsed_seconds=1,
            engine="maker",
            alignment=Alignment(length=0, phonemes=(), source=AlignmentSource.SYNTHESIZER),
            score=None,
            warnings=(),
        )


Run = Callable[..., list[Outcome]]


@pytest.fixture
def maker() -> Maker:
    return Maker()


@pytest.fixture
def run(tmp_path: Path, maker: Maker) -> Run:
    """Run a manifest of portraits; they are made where they are missing."""

    def start(*names: str, out: str = "out", **options: object) -> list[Outcome]:
        lines = [f"{Path(name).stem},{name},Hi" for name in names]
        for name in names:
            if name != "none.png" and not (tmp_path / name).exists():
                (tmp_path / name).write_text(name)
        (tmp_path / "jobs.csv").write_text("id,portrait,text\n" + "\n".join(lines))
        rows = read_manifest(tmp_path / "jobs.csv", VideoOptions(**options))  # type: ignore[typeddict-item]
        return list(make_videos(rows, tmp_path / out, maker, lambda _, __: ignore))

    return start


def statuses(outcomes: list[Outcome]) -> list[str]:
    return [outcome.status.value for outcome in outcomes]


def test_every_row_becomes_a_video(run: Run, tmp_path: Path) -> None:
    outcomes = run("a.png", "b.png")
    assert statuses(outcomes) == ["succeeded", "succeeded"]
    assert (tmp_path / "out/a.mp4").read_text() == "a.png"
    assert outcomes[0].result is not None
    assert outcomes[1].output == tmp_path / "out/b.mp4"


def test_a_failed_row_does_not_stop_the_others(run: Run) -> None:
    outcomes = run("mute.png", "none.png", "b.png")
    assert statuses(outcomes) == ["failed", "failed", "succeeded"]
    errors = [outcome.error.code for outcome in outcomes if outcome.error]
    assert errors == ["AUDIO_SILENT", "FILE_MISSING"]


def test_an_option_that_cannot_be_fails_its_row(run: Run) -> None:
    assert statuses(run("a.png", fps="9999")) == ["failed"]


def test_a_second_run_skips_what_is_finished(run: Run, maker: Maker) -> None:
    run("a.png", "mute.png")
    assert statuses(run("a.png", "mute.png")) == ["skipped", "failed"]
    assert maker.made == ["a.mp4"]


def test_another_option_makes_the_video_anew(run: Run, maker: Maker) -> None:
    run("a.png")
    assert statuses(run("a.png", motion=0.5)) == ["succeeded"]
    assert statuses(run("a.png", motion=0.5)) == ["skipped"]
    assert maker.made == ["a.mp4", "a.mp4"]


def test_another_content_makes_the_video_anew(run: Run, tmp_path: Path) -> None:
    run("a.png")
    (tmp_path / "a.png").write_text("new")
    assert statuses(run("a.png")) == ["succeeded"]
    assert (tmp_path / "out/a.mp4").read_text() == "new"


def test_the_same_content_by_another_name_is_the_same_video(run: Run, tmp_path: Path) -> None:
    run("a.png")
    moved = tmp_path / "moved"
    moved.mkdir()
    (tmp_path / "a.png").rename(moved / "a.png")
    (tmp_path / "a.png").symlink_to(moved / "a.png")
    assert statuses(run("a.png")) == ["skipped"]


@pytest.mark.parametrize("damage", ["removed", "cut", "sidecar removed"])
def test_a_damaged_result_is_made_anew(run: Run, tmp_path: Path, damage: str) -> None:
    run("a.png")
    if damage == "removed":
        (tmp_path / "out/a.mp4").unlink()
    elif damage == "cut":
        (tmp_path / "out/a.mp4").write_text("a")
    else:
        (tmp_path / "out/a.timing.json").unlink()
    assert statuses(run("a.png")) == ["succeeded"]


@pytest.mark.parametrize("stamp", ["", "[1]", "{}", '{"schema": "other/1"}'])
def test_a_spoilt_stamp_is_no_stamp(run: Run, tmp_path: Path, stamp: str) -> None:
    run("a.png")
    (tmp_path / "out/.talkies/a.mp4.json").write_text(stamp)
    (outcome,) = run("a.png")
    assert outcome.status is Status.FAILED
    assert outcome.error is not None
    assert outcome.error.code == "OUTPUT_EXISTS"


def test_a_stranger_s_file_is_not_replaced_unasked(run: Run, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/a.mp4").write_text("precious")
    assert statuses(run("a.png")) == ["failed"]
    assert (tmp_path / "out/a.mp4").read_text() == "precious"
    assert statuses(run("a.png", overwrite=True)) == ["succeeded"]


def test_stopping_stops_everything(run: Run, maker: Maker) -> None:
    with pytest.raises(Canceled):
        run("a.png", "stop.png", "b.png")
    assert maker.made == ["a.mp4"]
    run("a.png")
    assert maker.made == ["a.mp4"]


def test_no_row_writes_over_what_another_reads(run: Run, tmp_path: Path) -> None:
    (tmp_path / "b.mp4").write_text("a recording")
    (tmp_path / "a.png").write_text("a")
    text = "id,portrait,audio\nb,a.png,c.wav\nc,a.png,b.mp4\n"
    (tmp_path / "jobs.csv").write_text(text)
    rows = read_manifest(tmp_path / "jobs.csv", {"overwrite": True})
    with pytest.raises(SameFile, match="row 1"):
        list(make_videos(rows, tmp_path, Maker(), lambda _, __: ignore))
    assert (tmp_path / "b.mp4").read_text() == "a recording"


def test_a_folder_that_cannot_be_is_told_before_any_work(run: Run, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(OutputUnwritable):
        run("a.png")


def test_folders_inside_are_made(tmp_path: Path, maker: Maker) -> None:
    (tmp_path / "a.png").write_text("a")
    (tmp_path / "jobs.csv").write_text("portrait,text,output\na.png,Hi,deep/er/a.mp4\n")
    rows = read_manifest(tmp_path / "jobs.csv", {})
    (outcome,) = make_videos(rows, tmp_path / "out", maker, lambda _, __: ignore)
    assert outcome.status is Status.SUCCEEDED
    assert (tmp_path / "out/deep/er/a.mp4").exists()


def test_each_row_is_heard_with_the_number_of_rows(tmp_path: Path, maker: Maker, run: Run) -> None:
    run("a.png", "b.png")
    rows = read_manifest(tmp_path / "jobs.csv", {})
    heard: list[tuple[int, int]] = []

    def listen(row: object, count: int) -> Listener:
        heard.append((getattr(row, "number", 0), count))
        return ignore

    list(make_videos(rows, tmp_path / "out", maker, listen))
    assert heard == [(1, 2), (2, 2)]


def test_an_empty_manifest_is_none(tmp_path: Path) -> None:
    (tmp_path / "jobs.csv").write_text("id,portrait,text\n")
    with pytest.raises(InvalidManifest):
        read_manifest(tmp_path / "jobs.csv", {})
