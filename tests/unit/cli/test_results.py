import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from talkies.cli.batch import counts, summary
from talkies.cli.doctor import _show
from talkies.cli.engine_tables import document, row
from talkies.cli.results import show_speech, show_video, video_summary
from talkies.cli.streams import READER_GONE, painted, say
from talkies.core.alignment import Alignment, AlignmentSource
from talkies.engines.base import Readiness, VideoFormat
from talkies.engines.registry import ListedEngine
from talkies.errors import AudioSilent
from talkies.studio.audio.speeches import SpeechResult
from talkies.studio.health.checkup import Finding, State
from talkies.studio.videos.batch import Outcome, Status
from talkies.studio.videos.manifest import read_manifest
from talkies.studio.videos.products import Products
from talkies.studio.videos.result import VideoResult

ALIGNMENT = Alignment(length=0, phonemes=(), language="de", source=AlignmentSource.SYNTHESIZER)
VIDEO = VideoResult(
    products=Products(video=Path("[b]talk.mp4"), timing=Path("talk.timing.json")),
    format=VideoFormat.MP4,
    width=720,
    height=900,
    fps=Fraction(30_000, 1_001),
    frames=30,
    seconds=1.001,
    elapsed_seconds=2.5,
    engine="portrait",
    alignment=ALIGNMENT,
    score=None,
    warnings=("It is dark.",),
)


def test_a_video_is_its_paths_and_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    show_video(VIDEO, as_json=False, quiet=False)
    said = capsys.readouterr()
    assert said.out == "[b]talk.mp4\ntalk.timing.json\n"
    assert said.err == "1.0 s, 720 x 900, 29.97 fps, made in 2.5 s\n"


def test_the_choice_of_an_engine_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    chosen = replace(VIDEO, engine_reason="It is expected to be done in 2 to 3 s.")
    show_video(chosen, as_json=False, quiet=False)
    last = capsys.readouterr().err.splitlines()[-1]
    assert last == "Engine portrait: It is expected to be done in 2 to 3 s."
    show_video(chosen, as_json=True, quiet=False)
    assert json.loads(capsys.readouterr().out)["engine_reason"] == chosen.engine_reason


def test_a_video_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    show_video(VIDEO, as_json=True, quiet=False)
    said = capsys.readouterr()
    document = json.loads(said.out)
    assert document["files"] == {"video": "[b]talk.mp4", "timing": "talk.timing.json"}
    assert document["fps"] == "30000/1001"
    assert document["warnings"] == ["It is dark."]
    assert said.err == ""


def test_a_speech_as_json_and_in_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    result = SpeechResult(
        path=Path("a.wav"),
        timing=None,
        seconds=1.5,
        voice="espeak:de",
        alignment=ALIGNMENT,
        warnings=(),
    )
    show_speech(result, as_json=True, quiet=True)
    assert json.loads(capsys.readouterr().out)["timing"] is None
    show_speech(result, as_json=False, quiet=True)
    assert capsys.readouterr() == ("a.wav\n", "")


def test_a_batch_is_a_table(tmp_path: Path) -> None:
    (tmp_path / "jobs.csv").write_text("id,portrait,text\na,a.png,Hi\nb,b.png,Hi\nc,c.png,Hi\n")
    first, second, third = read_manifest(tmp_path / "jobs.csv", {})
    outcomes = [
        Outcome(row=first, output=Path("a.mp4"), status=Status.SUCCEEDED, result=VIDEO),
        Outcome(row=second, output=Path("b.mp4"), status=Status.FAILED, error=AudioSilent()),
        Outcome(row=third, output=Path("c.mp4"), status=Status.SKIPPED),
    ]
    assert summary(outcomes) == [
        "ROW  STATUS     OUTPUT",
        f"1    succeeded  a.mp4   {video_summary(VIDEO)}",
        "2    failed     b.mp4   AUDIO_SILENT: The recording is silent.",
        "3    skipped    c.mp4",
    ]
    assert counts(outcomes) == {"succeeded": 1, "skipped": 1, "failed": 1}


def test_a_broken_engine_is_listed_with_its_reason() -> None:
    broken = ListedEngine(
        id="warp", capabilities=None, readiness=Readiness(reason="ImportError: no warp")
    )
    assert row(broken) == ("warp", "no", "", "", "", "")
    known = {"id": "warp", "ready": False, "reason": "ImportError: no warp", "mend": ""}
    assert document(broken) == known


def test_a_finding_stands_over_its_mend(capsys: pytest.CaptureFixture[str]) -> None:
    _show(Finding(part="Disk", state=State.PROBLEM, fact="It is full.", mend="Free some."))
    first, second = capsys.readouterr().out.splitlines()
    assert first == "problem  Disk                It is full."
    assert second.strip() == "→ Free some."


def test_nothing_is_painted_without_a_terminal() -> None:
    assert painted("error:", "red") == "error:"
    assert painted("ok", "green", on_output=True) == "ok"


def test_a_reader_that_left_ends_the_command(capfd: pytest.CaptureFixture[str]) -> None:
    import os
    import sys

    reader, writer = os.pipe()
    os.close(reader)
    before = os.dup(1)
    output, sys.stdout = sys.stdout, os.fdopen(writer, "w")
    try:
        with pytest.raises(SystemExit) as caught:
            say("hello")
        sys.stdout.close()
    finally:
        sys.stdout = output
        os.dup2(before, 1)
        os.close(before)
    assert caught.value.code == READER_GONE
