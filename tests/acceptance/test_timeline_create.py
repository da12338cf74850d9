"""`talkies timeline create`, as a user calls it."""

import json
from pathlib import Path

import pytest
from command_line import Talkies
from loopback import Hit, Reply, Server
from small_character import small_character

import talkies as package
import talkies.errors
from talkies.core.timeline.document import TrackName
from talkies.core.timeline.document_json import timeline_from_json
from talkies.errors import Misconfigured

WORDS = "Hello and welcome! Unfortunately, it is raining."


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("root")
    (root / "characters").mkdir()
    small_character(root / "characters/robin")
    return root


def test_a_text_becomes_a_timeline_of_a_named_character(
    talkies: Talkies, root: Path, tmp_path: Path
) -> None:
    output = tmp_path / "line.timeline.json"
    answer = talkies(
        "timeline", "create", "--character", "robin", "--root", root,
        "--text", WORDS, "--voice", "espeak:en-us", "-o", output,
    )  # fmt: skip
    timeline = timeline_from_json(output.read_text())

    assert answer.status == 0
    assert answer.out.split() == [str(output), str(tmp_path / "line.wav")]
    assert "24 fps, visemes" in answer.err
    assert timeline.character == "robin"
    notes = [clip.note for clip in timeline.track(TrackName.EXPRESSIONS)]
    assert notes[0].startswith("delighted: the word “hello”")


def test_a_recording_becomes_a_timeline_of_a_characters_folder(
    talkies: Talkies, root: Path, speech: Path, tmp_path: Path
) -> None:
    output = tmp_path / "line.json"
    folder = root / "characters/robin"
    answer = talkies(
        "timeline", "create", "--character", folder, "--audio", speech, "-o", output,
        "--fps", "30000/1001", "--no-poses", "--no-blinks", "--emotions", "off", "--json",
    )  # fmt: skip
    *_, result = answer.events

    assert answer.err == ""
    assert {event["event"] for event in answer.events} == {"progress", "result"}
    assert (result["output"], result["sound"], result["fps"]) == (str(output), None, "30000/1001")
    assert set(result["clips"]) == {"visemes"}
    assert result["frames"] == timeline_from_json(output.read_text()).frames


def test_a_transcript_gives_captions_and_quiet_says_only_paths(
    talkies: Talkies, root: Path, speech: Path, tmp_path: Path
) -> None:
    (tmp_path / "words.txt").write_text("We move both maps.")
    output = tmp_path / "line.json"
    answer = talkies(
        "timeline", "create", "--character", "robin", "--root", root, "-a", speech,
        "-t", tmp_path / "words.txt", "-o", output, "-q",
    )  # fmt: skip
    (caption,) = timeline_from_json(output.read_text()).track(TrackName.CAPTIONS)

    assert (answer.out, answer.err) == (f"{output}\n", "")
    assert caption.value == "We move both maps."


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--character", "robn", "--text", "Hi", "-o", "x.json"], 3, "Did you mean robin?"),
        (["--character", "robin", "--text", "Hi"], 2, "-o line.timeline.json"),
        (["--character", "robin", "-o", "x.json"], 2, "There is nothing to say"),
        (["--character", "robin", "--text", "Hi", "-o", "x.mp4"], 2, "does not end in .json"),
        (["--character", "robin", "-a", "no.wav", "-o", "x.json"], 3, "no.wav does not exist"),
        (["--text", "Hi", "-o", "x.json"], 2, "--character"),
    ],
)
def test_mistakes_are_told_with_a_next_step(
    talkies: Talkies, root: Path, arguments: list[str], status: int, words: str
) -> None:
    answer = talkies("timeline", "create", "--root", root, *arguments)

    assert answer.status == status
    assert words in answer.err


def test_no_model_is_a_mistake_before_any_work(
    talkies: Talkies, root: Path, tmp_path: Path
) -> None:
    answer = talkies(
        "timeline", "create", "--character", "robin", "--root", root, "--text", WORDS,
        "--emotions", "model", "-o", tmp_path / "line.json",
    )  # fmt: skip

    assert answer.status == 2
    assert "OPENAI_API_KEY" in answer.err
    assert list(tmp_path.iterdir()) == []


def test_a_model_of_ones_own_plans_the_face(
    talkies: Talkies, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = {
        "changes": [
            {"time_ms": 300, "expression": "happy_soft", "strength": 1, "reason": "a greeting"}
        ]
    }
    message = {"role": "assistant", "content": json.dumps(plan), "refusal": None}
    body = json.dumps({"choices": [{"message": message, "finish_reason": "stop"}]}).encode()

    def answer(_: Hit) -> Reply:
        return Reply(body=body)

    output = tmp_path / "line.json"
    with Server(answer) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{server.port}/v1")
        said = talkies(
            "timeline", "create", "--character", "robin", "--root", root, "--text", WORDS,
            "--voice", "espeak:en-us", "--emotions", "model", "-o", output,
        )  # fmt: skip
        assert len(server.hits) == 1
    clips = timeline_from_json(output.read_text()).track(TrackName.EXPRESSIONS)

    assert said.status == 0, said.err
    assert {(clip.value, clip.note) for clip in clips} == {("happy_soft", "a greeting")}


def test_python_makes_the_same_timeline(root: Path, tmp_path: Path) -> None:
    made = package.create_timeline(
        root / "characters/robin",
        text=WORDS,
        voice="espeak:en-us",
        output=tmp_path / "line.timeline.json",
    )

    assert made.sound == tmp_path / "line.wav"
    assert made.timeline == timeline_from_json(made.path.read_text())


def test_python_says_that_no_model_is_set(root: Path, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="No model is set"):
        package.create_timeline(
            root / "characters/robin", text=WORDS, emotions="model", output=tmp_path / "x.json"
        )
