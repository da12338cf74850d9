"""One step of a video in a process of its own: from files in a folder to more files in it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from talkies.core.captions import to_srt, to_vtt
from talkies.score.document import score_to_document, score_to_json
from talkies.studio.progress import Listener, Reporter, Stage
from talkies.studio.speaking import Script, voice_of
from talkies.studio.submissions import request_document
from talkies.studio.videos.checking import Findings
from talkies.studio.videos.pipeline import STEPS, Tools, Work, check, reporter_of
from talkies.studio.videos.request import VideoRequest
from talkies.studio.videos.sitting import PORTRAIT
from talkies.studio.videos.submission import VideoSubmission, planned, submission_from
from talkies.studio.videos.workbench import (
    BACKDROP,
    PERFORMANCE,
    POSTER,
    SITTING,
    SOUND,
    SOURCE_VIDEO,
    TIMELINE,
    TIMING,
    Workbench,
)

#: What was asked for: a file, because a text can be longer than a message may be.
ORDER = "order.json"

#: Folder of the inputs as they came, each by its role.
INPUTS = "inputs"

#: The folder of a character among them.
CHARACTER = "character"

FINDINGS = "findings.json"
SCORE = "score.json"
CAPTIONS = ("captions.vtt", "captions.srt")

#: The files that a step may leave for later ones, besides the video.
LEFT: Mapping[Stage, tuple[str, ...]] = {
    Stage.FETCH: (SITTING, PORTRAIT, SOURCE_VIDEO, BACKDROP, SOUND),
    Stage.SPEAK: (SOUND, TIMING),
    Stage.ALIGN: (TIMING,),
    Stage.ANIMATE: (PERFORMANCE, TIMELINE, TIMING),
    Stage.RENDER: (),
    Stage.CHECK: (FINDINGS, POSTER, SCORE, *CAPTIONS),
}


def write_order(folder: Path, submission: VideoSubmission, engine: str) -> None:
    """Put down for `run_step` what was asked for, and the engine that was chosen."""
    document = request_document(replace(submission, engine=engine))
    (folder / ORDER).write_text(json.dumps(document), encoding="utf-8")


def run_step(
    stage: Stage,
    folder: Path,
    tools: Tools,
    listener: Listener,
    *,
    since: float = 0.0,
    received: str | None = None,
) -> dict[str, Any]:
    """Do one step of the video that is ordered in `folder`, whose first began `since` seconds ago.

    A render that was done elsewhere left the file `received` there.

    Returns the names of the files it left, and how long the speech is where that is new.

    Raises whatever the step raises.
    """
    submission = submission_from(json.loads((folder / ORDER).read_text(encoding="utf-8")))
    work = _work(submission, folder, tools, partial(reporter_of, listener=listener, since=since))
    if received is not None:
        work = replace(work, done_elsewhere=folder / received)
    if stage is Stage.CHECK:
        _write_findings(work, submission, check(work))
    else:
        STEPS[stage](work)
    video = work.bench.video(work.request.format).name
    names = (*LEFT[stage], *((video,) if stage is Stage.RENDER else ()))
    files = [name for name in names if (folder / name).is_file()]
    seconds = work.bench.sound.seconds if SOUND in files else None
    return {"files": files, "media_seconds": seconds}


def _work(
    submission: VideoSubmission,
    folder: Path,
    tools: Tools,
    report: Callable[[VideoRequest], Reporter],
) -> Work:
    roles = [*submission.sources, *(() if submission.character is None else (CHARACTER,))]
    files = {role: folder / INPUTS / role for role in roles}
    request = planned(submission, files)
    return Work(
        request=request,
        tools=tools,
        bench=Workbench(folder),
        reporter=report(request),
        previewed=True,
    )


def _write_findings(work: Work, submission: VideoSubmission, findings: Findings) -> None:
    """Write what goes out beside the video, and what its record will say."""
    bench, score = work.bench, findings.score
    captions = bench.captions if submission.output.captions != "off" else ()
    if captions:
        writers: tuple[Callable[..., str], ...] = (to_vtt, to_srt)
        for name, write in zip(CAPTIONS, writers, strict=True):
            bench.write(name, write(captions))
    if score is not None:
        bench.write(SCORE, score_to_json(score))
    bench.write(FINDINGS, json.dumps(_facts(work, findings)))


def _facts(work: Work, findings: Findings) -> dict[str, Any]:
    request, performance, alignment = work.request, work.bench.performance, work.bench.alignment
    engine = work.engine.capabilities
    speech, score = request.speech, findings.score
    voice = voice_of(speech, Reporter()).id if isinstance(speech, Script) else None
    return {
        "video": {
            "seconds": round(performance.frames / float(performance.fps), 3),
            "fps": round(float(performance.fps), 3),
            "width": findings.info.width,
            "height": findings.info.height,
            "frames": performance.frames,
            "format": request.format.value,
        },
        "engine": {
            "id": engine.id,
            "licence": engine.licence,
            "version": work.tools.engines.version_of(engine.id),
        },
        "voice": voice,
        "language": alignment.language,
        "quality": None if score is None else _quality(score_to_document(score, curves=False)),
    }


def _quality(document: dict[str, Any]) -> dict[str, Any]:
    """The score without what only its own file has room for."""
    return {name: document[name] for name in ("schema", "grade", "reference", "measures")}
