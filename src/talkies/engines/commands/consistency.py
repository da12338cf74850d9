"""What the types of a description cannot say: names that have to exist, and values that fit."""

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Final

from talkies.engines.commands.codes import CODES
from talkies.engines.commands.description import Description, Intake, Option, ProgressKind, Scalar
from talkies.engines.commands.options import wrong_with
from talkies.engines.commands.texts import wrong_texts
from talkies.engines.commands.values import RESERVED
from talkies.weights.sources import variants_of

#: One fault: where, and what.
Fault = tuple[str, str]

#: Ids of engines are parts of file names and of queue names.
_ID: Final = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_OPTION: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_PYTHON: Final = re.compile(r"3\.\d{1,2}")
#: A URL, or host:path; neither an option of git nor a program of its (`ext::`).
_ADDRESS: Final = re.compile(r"[a-z][a-z0-9+.-]*://|[a-zA-Z0-9][^/\s:]*:[^:]")
_COMMIT: Final = re.compile(r"[0-9a-f]{7,40}")
_ADAPTER: Final = re.compile(r"[a-z][a-z0-9_]*|/.+\.py")
#: The name that stands for whichever engine suits best.
_TAKEN: Final = frozenset({"auto"})
#: What a bar's pattern has to find.
_BAR_GROUPS: Final = frozenset({"done", "total"})


def faults_in(description: Description) -> Iterator[Fault]:
    """Everything in it that cannot be."""
    checks = (
        *(_heads, _intake, _places, _options, _presets, _ladder),
        *(_weights, _output, _failures, _progress, wrong_texts),
    )
    for check in checks:
        yield from check(description)


def is_inside(name: str) -> bool:
    """Whether this is a relative path that stays in its folder."""
    path = PurePosixPath(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts


def is_address(text: str) -> bool:
    """Whether git may be given this as the address of a repository, and as nothing else."""
    return _ADDRESS.match(text) is not None


def _heads(description: Description) -> Iterator[Fault]:
    if not _ID.fullmatch(description.id) or description.id in _TAKEN:
        yield "id", f"'{description.id}' is not a name for an engine: use letters, digits, - and _"
    if not 0 <= description.quality <= 100:  # noqa: PLR2004 - per cent
        yield "quality", "is 0 to 100"
    for name, least in (("load_seconds", 0.0), ("most_seconds", 1.0)):
        value = getattr(description, name)
        if value is not None and value < least:
            yield name, f"is at least {least:g}"


def _intake(description: Description) -> Iterator[Fault]:
    intake = description.intake
    bounds = {
        "visuals": bool(intake.visuals),
        "sound_rate": 8_000 <= intake.sound_rate <= 192_000,  # noqa: PLR2004 - of a WAV
        "sound_channels": intake.sound_channels in (1, 2),
        "least_seconds": intake.least_seconds >= 0,
        "tail_seconds": intake.tail_seconds >= 0,
        "segment_seconds": (intake.segment_seconds or 1e9) > max(0.0, intake.least_seconds),
        "segment_overlap": intake.segment_overlap >= 0,
        "size_multiple": intake.size_multiple >= 1,
        "longest_side": (intake.longest_side or 64) >= 64,  # noqa: PLR2004 - pixels
    }
    yield from ((f"intake.{name}", "cannot be that") for name, fits in bounds.items() if not fits)
    if intake.chunking and not 0 <= intake.chunking.overlap < intake.chunking.frames:
        yield "intake.chunking.overlap", "is less than the frames of a chunk"
    yield from _sizes(intake, description.options)


def _sizes(intake: Intake, options: Mapping[str, Option]) -> Iterator[Fault]:
    for name, sizes in intake.sizes.items():
        if not sizes or min(min(size) for size in sizes) < 2:  # noqa: PLR2004 - pixels
            yield f"intake.sizes.{name}", "is a list of [width, height]"
    if not intake.sizes_by:
        if set(intake.sizes) - {""}:
            yield "intake.sizes_by", "names the option that chooses among the lists of sizes"
        return
    by = options.get(intake.sizes_by)
    if by is None:
        yield "intake.sizes_by", f"'{intake.sizes_by}' is not an option"
    elif {str(choice) for choice in by.choices} != set(intake.sizes):
        yield "intake.sizes", f"has a list for each choice of the option '{intake.sizes_by}'"


def _places(description: Description) -> Iterator[Fault]:
    """Names of files and folders."""
    environment, command = description.environment, description.command
    if not _PYTHON.fullmatch(environment.python):
        yield "environment.python", 'is a version, as "3.10"'
    if "/" in environment.requirements or not is_inside(environment.requirements):
        yield "environment.requirements", "is the name of a file beside this one"
    if not is_address(description.repository.url):
        yield "repository.url", "is an address that git can clone, as https://host/name"
    if not _COMMIT.fullmatch(description.repository.revision):
        yield "repository.revision", "is a commit: 7 to 40 of the signs 0-9a-f"
    inside = {
        "repository.entry": (description.repository.entry,),
        "command.folders": command.folders,
        "command.files": tuple(command.files),
        "command.links": tuple(n.removeprefix("{repository}/") for n in command.links),
        "output.glob": (description.output.glob,),
    }
    for place, names in inside.items():
        for name in names:
            if not is_inside(name):
                yield place, f"'{name}' does not stay in its folder"


def _options(description: Description) -> Iterator[Fault]:
    for name, option in description.options.items():
        place = f"options.{name}"
        if not _OPTION.fullmatch(name) or name in RESERVED:
            yield place, "is not a name for an option: it is taken, or has other signs than a-z0-9_"
        yield from _option(option, place)


def _option(option: Option, place: str) -> Iterator[Fault]:
    numeric = option.type in ("integer", "number")
    if not numeric and (option.minimum is not None or option.maximum is not None):
        yield f"{place}.minimum", "and maximum are for numbers"
    if option.pattern and option.type != "string":
        yield f"{place}.pattern", "is for strings"
    wrong = _wrong_pattern(option.pattern)
    if wrong:
        yield f"{place}.pattern", wrong
        return
    for part, values in (("choices", option.choices), ("default", (option.default,))):
        for value in values:
            wrong = wrong_with(value, option)
            if wrong:
                yield f"{place}.{part}", wrong


def _presets(description: Description) -> Iterator[Fault]:
    if not description.presets:
        yield "presets", "has at least one"
    known = variants_of(description.weights)
    for name, preset in description.presets.items():
        place = f"presets.{name}"
        for option, value in preset.options.items():
            yield from _preset_option(f"{place}.options.{option}", option, value, description)
        if not preset.speeds:
            yield f"{place}.speeds", "has at least one: it is what the time of a render is known by"
        for speed in preset.speeds:
            if speed.seconds_per_video_second <= 0 or speed.vram_gib < 0:
                yield f"{place}.speeds", "has numbers above 0"
        if preset.weights and preset.weights not in known:
            yield f"{place}.weights", f"'{preset.weights}' is no variant of any of the weights"


def _preset_option(
    place: str, name: str, value: Scalar, description: Description
) -> Iterator[Fault]:
    option = description.options.get(name)
    wrong = "is not an option" if option is None else wrong_with(value, option)
    if wrong:
        yield place, wrong


def _ladder(description: Description) -> Iterator[Fault]:
    """Every preset leads to a smallest one in the end."""
    for name, preset in description.presets.items():
        seen = [name]
        smaller = preset.smaller
        while smaller is not None:
            place = f"presets.{seen[-1]}.smaller"
            if smaller not in description.presets:
                yield place, f"'{smaller}' is not a preset"
                return
            if smaller in seen:
                yield place, f"goes round: {' → '.join([*seen, smaller])}"
                return
            seen.append(smaller)
            smaller = description.presets[smaller].smaller


def _weights(description: Description) -> Iterator[Fault]:
    for index, source in enumerate(description.weights):
        place = f"weights[{index}]"
        if bool(source.repository) == bool(source.url):
            yield place, "has either a repository or a url"
        if source.to and not is_inside(source.to):
            yield f"{place}.to", f"'{source.to}' does not stay in its folder"
        if source.url and not source.to:
            yield f"{place}.to", "is the path of the file from a url"


def _output(description: Description) -> Iterator[Fault]:
    if not 1 <= description.output.fps <= 120:  # noqa: PLR2004 - frames a second
        yield "output.fps", "is 1 to 120"
    if description.watchdog.silence_seconds <= 0:
        yield "watchdog.silence_seconds", "is above 0"
    if description.watchdog.repeats < 2:  # noqa: PLR2004 - once is no repetition
        yield "watchdog.repeats", "is at least 2"
    if description.warm is not None and not _ADAPTER.fullmatch(description.warm.adapter):
        yield "warm.adapter", "is the name of a module of engines/hosts, or a path ending in .py"


def _failures(description: Description) -> Iterator[Fault]:
    for index, failure in enumerate(description.failures):
        if failure.code not in CODES:
            known = ", ".join(CODES)
            yield f"failures[{index}].code", f"'{failure.code}' is not known; these are: {known}"
        wrong = _wrong_pattern(failure.pattern)
        if wrong or not failure.pattern:
            yield f"failures[{index}].pattern", wrong or "is empty"


def _progress(description: Description) -> Iterator[Fault]:
    for index, phase in enumerate(description.progress):
        place = f"progress[{index}]"
        if phase.share < 0:
            yield f"{place}.share", "is not below 0"
        wrong = _wrong_pattern(phase.pattern)
        if wrong:
            yield f"{place}.pattern", wrong
        elif phase.kind is not ProgressKind.BEGINS and not _is_bar(phase.pattern):
            yield f"{place}.pattern", "of a bar has the groups (?P<done>…) and (?P<total>…)"


def _is_bar(pattern: str) -> bool:
    return set(re.compile(pattern).groupindex) >= _BAR_GROUPS


def _wrong_pattern(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        return f"is no regular expression: {error}"
    return ""
