"""The way from a request to a video, as plain steps: each takes what the ones before it made."""

import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from talkies.core.acting import perform
from talkies.core.timeline.document_json import timeline_to_json
from talkies.core.timing import SPEECH_RATE, frame_count
from talkies.engines.base import Engine, RenderRequest, Visual
from talkies.engines.received import ReceivedVideo
from talkies.engines.registry import ListedEngine
from talkies.errors import FaceNotFound
from talkies.face.finding.landmarks import Landmarker
from talkies.kit.files import private_folder
from talkies.kit.memory import release
from talkies.media.sounds import convert_sound, require_audible, save_sound
from talkies.score.report import Score
from talkies.score.scoring import score_video
from talkies.speech.loudness import loudness_curve
from talkies.studio.able import require_able, typed_options
from talkies.studio.listening import Ears, listen
from talkies.studio.outputs import require_inputs, require_outputs
from talkies.studio.progress import (
    SCORED,
    SHARES,
    VIDEO_STAGES,
    Listener,
    Reporter,
    Stage,
    ignore,
)
from talkies.studio.speaking import Script, say, voice_of
from talkies.studio.videos.checking import Expected, Findings, check_video
from talkies.studio.videos.choosing_here import settled
from talkies.studio.videos.context import Context
from talkies.studio.videos.delivery import deliver_files
from talkies.studio.videos.playing import at_rest, played, said_in, seat
from talkies.studio.videos.products import products
from talkies.studio.videos.request import VideoRequest
from talkies.studio.videos.result import VideoResult
from talkies.studio.videos.sitting import Sitting, backdrop, sit
from talkies.studio.videos.watching import watch
from talkies.studio.videos.workbench import SOURCE_VIDEO, TIMELINE, Workbench


class Engines(Protocol):
    """What is asked of an `EngineRegistry`."""

    def find(self, id_: str, /) -> Engine: ...

    def list(self) -> tuple[ListedEngine, ...]: ...

    def version_of(self, id_: str, /) -> str | None: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What videos are made with; all of it can be used again."""

    landmarker: Landmarker
    ears: Ears
    engines: Engines


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One video in the making."""

    request: VideoRequest
    tools: Tools
    #: Private, and removed at the end.
    bench: Workbench
    reporter: Reporter
    #: Whether the video can be watched while it is rendered.
    previewed: bool = False
    #: The engine's video, where another machine made it.
    done_elsewhere: Path | None = None

    @property
    def engine(self) -> Engine:
        """What renders it: needed by no step before, so that they can run where it is not."""
        engine = self.tools.engines.find(self.request.engine)
        if self.done_elsewhere is None:
            return engine
        return ReceivedVideo(engine.capabilities, self.done_elsewhere)


def make_video(request: VideoRequest, tools: Tools, listener: Listener = ignore) -> VideoResult:
    """Make one video and everything that goes beside it.

    Nothing is left behind on a failure, and no output is touched before all are finished. The
    listener may raise `Canceled`.

    Raises:
        TalkiesError: whatever stands in the way; see `docs/reference/errors.md`.
    """
    started = time.monotonic()
    preflight(request)
    request = settled(request, tools.engines)
    engine = tools.engines.find(request.engine)
    _require_able(request, engine)
    if not engine.readiness():
        engine.load()  # says what is missing, before any work
    reporter = reporter_of(request, listener)
    with private_folder() as folder:
        bench = Workbench(folder)
        work = Work(request=request, tools=tools, bench=bench, reporter=reporter)
        for stage in (stage for stage in stages_of(request) if stage in STEPS):
            STEPS[stage](work)
        findings = check(work)
        deliver(work, findings)
        performance, alignment = bench.performance, bench.alignment
    reporter.finish()
    return VideoResult(
        products=products(request),
        format=request.format,
        width=findings.info.width,
        height=findings.info.height,
        fps=performance.fps,
        frames=performance.frames,
        seconds=performance.frames / float(performance.fps),
        elapsed_seconds=time.monotonic() - started,
        engine=engine.capabilities.id,
        engine_reason=request.engine_reason,
        alignment=alignment,
        score=findings.score,
        warnings=reporter.warnings,
    )


def heard_in(request: VideoRequest) -> Stage | None:
    """The stage in which this request's speech gets its timing; a timeline has it already."""
    if request.timeline is not None:
        return None
    return Stage.SPEAK if isinstance(request.speech, Script) else Stage.ALIGN


def stages_of(request: VideoRequest) -> tuple[Stage, ...]:
    """The stages that this request goes through."""
    skipped = {Stage.SPEAK, Stage.ALIGN} - {heard_in(request)}
    return tuple(stage for stage in VIDEO_STAGES if stage not in skipped)


def reporter_of(request: VideoRequest, listener: Listener, *, since: float = 0.0) -> Reporter:
    """What tells the progress of a request, which began so many seconds ago."""
    shares = SCORED if request.sidecars.score else SHARES
    return Reporter(listener, stages=stages_of(request), shares=shares, since=since)


def preflight(request: VideoRequest) -> None:
    """Raise for everything that can be known to fail before any work."""
    require_inputs(request.inputs)
    pictures = () if request.show_faces is None else (request.show_faces,)
    outputs = (*products(request).paths, *pictures)
    require_outputs(outputs, request.inputs, overwrite=request.overwrite)


def _require_able(request: VideoRequest, engine: Engine) -> None:
    require_able(
        engine.capabilities,
        visual=request.visual,
        format_=request.format,
        options=request.engine_options,
    )


def fetch(work: Work) -> None:
    """Read the user's files, refuse what a render would ruin, and bring all into one form."""
    request, bench, reporter = work.request, work.bench, work.reporter
    reporter.begin(Stage.FETCH)
    if isinstance(request.speech, Script):
        voice_of(request.speech, reporter)
    else:
        sound = convert_sound(request.speech.path, bench.sound_path)
        require_audible(sound)
        reporter.warn(*sound.warnings)
        reporter.advance(1, 3)
    sitting = _sitting(work)
    bench.keep_sitting(sitting)
    reporter.advance(2, 3)
    backdrop(request.look, sitting, bench.folder)
    release()


def _sitting(work: Work) -> Sitting:
    """The portrait, a character at rest, or the first frame of a source video in our form."""
    request, bench = work.request, work.bench
    landmarker, reporter = work.tools.landmarker, work.reporter
    if request.character is not None:
        return seat(request, bench.folder, reporter)
    if request.source_video is not None:
        heard = None if isinstance(request.speech, Script) else bench.sound.seconds
        target = bench.folder / SOURCE_VIDEO
        return watch(request, landmarker, reporter, target=target, seconds=heard)
    return sit(request, bench.folder, landmarker, reporter)


def speak(work: Work) -> None:
    """Let a voice say the text, which also tells when it says what."""
    request, reporter = work.request, work.reporter
    if not isinstance(request.speech, Script):
        raise TypeError("only a script is spoken")
    reporter.begin(Stage.SPEAK)
    said = say(request.speech, reporter)
    save_sound(said.sound, work.bench.sound_path)
    work.bench.keep_alignment(said.alignment)


def align(work: Work) -> None:
    """Find when each sound of the recording is said."""
    recording, reporter = work.request.speech, work.reporter
    if isinstance(recording, Script):
        raise TypeError("a script knows its own timing")
    reporter.begin(Stage.ALIGN)
    words, language = recording.transcript, recording.language
    alignment = listen(work.bench.sound, words, language, work.tools.ears)
    reporter.warn(*alignment.warnings)
    work.bench.keep_alignment(alignment)


def animate(work: Work) -> None:
    """Decide what the face, or the character, does on every frame."""
    work.reporter.begin(Stage.ANIMATE)
    if work.request.character is not None:
        _direct(work)
        release()
        return
    fps, acting = work.request.look.fps, work.request.acting
    speech = work.bench.speech
    frames = frame_count(speech.sound.frames, speech.sound.rate, fps)
    samples = speech.sound.mono_at(SPEECH_RATE)
    performance = perform(
        speech.alignment,
        fps=fps,
        frames=frames,
        seed=acting.seed,
        motion=acting.motion,
        loudness=loudness_curve(samples, SPEECH_RATE, fps, frames),
        emotion=acting.emotion,
    )
    work.bench.keep_performance(performance)
    release()


def _direct(work: Work) -> None:
    """Leave the timeline that the character plays, and the timing where it brought its own."""
    bench, sound = work.bench, work.bench.sound
    heard = bench.alignment if bench.timing_path.is_file() else None
    timeline = played(work.request, sound, heard, bench.sound_path)
    if heard is None:
        bench.keep_alignment(said_in(timeline, sound))
    bench.write(TIMELINE, timeline_to_json(timeline))
    bench.keep_performance(at_rest(timeline.fps, timeline.frames))


def render(work: Work) -> None:
    """Let the engine make the video, in a room of its own."""
    bench, engine, format_ = work.bench, work.engine, work.request.format
    work.reporter.begin(Stage.RENDER)
    work.reporter.warn(*_unused(work.request, engine))
    engine.load()
    wanted = _render_request(work, engine)
    work.reporter.warn(*engine.check(wanted))
    # What was killed in the middle of a render could not tidy up.
    shutil.rmtree(bench.engine_room, ignore_errors=True)
    bench.engine_room.mkdir()
    context = Context(
        work_dir=bench.engine_room,
        reporter=work.reporter,
        preview=bench.preview(format_) if work.previewed else None,
    )
    try:
        engine.render(wanted, context).replace(bench.video(format_))
    finally:
        shutil.rmtree(bench.engine_room)


def _unused(request: VideoRequest, engine: Engine) -> Iterator[str]:
    """What was asked for and the engine knows nothing of, in sentences."""
    known = engine.capabilities
    if request.prompt and not known.takes_prompt:
        yield f"The engine {known.id} takes no prompt; it was left out."
    acted = {"motion": request.acting.motion < 1, "emotion": request.acting.emotion is not None}
    for name in (name for name, is_set in acted.items() if is_set):
        if not known.follows_performance:
            yield f"The engine {known.id} moves as it likes; `{name}` was left out."


def _render_request(work: Work, engine: Engine) -> RenderRequest:
    request, look, bench = work.request, work.request.look, work.bench
    sitting, performance = bench.sitting, bench.performance
    return RenderRequest(
        portrait=sitting.picture,
        source_video=bench.source_video,
        character=request.character,
        timeline=bench.timeline_path,
        sound=bench.sound_path,
        prompt=request.prompt if engine.capabilities.takes_prompt else "",
        performance=performance,
        face=sitting.face,
        fps=performance.fps,
        format=request.format,
        background=bench.backdrop or look.background,
        captions=bench.captions if look.captions == "burned" else (),
        seed=request.acting.seed,
        options=typed_options(engine.capabilities, request.engine_options),
    )


def check(work: Work) -> Findings:
    """Make sure that the video is what was asked for, and measure it where that is wanted."""
    bench, request, reporter = work.bench, work.request, work.reporter
    reporter.begin(Stage.CHECK)
    sitting, performance, video = bench.sitting, bench.performance, bench.video(request.format)
    expected = Expected(
        width=sitting.width,
        height=sitting.height,
        fps=performance.fps,
        frames=performance.frames,
        format=request.format,
    )
    info = check_video(video, expected, bench.poster)
    if not request.sidecars.score:
        return Findings(info=info, score=None)
    return Findings(info=info, score=_scored(work, video))


def _scored(work: Work, video: Path) -> Score | None:
    """The score of the video; None where a character has no face that is found."""
    bench, request, reporter = work.bench, work.request, work.reporter
    # A source video moves by itself, a character's drawings all over: no picture to compare with.
    portrait = bench.sitting.picture if request.visual is Visual.PORTRAIT else None
    try:
        score = score_video(
            video, timing=bench.timing_path, portrait=portrait, progress=reporter.advance
        )
    except FaceNotFound:
        if request.character is None:
            raise
        reporter.warn("No face was found in the character: its lip sync was not measured.")
        return None
    reporter.warn(*score.warnings)
    return score


def deliver(work: Work, findings: Findings) -> None:
    """Put the video and what goes beside it where the user wants them, all or none."""
    request, bench = work.request, work.bench
    work.reporter.begin(Stage.DELIVER)
    # Once more: somebody else may have put a file there in the meantime.
    require_outputs(products(request).paths, request.inputs, overwrite=request.overwrite)
    video = bench.video(request.format)
    frames = bench.performance.frames
    deliver_files(
        products(request),
        video,
        bench.alignment,
        findings.score,
        frames,
        timeline=bench.timeline_path,
    )


#: The steps between a request and a video, by their stages; each leaves its files on the bench.
STEPS: Mapping[Stage, Callable[[Work], None]] = {
    Stage.FETCH: fetch,
    Stage.SPEAK: speak,
    Stage.ALIGN: align,
    Stage.ANIMATE: animate,
    Stage.RENDER: render,
}
