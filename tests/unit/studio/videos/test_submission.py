from pathlib import Path
from typing import Any

import pytest

from talkies.engines.base import Visual
from talkies.errors import (
    InvalidInput,
    InvalidOption,
    InvalidRequest,
    TalkiesError,
    UnknownLanguage,
    UnknownVoice,
)
from talkies.studio.speaking import Script
from talkies.studio.submissions import Source, request_document
from talkies.studio.videos.request import Recording
from talkies.studio.videos.submission import (
    OutputOptions,
    VideoSubmission,
    planned,
    require_possible,
    require_voice,
    submission_from,
)

FACE, VOICE = Source(sha256="a" * 64), Source(url="https://example.com/speech.wav")
BEACH = Source(asset_id="ast_beach")


def asked(**changes: Any) -> VideoSubmission:
    return VideoSubmission(**{"portrait": FACE, "audio": VOICE, **changes})


def test_every_name_of_the_contract_reaches_the_pipeline() -> None:
    submission = asked(
        transcript="Hello there.",
        language="German",
        engine="portrait",
        face=2,
        motion=0.5,
        emotion="happy",
        seed=7,
        score=False,
        output=OutputOptions(
            resolution="480p",
            framing="head",
            aspect="16:9",
            fit="contain",
            fps="29.97",
            format="webm",
            background=BEACH,
            captions="burned",
        ),
    )
    require_possible(submission)
    files = {role: Path(f"/work/{role}") for role in ("portrait", "audio", "background")}
    request = planned(submission, files)
    assert request.inputs == (files["portrait"], files["audio"], files["background"])
    assert isinstance(request.speech, Recording)
    assert (request.speech.transcript, request.speech.language) == ("Hello there.", "de")
    assert (request.engine, request.face, request.format) == ("portrait", 2, "webm")
    assert (request.acting.motion, request.acting.emotion, request.acting.seed) == (0.5, "happy", 7)
    assert (request.look.framing.framing, request.look.framing.fit) == ("head", "contain")
    assert str(request.look.fps) == "30000/1001"
    assert request.look.captions == "burned"
    assert not request.sidecars.score


def test_a_text_is_said_by_a_voice() -> None:
    submission = asked(audio=None, text="Hi.", voice="de", speed=1.5, pitch=0.8)
    require_possible(submission)
    require_voice(submission)
    speech = planned(submission, {}).speech
    assert isinstance(speech, Script)
    assert (speech.text, speech.voice, speech.speed, speech.pitch) == ("Hi.", "de", 1.5, 0.8)


@pytest.mark.parametrize(
    "submission",
    [
        asked(),
        asked(
            output=OutputOptions(background=BEACH, captions="off"), options={"a": 1}, prompt="sing"
        ),
        asked(audio=None, text="Hi.", seed_options={"pose_style": 3, "more": {"deep": [1]}}),
        asked(
            deadline_seconds=60.0, face=1, score=False, output=OutputOptions(background="#102030")
        ),
    ],
)
def test_the_job_s_record_tells_it_all_again(submission: VideoSubmission) -> None:
    assert submission_from(request_document(submission)) == submission


def test_a_source_video_stands_in_the_place_of_a_portrait() -> None:
    submission = asked(
        portrait=None,
        source_video=VOICE,
        prompt=" She nods. ",
        options={"preset": "fast", "steps": 8},
    )
    require_possible(submission)
    assert submission.sources == {"source_video": VOICE, "audio": VOICE}
    assert submission.visual is Visual.SOURCE_VIDEO
    request = planned(submission, {"source_video": Path("/work/source"), "audio": Path("/work/a")})
    assert (request.portrait, request.source_video) == (None, Path("/work/source"))
    assert request.visual is Visual.SOURCE_VIDEO
    assert request.prompt == "She nods."
    assert request.engine_options == {"preset": "fast", "steps": 8}
    assert submission_from(request_document(submission)) == submission
    resolved = submission.with_sources({"source_video": FACE})
    assert resolved.sources["source_video"] is FACE


def test_a_portrait_is_the_usual_visual() -> None:
    assert asked().visual is Visual.PORTRAIT
    assert planned(asked(), {"portrait": Path("/p"), "audio": Path("/a")}).visual is Visual.PORTRAIT


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"portrait": None}, InvalidRequest),
        ({"source_video": FACE}, InvalidOption),
        ({"character": "chr_1"}, InvalidOption),
        ({"audio": None}, InvalidOption),
        ({"text": "Both."}, InvalidOption),
        ({"audio": None, "text": "   "}, InvalidInput),
        ({"motion": 1.5}, InvalidOption),
        ({"emotion": "smug"}, InvalidOption),
        ({"face": 0}, InvalidOption),
        ({"language": "Xyzzyish"}, UnknownLanguage),
        ({"prompt": "p" * 4_001}, InvalidOption),
        ({"user_id": ""}, InvalidRequest),
        ({"output": OutputOptions(resolution="8k")}, InvalidOption),
        ({"output": OutputOptions(format="avi")}, InvalidOption),
        ({"output": OutputOptions(fps=1_000)}, InvalidOption),
        ({"output": OutputOptions(background="/etc/passwd")}, InvalidOption),
        ({"output": OutputOptions(background="..\\secret.png")}, InvalidOption),
        ({"output": OutputOptions(background="photo.png")}, InvalidOption),
        ({"output": OutputOptions(background="transparent")}, InvalidOption),
        ({"output": OutputOptions(captions="sidecar")}, InvalidOption),
    ],
)
def test_what_cannot_be_is_refused_before_any_byte(
    changes: dict[str, Any], kind: type[TalkiesError]
) -> None:
    with pytest.raises(kind):
        require_possible(asked(**changes))


@pytest.mark.parametrize(
    "changes", [{"voice": "nobody"}, {"voice": "de", "language": "fr"}, {"text": "Hi. " * 9_000}]
)
def test_a_text_that_no_voice_can_say_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises((UnknownVoice, InvalidOption, InvalidInput)):
        require_voice(asked(**{"audio": None, "text": "Hi.", **changes}))


def test_a_recording_needs_no_voice() -> None:
    require_voice(asked())


def test_sources_are_exchanged_by_role() -> None:
    submission = asked(output=OutputOptions(background=BEACH, fps=30))
    kept = {role: Source(sha256=role * 8) for role in submission.sources}
    changed = submission.with_sources(kept)
    assert changed.sources == kept
    assert changed.output.fps == 30
    assert submission.with_sources({}) == submission
