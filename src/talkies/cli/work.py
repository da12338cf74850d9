"""What the commands do once their line is understood: all that is slow to load stands here."""

import json as json_text
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import talkies
from talkies.cli.batch import run_batch
from talkies.cli.character_place import character_folder
from talkies.cli.progress import showing
from talkies.cli.results import show_score, show_speech, show_video
from talkies.cli.streams import say, say_event
from talkies.cli.texts import one_text, text_of
from talkies.core.timing_json import alignment_to_json
from talkies.errors import FaceUnusable, InvalidOption
from talkies.kit.files import replacing
from talkies.studio.audio.formats import require_words_for, write_timing
from talkies.studio.outputs import require_inputs, require_outputs
from talkies.studio.videos.options import VideoOptions
from talkies.studio.videos.scoring import score_file

USAGE = "Write: talkies render PORTRAIT [AUDIO] -o talk.mp4"

#: What may stand in place of a portrait.
INSTEAD = ("source_video", "character")


def render(given: Mapping[str, Any]) -> None:
    """Make one video, or those of a manifest; `given` has every option by its name."""
    options = _video_options(given)
    if given["manifest"] is not None:
        _many(given, options)
    else:
        _one(given, options)


def _one(given: Mapping[str, Any], options: VideoOptions) -> None:
    output, as_json, quiet = (given[name] for name in ("output", "json", "quiet"))
    portrait, audio = _inputs(given)
    if portrait is None and not any(given[name] is not None for name in INSTEAD):
        raise InvalidOption("There is no portrait.", hint=USAGE)
    if output is None:
        raise InvalidOption("There is no output.", hint="Name a video to write: -o talk.mp4")
    if given["out_dir"] is not None:
        raise InvalidOption(
            "`out_dir` belongs to a manifest, and there is none.",
            hint="Add --manifest FILE, or leave --out-dir out.",
        )
    with showing(as_json=as_json, quiet=quiet) as listener:
        try:
            result = talkies.render(portrait, audio, output=output, progress=listener, **options)
        except FaceUnusable as error:
            if given["show_faces"] is None:
                error.hint = f"{error.hint} --show-faces seen.png draws what was found.".lstrip()
            raise
    show_video(result, as_json=as_json, quiet=quiet)


def _inputs(given: Mapping[str, Any]) -> tuple[Path | None, Path | None]:
    """The portrait and the recording: beside what stands for one, a single file is the latter."""
    portrait, audio, named = given["portrait"], given["audio"], given["audio_file"]
    if audio is not None and named is not None:
        raise InvalidOption("There are two recordings.", hint="Give AUDIO or --audio, not both.")
    spoken = given["text"] is not None or given["text_file"] is not None or named is not None
    instead = any(given[name] is not None for name in INSTEAD)
    if instead and audio is None and not spoken:
        return None, portrait
    return portrait, audio or named


def _many(given: Mapping[str, Any], options: VideoOptions) -> None:
    manifest, out_dir, as_json, quiet = (
        given[name] for name in ("manifest", "out_dir", "json", "quiet")
    )
    if out_dir is None:
        raise InvalidOption("There is no folder for the videos.", hint="Name one: --out-dir videos")
    alone = ("portrait", "audio", "audio_file", "output", "text")
    taken = [name for name in alone if given[name] is not None]
    if taken:
        raise InvalidOption(
            f"`{taken[0].removesuffix('_file')}` belongs into the rows of the manifest.",
            hint="Leave it out here.",
        )
    run_batch(manifest, out_dir, options, as_json=as_json, quiet=quiet)


def _video_options(given: Mapping[str, Any]) -> VideoOptions:
    """The options that are set, with texts read from the files they name."""
    options = {name: given[name] for name in VideoOptions.__annotations__ if name in given}
    options["text"] = one_text(given["text"], given["text_file"])
    if given["transcript"] is not None:
        options["transcript"] = text_of(given["transcript"])
    if given["character"] is not None:
        options["character"] = character_folder(given["character"])
    options["options"] = _engine_options(given["options"] or []) or None
    return cast(
        "VideoOptions", {name: value for name, value in options.items() if value is not None}
    )


def _engine_options(pairs: Sequence[str]) -> dict[str, str]:
    """What `--option NAME=VALUE` says; the engine's schema tells what a value is."""
    options: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not name.strip() or not equals:
            raise InvalidOption(
                f"`--option` cannot be “{pair}”.", hint="Write it as in --option steps=8."
            )
        if name.strip() in options:
            raise InvalidOption(f"The option `{name.strip()}` is given twice.")
        options[name.strip()] = value.strip()
    return options


def align(given: Mapping[str, Any]) -> None:
    """Time a recording, and print or write the timing."""
    audio, output, form = given["audio"], given["output"], given["format"]
    require_inputs((audio,))
    outputs = () if output is None else (output,)
    require_outputs(outputs, (audio,), overwrite=given["overwrite"])
    require_words_for(form, has_words=given["transcript"] is not None)
    words = None if given["transcript"] is None else text_of(given["transcript"])
    with showing(as_json=given["json"], quiet=given["quiet"]) as listener:
        alignment = talkies.align(audio, words, language=given["language"], progress=listener)
    text = write_timing(alignment, form, audio.name)
    if output is not None:
        _save(text, output)
    if given["json"]:
        document = json_text.loads(alignment_to_json(alignment))
        say_event("result", {"output": output and str(output), "alignment": document})
    else:
        say(text.removesuffix("\n") if output is None else str(output))


def _save(text: str, output: Path) -> None:
    with replacing(output) as partial:
        partial.write_text(text, encoding="utf-8")


def speak(given: Mapping[str, Any]) -> None:
    """Say a text into a file."""
    words = one_text(given["text"], given["text_file"])
    if words is None:
        raise InvalidOption("There is nothing to say.", hint='talkies speak "Hello" -o hello.wav')
    if given["output"] is None:
        raise InvalidOption("There is no output.", hint="Name a sound file to write: -o hello.wav")
    with showing(as_json=given["json"], quiet=given["quiet"]) as listener:
        result = talkies.speak(
            words,
            given["output"],
            voice=given["voice"],
            language=given["language"],
            speed=1.0 if given["speed"] is None else given["speed"],
            pitch=1.0 if given["pitch"] is None else given["pitch"],
            timing=given["timing"],
            overwrite=given["overwrite"],
            progress=listener,
        )
    show_speech(result, as_json=given["json"], quiet=given["quiet"])


def score(given: Mapping[str, Any]) -> None:
    """Measure a video, and print or write the numbers."""
    with showing(as_json=given["json"], quiet=given["quiet"]) as listener:
        result = score_file(
            given["video"],
            timing=given["timing"],
            portrait=given["portrait"],
            output=given["output"],
            picture=given["picture"],
            overwrite=given["overwrite"],
            listener=listener,
        )
    show_score(result, as_json=given["json"])
