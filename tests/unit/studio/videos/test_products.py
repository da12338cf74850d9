from pathlib import Path

from talkies.studio.videos.planning import plan
from talkies.studio.videos.products import products


def test_by_default_the_timing_stands_beside_the_video() -> None:
    made = products(plan("face.png", "a.wav", "out/my.talk.mp4", {}))
    assert made.paths == (Path("out/my.talk.mp4"), Path("out/my.talk.timing.json"))


def test_everything_stands_beside_the_video() -> None:
    request = plan(
        "face.png",
        None,
        "talk.webm",
        {"text": "Hi", "captions": "sidecar", "score": True, "contact_sheet": True},
    )
    assert [path.name for path in products(request).paths] == [
        "talk.webm",
        "talk.timing.json",
        "talk.srt",
        "talk.vtt",
        "talk.score.json",
        "talk.score.png",
        "talk.sheet.png",
    ]


def test_burned_captions_are_no_files() -> None:
    request = plan(
        "face.png", None, "talk.mp4", {"text": "Hi", "captions": "burned", "timing": False}
    )
    assert products(request).paths == (Path("talk.mp4"),)
