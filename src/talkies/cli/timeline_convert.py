"""What `talkies timeline convert` and `show` do: all that is slow to load stands here."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from talkies.cli.character_place import character_folder
from talkies.cli.streams import painted, say, say_event, tell
from talkies.cli.tables import plain, table
from talkies.core.rig.model import RigConfig
from talkies.core.rig.standard import STANDARD
from talkies.core.timeline.document import Origin, Timeline, TimelineSound, TrackName
from talkies.core.timeline.document_json import timeline_from_json
from talkies.core.timeline.formats.encoding import decoded
from talkies.core.timeline.formats.reading import Readable
from talkies.core.timeline.formats.writing import FORMATS, NOTHING, format_named, write_timeline
from talkies.core.timeline.validate import SEED_MAX, problems
from talkies.core.timing import SOUND_RATE, frame_count
from talkies.errors import InvalidOption, UnknownCharacter
from talkies.kit.files import is_file, private_folder, replacing, sha256_of
from talkies.media.samples import SoundSource
from talkies.media.sounds import convert_sound
from talkies.rigs.character import CONFIG
from talkies.rigs.tree.opening import read_config
from talkies.studio import values
from talkies.studio.outputs import require_inputs, require_outputs
from talkies.studio.timelines.converting import NOBODY, Wanted, converted, read_file
from talkies.studio.timelines.rates import frame_rate


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvertOrder:
    """A line of `talkies timeline convert`."""

    file: Path
    output: Path | None
    #: One of `FORMATS`; None goes by the output's name.
    format: str | None
    character: str | None
    audio: Path | None
    fps: str | None
    seed: int
    overwrite: bool
    root: Path | None
    json: bool
    quiet: bool


def convert(given: Mapping[str, Any]) -> None:
    """Write a file as another program has it; `given` has every option by its name."""
    names = {field.name for field in fields(ConvertOrder)}
    order = ConvertOrder(**{name: value for name, value in given.items() if name in names})
    form = _format(order)
    inputs = [order.file, *([order.audio] if order.audio else [])]
    require_inputs(inputs)
    outputs = () if order.output is None else (order.output,)
    require_outputs(outputs, inputs, overwrite=order.overwrite)
    timeline, kind = _timeline(order)
    if form == Readable.TIMELINE and timeline.character == NOBODY:
        raise InvalidOption(
            "Nobody plays this timeline.",
            hint="Say who: --character robin. `talkies character list` names them.",
            details={"option": "character"},
        )
    text = write_timeline(timeline, form, _words(order.character or timeline.character, order.root))
    if order.output is not None:
        with replacing(order.output) as partial:
            partial.write_text(text, encoding="utf-8")
    found = _unplayable(timeline, order.root) if form == Readable.TIMELINE else []
    _show_converted(order, timeline, (kind.value, form), text, found)


def _format(order: ConvertOrder) -> str:
    """The format to write: the one that is named, or that the output's name says."""
    if order.format is not None:
        return order.format
    found = None if order.output is None else format_named(order.output.name)
    if found is None:
        raise InvalidOption(
            "There is no format to write.",
            hint=f"Add --format with one of: {', '.join(FORMATS)}.",
            details={"option": "format"},
        )
    return found


def _timeline(order: ConvertOrder) -> tuple[Timeline, Readable]:
    """The timeline of the file, with its recording where one is given."""
    folder = None if order.character is None else character_folder(order.character, order.root)
    wanted = Wanted(
        character=order.character,
        config=STANDARD if folder is None else read_config(folder / CONFIG) or STANDARD,
        fps=None if order.fps is None else frame_rate(order.fps),
        seed=round(values.within("seed", order.seed, 0, SEED_MAX)),
    )
    if order.audio is None:
        timeline, kind = converted(order.file, wanted)
        return _rebased(timeline, order), kind
    with private_folder() as work:
        sound = convert_sound(order.audio, work / "sound.wav")
        return converted(order.file, replace(wanted, sound=(sound, _named(order, sound))))


def _named(order: ConvertOrder, sound: SoundSource) -> TimelineSound:
    """A recording as a timeline names it."""
    audio = Path(str(order.audio))
    return TimelineSound(
        source=_beside(audio, order.output),
        sha256=sha256_of(audio),
        length=frame_count(sound.frames, sound.rate, SOUND_RATE),
    )


def _rebased(timeline: Timeline, order: ConvertOrder) -> Timeline:
    """A timeline that still finds its sound from where it is written."""
    sound = timeline.sound
    if sound is None or "://" in sound.source:
        return timeline
    path = order.file.parent / sound.source
    if not is_file(path):
        return timeline
    return replace(timeline, sound=replace(sound, source=_beside(path, order.output)))


def _beside(path: Path, document: Path | None) -> str:
    """A path as a document names it: from its own folder."""
    folder = (document or Path("-")).absolute().parent
    return Path(os.path.relpath(path.absolute(), folder)).as_posix()


def _words(character: str, root: Path | None) -> RigConfig:
    """The words of a character; the seed's where it is not on this machine."""
    try:
        folder = character_folder(character, root)
    except UnknownCharacter:
        return STANDARD
    return read_config(folder / CONFIG) or STANDARD


def _show_converted(
    order: ConvertOrder,
    timeline: Timeline,
    kinds: tuple[str, str],
    text: str,
    found: list[str],
) -> None:
    read, form = kinds
    loses = FORMATS[form].loses
    warnings = [*(() if timeline.speech is None else timeline.speech.warnings), *found]
    if order.json:
        facts = {"output": order.output and str(order.output), "read": read, "format": form}
        if order.output is None:
            facts["text"] = text
        say_event("result", facts | {"not_kept": loses, "warnings": warnings} | _facts(timeline))
        return
    say(text.removesuffix("\n") if order.output is None else str(order.output))
    for line in warnings:
        tell(plain(line))
    if not order.quiet and form != read:
        told = f"{read} to {form}, {_length(timeline)}"
        tell(painted(told if loses == NOTHING else f"{told}; not kept: {loses}", "dim"))


def show(path: Path, root: Path | None, *, as_json: bool) -> None:
    """Print what is on the tracks of a timeline, and what its character could not do."""
    require_inputs((path,))
    timeline = timeline_from_json(decoded(read_file(path)))
    found = _unplayable(timeline, root)
    if as_json:
        say_event("result", {"id": timeline.id, **_facts(timeline), "warnings": found})
        return
    head = f"{timeline.id}: {timeline.character}, {_length(timeline)}"
    for line in (head, *_sources(timeline), *_tracks(timeline)):
        say(plain(line))
    for line in found:
        tell(plain(line))


def _unplayable(timeline: Timeline, root: Path | None) -> list[str]:
    """What the character could not do, by places; nothing where it is not on this machine."""
    known = problems(timeline, _known(timeline.character, root))
    return [f"{problem.where} {problem.what}." for problem in known]


def _known(character: str, root: Path | None) -> RigConfig | None:
    try:
        return read_config(character_folder(character, root) / CONFIG)
    except UnknownCharacter:
        return None


def _length(timeline: Timeline) -> str:
    return f"{timeline.frames} frames at {timeline.fps} fps, {timeline.seconds:.2f} s"


def _sources(timeline: Timeline) -> list[str]:
    sound, speech = timeline.sound, timeline.speech
    lines = []
    if sound is not None:
        lines.append(f"sound: {sound.source}, {sound.length / SOUND_RATE:.2f} s")
    if speech is not None:
        counts = f"{len(speech.words)} words, {len(speech.phonemes)} phonemes"
        lines.append(f"speech: {counts}, from {speech.source.value}")
    return lines


def _tracks(timeline: Timeline) -> list[str]:
    rows = []
    for name, facts in _track_facts(timeline).items():
        used = ", ".join(facts["values"][:6])
        rows.append((name, str(facts["clips"]), str(facts["manual"]), str(facts["frames"]), used))
    return table(("TRACK", "CLIPS", "MANUAL", "FRAMES", "VALUES"), rows)


def _facts(timeline: Timeline) -> dict[str, Any]:
    return {
        "character": timeline.character,
        "fps": str(timeline.fps),
        "frames": timeline.frames,
        "seconds": round(timeline.seconds, 3),
        "tracks": _track_facts(timeline),
    }


def _track_facts(timeline: Timeline) -> dict[str, dict[str, Any]]:
    return {name.value: _track(timeline, name) for name in TrackName}


def _track(timeline: Timeline, name: TrackName) -> dict[str, Any]:
    clips = timeline.track(name)
    listed = name in (TrackName.VISEMES, TrackName.EXPRESSIONS, TrackName.POSES)
    return {
        "clips": len(clips),
        "manual": sum(clip.origin is Origin.MANUAL for clip in clips),
        "frames": sum(clip.span.length for clip in clips),
        "values": sorted({str(clip.value) for clip in clips}) if listed else [],
    }
