"""The way from a request to a video, as plain steps: each takes what the ones before it made."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from talkies.core.acting import perform
from talkies.core.alignment import Alignment
from talkies.core.captions import cues
from talkies.core.performance import Performance
from talkies.core.timing import SPEECH_RATE, frame_count
from talkies.core.timing_json import alignment_to_json
from talkies.engines.base import Engine, RenderRequest
from talkies.errors import InvalidOption
from talkies.face.finding.landmarks import Landmarker
from talkies.kit.files import private_folder
from talkies.kit.memory import release
from talkies.media.samples import SoundFile
from talkies.media.sounds import convert_sound, require_audible, save_sound
from talkies.score.scoring import score_video
from talkies.speech.loudness import loudness_curve
from talkies.studio.listening import Ears, listen
from talkies.studio.outputs import require_inputs, require_outputs
from talkies.studio.progress import Listener, Reporter, Stage, ignore
from talkies.studio.speaking import Script, say, voice_of
from talkies.studio.videos.checking import Expected, Findings, check_video
from talkies.studio.videos.context import Context
from talkies.studio.videos.delivery import deliver_files
from talkies.studio.videos.products import products
from talkies.studio.videos.request import VideoRequest
from talkies.studio.videos.result import VideoResult
from talkies.studio.videos.sitting import Sitting, backdrop, sit


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What videos are made with; all of it can be used again."""

    landmarker: Landmarker
    ears: Ears
    #: The engine of an id, or of "auto".
    find_engine: Callable[[str], Engine]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One video in the making."""

    request: VideoRequest
    tools: Tools
    #: Private, and removed at the end.
    folder: Path
    reporter: Reporter


@dataclass(frozen=True, slots=True, kw_only=True)
class Materials:
    """What was fetched, as trusted files of ours."""

    sitting: Sitting
    #: The recording; None where a text is to be spoken.
    sound: SoundFile | None
    #: The picture to put behind the person.
    backdrop: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """What is heard, and when each sound of it is said."""

    sound: SoundFile
    alignment: Alignment


def make_video(request: VideoRequest, tools: Tools, listener: Listener = ignore) -> VideoResult:
    """Make one video and everything that goes beside it.

    Nothing is left behind on a failure, and no output is touched before all are finished. The
    listener may raise `Canceled`.

    Raises:
        TalkiesError: whatever stands in the way; see `docs/reference/errors.md`.
    """
    started = time.monotonic()
    preflight(request)
    engine = tools.find_engine(request.engine)
    _require_format(request, engine)
    reporter = Reporter(listener, stages=stages_of(request))
    with private_folder() as folder:
        work = Work(request=request, tools=tools, folder=folder, reporter=reporter)
        materials = fetch(work)
        release()
        speech = speak(work) if materials.sound is None else align(work, materials.sound)
        performance = animate(work, speech)
        release()
        video = render(work, engine, materials, speech, performance)
        findings = check(work, video, materials, speech, performance)
        deliver(work, video, findings, speech, performance.frames)
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
        alignment=speech.alignment,
        score=findings.score,
        warnings=reporter.warnings,
    )


def stages_of(request: VideoRequest) -> tuple[Stage, ...]:
    """The stages that this request goes through."""
    skipped = Stage.ALIGN if isinstance(request.speech, Script) else Stage.SPEAK
    return tuple(stage for stage in Stage if stage != skipped)


def preflight(request: VideoRequest) -> None:
    """Raise for everything that can be known to fail before any work."""
    require_inputs(request.inputs)
    pictures = () if request.show_faces is None else (request.show_faces,)
    outputs = (*products(request).paths, *pictures)
    require_outputs(outputs, request.inputs, overwrite=request.overwrite)


def _require_format(request: VideoRequest, engine: Engine) -> None:
    known = engine.capabilities
    if request.format not in known.formats:
        names = sorted(name.value for name in known.formats)
        raise InvalidOption(
            f"The engine {known.id} cannot make {request.format.value} files.",
            hint=f"It makes {', '.join(names)}.",
            details={"option": "format", "choices": names},
        )


def fetch(work: Work) -> Materials:
    """Read the user's files, refuse what a render would ruin, and bring all into one form."""
    request, reporter = work.request, work.reporter
    reporter.begin(Stage.FETCH)
    sound = None
    if isinstance(request.speech, Script):
        voice_of(request.speech, reporter)
    else:
        sound = convert_sound(request.speech.path, work.folder / "sound.wav")
        require_audible(sound)
        reporter.warn(*sound.warnings)
        reporter.advance(1, 3)
    sitting = sit(request, work.folder, work.tools.landmarker, reporter)
    reporter.advance(2, 3)
    return Materials(
        sitting=sitting, sound=sound, backdrop=backdrop(request.look, sitting, work.folder)
    )


def speak(work: Work) -> Speech:
    """Let a voice say the text, which also tells when it says what."""
    request, reporter = work.request, work.reporter
    if not isinstance(request.speech, Script):
        raise TypeError("only a script is spoken")
    reporter.begin(Stage.SPEAK)
    said = say(request.speech, reporter)
    path = work.folder / "sound.wav"
    save_sound(said.sound, path)
    return Speech(sound=SoundFile(path), alignment=said.alignment)


def align(work: Work, sound: SoundFile) -> Speech:
    """Find when each sound of the recording is said."""
    recording, reporter = work.request.speech, work.reporter
    if isinstance(recording, Script):
        raise TypeError("a script knows its own timing")
    reporter.begin(Stage.ALIGN)
    words, language = recording.transcript, recording.language
    alignment = listen(sound, words, language, work.tools.ears)
    reporter.warn(*alignment.warnings)
    return Speech(sound=sound, alignment=alignment)


def animate(work: Work, speech: Speech) -> Performance:
    """Decide what the face does on every frame."""
    work.reporter.begin(Stage.ANIMATE)
    fps, acting = work.request.look.fps, work.request.acting
    frames = frame_count(speech.sound.frames, speech.sound.rate, fps)
    samples = speech.sound.mono_at(SPEECH_RATE)
    return perform(
        speech.alignment,
        fps=fps,
        frames=frames,
        seed=acting.seed,
        motion=acting.motion,
        loudness=loudness_curve(samples, SPEECH_RATE, fps, frames),
        emotion=acting.emotion,
    )


def render(
    work: Work, engine: Engine, materials: Materials, speech: Speech, performance: Performance
) -> Path:
    """Let the engine make the video, inside the work folder."""
    request, look = work.request, work.request.look
    wanted = RenderRequest(
        portrait=materials.sitting.picture,
        sound=speech.sound.path,
        performance=performance,
        face=materials.sitting.face,
        fps=performance.fps,
        format=request.format,
        background=materials.backdrop or look.background,
        captions=cues(speech.alignment) if look.captions == "burned" else (),
        seed=request.acting.seed,
    )
    work.reporter.begin(Stage.RENDER)
    engine.load()
    work.reporter.warn(*engine.check(wanted))
    return engine.render(wanted, Context(work_dir=work.folder, reporter=work.reporter))


def check(
    work: Work, video: Path, materials: Materials, speech: Speech, performance: Performance
) -> Findings:
    """Make sure that the video is what was asked for, and measure it where that is wanted."""
    work.reporter.begin(Stage.CHECK)
    expected = Expected(
        width=materials.sitting.width,
        height=materials.sitting.height,
        fps=performance.fps,
        frames=performance.frames,
        format=work.request.format,
    )
    info = check_video(video, expected)
    if not work.request.sidecars.score:
        return Findings(info=info, score=None)
    timing = work.folder / "timing.json"
    timing.write_text(alignment_to_json(speech.alignment), encoding="utf-8")
    score = score_video(
        video,
        timing=timing,
        portrait=materials.sitting.picture,
        progress=work.reporter.advance,
    )
    work.reporter.warn(*score.warnings)
    return Findings(info=info, score=score)


def deliver(work: Work, video: Path, findings: Findings, speech: Speech, frames: int) -> None:
    """Put the video and what goes beside it where the user wants them, all or none."""
    request = work.request
    work.reporter.begin(Stage.DELIVER)
    # Once more: somebody else may have put a file there in the meantime.
    require_outputs(products(request).paths, request.inputs, overwrite=request.overwrite)
    deliver_files(products(request), video, speech.alignment, findings.score, frames)
