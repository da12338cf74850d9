"""Each command does its work, and says so on the right stream."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command_line import Talkies, process

from talkies.media.video import probe

QUICK = ("--resolution", "480p", "--fps", "10")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, speech: Path) -> Path:
    """A folder with one finished video and everything beside it."""
    folder = tmp_path_factory.mktemp("made")
    portrait = Path(__file__).parents[1] / "fixtures/portrait.png"
    (folder / "words.txt").write_text("We move both maps.")
    answer = process(
        *("render", portrait, speech, "-t", "words.txt", "-l", "en", "-o", "talk.mp4"),
        *("--captions", "sidecar", "--score", "--contact-sheet", "--resolution", "480p"),
        cwd=folder,
    )
    assert answer.returncode == 0, answer.stderr
    (folder / "stdout.txt").write_text(answer.stdout)
    (folder / "stderr.txt").write_text(answer.stderr)
    return folder


#: `python -m talkies`, also where the shell that runs the tests in the background ignores Ctrl-C.
HEARING_CTRL_C = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("talkies", run_name="__main__", alter_sys=True)
"""


class TestRender:
    def test_results_and_nothing_else_stand_on_standard_output(self, made: Path) -> None:
        paths = (made / "stdout.txt").read_text().splitlines()
        assert paths == [
            "talk.mp4",
            "talk.timing.json",
            "talk.srt",
            "talk.vtt",
            "talk.score.json",
            "talk.score.png",
            "talk.sheet.png",
        ]
        assert all((made / path).stat().st_size > 0 for path in paths)

    def test_progress_stands_on_the_error_stream_in_plain_lines(self, made: Path) -> None:
        said = (made / "stderr.txt").read_text()
        assert "rendering" in said
        assert "\x1b" not in said
        assert "480 x 600" in said

    def test_the_video_carries_its_sound(self, made: Path) -> None:
        info = probe(made / "talk.mp4")
        assert info.sound_codec == "aac"
        assert info.codec == "h264"
        assert (info.width, info.height, info.fps) == (480, 600, 25)

    def test_captions_hold_the_words(self, made: Path) -> None:
        assert "We move both maps." in (made / "talk.srt").read_text()

    def test_the_score_is_good(self, made: Path) -> None:
        score = json.loads((made / "talk.score.json").read_text())
        assert score["reference"] == "given"
        assert score["grade"] in {"good", "fair"}

    def test_json_lines_tell_the_whole_story(
        self, talkies: Talkies, portrait: Path, tmp_path: Path
    ) -> None:
        output = tmp_path / "talk.gif"
        answer = talkies(
            "render", portrait, "--text", "Bob", "--voice", "en", "-o", output, "--json", *QUICK
        )
        assert (answer.status, answer.err) == (0, "")
        progress = [e["progress"] for e in answer.events if e["event"] == "progress"]
        assert progress[0] == 0
        assert progress[-1] == 1
        assert progress == sorted(progress)
        assert {e["event"] for e in answer.events} <= {"progress", "warning", "result"}
        result = answer.events[-1]
        assert result["event"] == "result"
        assert result["output"] == str(output)
        assert result["files"] == {
            "video": str(output),
            "timing": str(tmp_path / "talk.timing.json"),
        }
        assert (result["width"], result["height"], result["format"]) == (480, 600, "gif")
        assert (result["timing_source"], result["language"]) == ("synthesizer", "en-us")

    def test_a_failure_in_json_is_the_last_line(
        self, talkies: Talkies, portrait: Path, tmp_path: Path
    ) -> None:
        answer = talkies("render", portrait, tmp_path / "none.wav", "-o", "talk.mp4", "--json")
        assert (answer.status, answer.err) == (3, "")
        error = answer.events[-1]
        assert error["event"] == "error"
        assert (error["code"], error["exit_status"], error["retryable"]) == (
            "FILE_MISSING",
            3,
            False,
        )
        assert error["hint"]
        assert error["details"]["path"] == str(tmp_path / "none.wav")

    def test_a_wrong_line_in_json_is_json_too(self, talkies: Talkies) -> None:
        answer = talkies("render", "--json", "--frobnicate")
        assert answer.events[-1]["code"] == "USAGE"
        assert answer.status == 2

    def test_quiet_is_quiet(self, talkies: Talkies, portrait: Path, tmp_path: Path) -> None:
        output = tmp_path / "a [bold]name.mp4"
        answer = talkies(
            "render", portrait, "--text", "Bob", "-o", output, "-q", "--no-timing", *QUICK
        )
        assert (answer.status, answer.err, answer.out) == (0, "", f"{output}\n")

    def test_the_faces_of_a_refused_portrait_are_shown(
        self, talkies: Talkies, portrait: Path, speech: Path, tmp_path: Path
    ) -> None:
        import cv2

        blurred = cv2.GaussianBlur(cv2.imread(str(portrait)), (0, 0), 15)
        cv2.imwrite(str(tmp_path / "blurred.png"), blurred)
        seen = tmp_path / "seen.png"
        answer = talkies(
            *("render", tmp_path / "blurred.png", speech),
            *("-o", tmp_path / "talk.mp4", "--show-faces", seen),
        )
        assert "FACE_UNUSABLE" in answer.err
        assert "--show-faces" not in answer.err
        assert seen.stat().st_size > 10_000
        assert not (tmp_path / "talk.mp4").exists()


class TestManifest:
    def test_a_stopped_run_goes_on_where_it_was(
        self, talkies: Talkies, portrait: Path, tmp_path: Path
    ) -> None:
        shutil.copy(portrait, tmp_path / "face.png")
        jobs = tmp_path / "jobs.csv"
        jobs.write_text("id,portrait,text,audio\none,face.png,Bob,\ntwo,face.png,,none.wav\n")
        command = ("render", "--manifest", jobs, "--out-dir", tmp_path / "out", *QUICK)
        first = talkies(*command)
        assert first.status == 7
        assert "BATCH_INCOMPLETE" in first.err
        assert "1 of 2 videos failed" in first.err
        lines = first.out.splitlines()
        assert lines[0].split() == ["ROW", "STATUS", "OUTPUT"]
        assert lines[1].split()[:2] == ["1", "succeeded"]
        assert lines[2].split()[:2] == ["2", "failed"]
        assert "FILE_MISSING" in lines[2]
        changed = (tmp_path / "out/one.mp4").stat().st_mtime_ns

        jobs.write_text("id,portrait,text,audio\none,face.png,Bob,\ntwo,face.png,Bob,\n")
        second = talkies(*command, "--json")
        assert second.status == 0
        rows = [event for event in second.events if event["event"] == "row"]
        assert [row["status"] for row in rows] == ["skipped", "succeeded"]
        assert second.events[-1] == {
            "event": "result",
            "succeeded": 1,
            "skipped": 1,
            "failed": 0,
        }
        progress = [e["progress"] for e in second.events if e["event"] == "progress"]
        assert progress == sorted(progress)
        assert (tmp_path / "out/one.mp4").stat().st_mtime_ns == changed

    @pytest.mark.parametrize("extra", [(), ("--out-dir", "out", "--text", "Hello")])
    def test_what_it_needs_is_told(
        self, talkies: Talkies, tmp_path: Path, extra: tuple[str, ...]
    ) -> None:
        (tmp_path / "jobs.csv").write_text("portrait,text\nface.png,Bob\n")
        answer = talkies("render", "--manifest", tmp_path / "jobs.csv", *extra)
        assert answer.status == 2
        assert "hint:" in answer.err

    def test_a_wrong_manifest_starts_nothing(self, talkies: Talkies, tmp_path: Path) -> None:
        (tmp_path / "jobs.csv").write_text("portait,text\nface.png,Bob\n")
        out = tmp_path / "out"
        answer = talkies("render", "--manifest", tmp_path / "jobs.csv", "--out-dir", out)
        assert answer.status == 3
        assert "portrait" in answer.err
        assert not out.exists()


class TestAlign:
    @pytest.mark.parametrize(
        ("name", "head"),
        [
            ("json", "{"),
            ("srt", "1\n00:00:0"),
            ("vtt", "WEBVTT"),
            ("rhubarb", '{\n  "metadata"'),
            ("tsv", "0.00\t"),
            ("textgrid", "File type"),
        ],
    )
    def test_every_format(
        self, talkies: Talkies, made: Path, speech: Path, name: str, head: str
    ) -> None:
        answer = talkies(
            "align", speech, "-t", made / "words.txt", "-l", "en", "--format", name, "-q"
        )
        assert (answer.status, answer.err) == (0, "")
        assert answer.out.startswith(head)

    def test_without_a_transcript_there_are_sounds_but_no_words(
        self, talkies: Talkies, speech: Path, tmp_path: Path
    ) -> None:
        output = tmp_path / "timing.json"
        answer = talkies("align", speech, "-o", output, "-q")
        assert answer.out == f"{output}\n"
        document = json.loads(output.read_text())
        assert document["words"] == []
        assert len(document["phonemes"]) > 4
        assert talkies("align", speech, "-o", output).status == 5
        assert talkies("align", speech, "--format", "srt").status == 2

    def test_json_holds_the_alignment(self, talkies: Talkies, speech: Path) -> None:
        answer = talkies("align", speech, "--json")
        assert answer.events[-1]["alignment"]["source"] == "recognition"

    def test_a_transcript_can_come_from_a_pipe(self, speech: Path) -> None:
        answer = process(
            *("align", speech, "-t", "-", "-l", "en", "--format", "srt", "-q"),
            input="We move both maps.",
        )
        assert "We move both maps." in answer.stdout


class TestSpeak:
    def test_a_text_becomes_a_wav(self, talkies: Talkies, tmp_path: Path) -> None:
        output = tmp_path / "hello.wav"
        answer = talkies("speak", "Guten Morgen", "--voice", "de", "-o", output, "--timing")
        assert answer.status == 0
        assert answer.out.splitlines() == [str(output), str(tmp_path / "hello.timing.json")]
        assert "espeak:de" in answer.err
        assert output.read_bytes()[:4] == b"RIFF"

    def test_speed_makes_it_shorter(self, talkies: Talkies, tmp_path: Path) -> None:
        seconds = [
            talkies(
                "speak",
                "One two three four",
                "-o",
                tmp_path / f"{speed}.wav",
                "--speed",
                speed,
                "--json",
            ).events[-1]["seconds"]
            for speed in (0.8, 1.6)
        ]
        assert seconds[1] < 0.7 * seconds[0]

    @pytest.mark.parametrize(
        ("arguments", "status"),
        [
            (("Hello",), 2),
            (("-o", "hello.wav"), 2),
            (("Hello", "-o", "hello.mp9"), 2),
            (("Hello", "-o", "hello.wav", "--speed", "9"), 2),
            (("Hello", "-o", "hello.wav", "--voice", "xyzzy"), 3),
            (("...", "-o", "hello.wav"), 3),
        ],
    )
    def test_what_cannot_be_spoken(
        self, talkies: Talkies, arguments: tuple[str, ...], status: int
    ) -> None:
        answer = talkies("speak", *arguments)
        assert answer.status == status
        assert "hint:" in answer.err


class TestScore:
    def test_a_table_for_people(self, talkies: Talkies, made: Path) -> None:
        answer = talkies("score", made / "talk.mp4")
        assert answer.status == 0
        assert "Lip sync:" in answer.out.splitlines()[-1]
        assert "(reference: given)" in answer.out

    def test_json_and_files(self, talkies: Talkies, made: Path, tmp_path: Path) -> None:
        video = shutil.copy(made / "talk.mp4", tmp_path)
        answer = talkies(
            *("score", video, "-o", tmp_path / "s.json", "--picture", tmp_path / "s.png"),
            *("--json", "--quiet"),
        )
        assert answer.events[-1]["score"]["reference"] == "heard"
        assert json.loads((tmp_path / "s.json").read_text())["curves"]
        assert (tmp_path / "s.png").stat().st_size > 10_000

    def test_no_video(self, talkies: Talkies, speech: Path, tmp_path: Path) -> None:
        assert talkies("score", tmp_path / "none.mp4").status == 3
        assert talkies("score", speech).status == 3


class TestLists:
    def test_voices(self, talkies: Talkies) -> None:
        answer = talkies("voices", "--language", "de")
        assert "espeak:de " in answer.out
        assert "espeak:fr" not in answer.out
        voices = talkies("voices", "--json").events
        assert len({voice["language"] for voice in voices}) > 90

    def test_no_such_language(self, talkies: Talkies) -> None:
        assert talkies("voices", "-l", "xx").status == 3

    def test_engines(self, talkies: Talkies) -> None:
        assert "portrait" in talkies("engines").out
        found = {engine["id"]: engine for engine in talkies("engines", "--json").events}
        engine = found["portrait"]
        assert engine["ready"]
        assert engine["formats"] == ["gif", "mp4", "webm"]

    def test_doctor(self, talkies: Talkies) -> None:
        answer = talkies("doctor")
        assert answer.status == 0
        assert answer.out.splitlines()[-1] == "Everything works."
        assert "problem" not in answer.out


class TestProcess:
    @pytest.mark.parametrize(
        ("line", "unloaded"),
        [
            (["--help"], ("typer", "rich", "numpy")),
            (["render", "--help"], ("rich", "numpy")),
            (["score", "--help"], ("rich", "numpy")),
        ],
    )
    def test_help_loads_little(self, line: list[str], unloaded: tuple[str, ...]) -> None:
        script = (
            f"import sys; from talkies.cli.main import run; run({line}); "
            f"sys.exit(sum(name in sys.modules for name in {unloaded}))"
        )
        answer = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
        assert answer.returncode == 0
        assert b"Usage: talkies" in answer.stdout

    def test_the_module_is_the_command(self) -> None:
        assert process("--version").stdout.startswith("talkies 0.")
        assert process().stdout == process("--help").stdout

    def test_a_reader_that_leaves_is_no_failure(self) -> None:
        command = f"{sys.executable} -m talkies voices | head -1"
        answer = subprocess.run(
            ["/bin/bash", "-c", command], capture_output=True, text=True, check=False
        )
        assert answer.stdout.startswith("VOICE")
        assert "rror" not in answer.stderr

    @pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
    def test_a_signal_stops_it_within_a_second_and_leaves_nothing(
        self, portrait: Path, tmp_path: Path, number: signal.Signals, status: int
    ) -> None:
        temporary = tmp_path / "temporary"
        temporary.mkdir()
        arguments = ["render", str(portrait), "--text", "Bob moves maps. " * 10, "--voice", "en"]
        output = tmp_path / "talk.mp4"
        running = subprocess.Popen(
            [sys.executable, "-c", HEARING_CTRL_C, *arguments, "-o", str(output), "--json"],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "TMPDIR": str(temporary)},
        )
        assert running.stdout is not None
        for line in running.stdout:
            event = json.loads(line)
            if event.get("stage") == "render" and event["done"] > 3:
                break
        assert list(temporary.iterdir())
        started = time.monotonic()
        running.send_signal(number)
        rest = running.stdout.read()
        took = time.monotonic() - started
        assert running.wait(timeout=240) == status
        running.stdout.close()
        assert list(temporary.iterdir()) == []
        assert list(tmp_path.iterdir()) == [temporary]
        assert took < 10  # one where nobody else computes
        last = json.loads(rest.splitlines()[-1])
        assert (last["code"], last["exit_status"]) == ("CANCELED", status)

    @pytest.mark.parametrize(
        ("closing", "status", "said"),
        [
            (">/dev/full", 5, "DISK_FULL, exit status 5"),
            (">&-", 0, ""),
            ("2>/dev/full", 0, ""),
            ("2>&-", 0, ""),
        ],
    )
    def test_a_stream_that_takes_nothing_is_no_crash(
        self, closing: str, status: int, said: str
    ) -> None:
        command = f"{sys.executable} -m talkies voices -l de {closing}"
        answer = subprocess.run(
            ["/bin/bash", "-c", command], capture_output=True, text=True, check=False
        )
        assert answer.returncode == status
        assert said in answer.stderr
        assert "Exception" not in answer.stderr

    def test_any_name_is_printed_in_any_locale(self, tmp_path: Path) -> None:
        name = os.fsdecode(b"\xff\xc3\xa9.wav")
        command = [sys.executable, "-m", "talkies", "speak", "Bob", "-q", "-o", name]
        answer = subprocess.run(
            command,
            cwd=tmp_path,
            capture_output=True,
            check=False,
            env={**os.environ, "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
        )
        assert answer.stdout == b"\xff\xc3\xa9.wav\n", answer.stderr
        assert (tmp_path / name).exists()

    def test_debug_shows_where_it_failed(self) -> None:
        plain = process("align", "none.wav")
        loud = process("--debug", "align", "none.wav")
        assert "Traceback" not in plain.stderr
        assert "Traceback" in loud.stderr
        assert plain.returncode == loud.returncode == 3
