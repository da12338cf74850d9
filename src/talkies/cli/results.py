"""What a command says when it is done: paths and facts, for people or as one JSON line."""

from typing import Any

from talkies.cli.streams import painted, say, say_event, tell
from talkies.cli.tables import table
from talkies.score.document import score_to_document, written
from talkies.score.report import Score
from talkies.studio.audio.speeches import SpeechResult
from talkies.studio.videos.result import VideoResult


def show_video(result: VideoResult, *, as_json: bool, quiet: bool) -> None:
    """The paths of what was written; to a person also how it went."""
    if as_json:
        say_event("result", video_document(result))
        return
    for path in result.products.paths:
        say(str(path))
    if not quiet:
        tell(painted(video_summary(result), "dim"))
        if result.engine_reason:
            tell(painted(f"Engine {result.engine}: {result.engine_reason}", "dim"))


def video_document(result: VideoResult) -> dict[str, Any]:
    """A finished video as plain values."""
    files = {
        name: str(path)
        for name in result.products.__slots__
        if (path := getattr(result.products, name)) is not None
    }
    score = result.score
    return {
        "output": str(result.path),
        "files": files,
        "format": result.format.value,
        "width": result.width,
        "height": result.height,
        "fps": str(result.fps),
        "frames": result.frames,
        "seconds": round(result.seconds, 3),
        "elapsed_seconds": round(result.elapsed_seconds, 3),
        "engine": result.engine,
        "engine_reason": result.engine_reason,
        "language": result.alignment.language,
        "timing_source": result.alignment.source.value,
        "score": None if score is None else score_to_document(score, curves=False),
        "warnings": list(result.warnings),
    }


def video_summary(result: VideoResult) -> str:
    """One line about a finished video."""
    facts = [
        f"{result.seconds:.1f} s",
        f"{result.width} x {result.height}",
        f"{float(result.fps):g} fps",
        f"made in {result.elapsed_seconds:.1f} s",
    ]
    if result.score is not None:
        facts.append(f"lip sync {result.score.grade.value}")
    return ", ".join(facts)


def show_speech(result: SpeechResult, *, as_json: bool, quiet: bool) -> None:
    """The path of a spoken text; to a person also its length."""
    if as_json:
        facts = {
            "output": str(result.path),
            "timing": None if result.timing is None else str(result.timing),
            "seconds": round(result.seconds, 3),
            "voice": result.voice,
            "language": result.alignment.language,
            "warnings": list(result.warnings),
        }
        say_event("result", facts)
        return
    for path in (result.path, result.timing):
        if path is not None:
            say(str(path))
    if not quiet:
        tell(painted(f"{result.seconds:.1f} s, voice {result.voice}", "dim"))


def show_score(score: Score, *, as_json: bool) -> None:
    """Every measure with its verdict, and the grade."""
    if as_json:
        say_event("result", {"score": score_to_document(score, curves=False)})
        return
    rows = [
        (
            measure.title,
            written(measure),
            "" if measure.bound is None else str(measure.bound),
            measure.verdict.value,
            measure.note,
        )
        for measure in score.measures
    ]
    for line in table(("MEASURE", "VALUE", "TARGET", "VERDICT", ""), rows):
        say(line)
    say(f"Lip sync: {score.grade.value} (reference: {score.reference.value})")
