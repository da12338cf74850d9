"""What `talkies character build` does: all that is slow to load stands here."""

import contextlib
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from talkies.cli.character_place import new_folder
from talkies.cli.counting import counting
from talkies.cli.streams import painted, say, say_event, tell, tell_warning
from talkies.core.rig.config_json import config_from_json
from talkies.core.rig.model import RigConfig
from talkies.core.rig.standard import BUILT
from talkies.errors import Canceled, FileMissing, InvalidOption
from talkies.rigs.building.building import build_character, read_drawing
from talkies.rigs.building.options import Background, BuildOptions, only, parse_size
from talkies.rigs.building.painting import EndpointPainter
from talkies.rigs.building.plan import plan
from talkies.rigs.building.warping import require_recipes
from talkies.rigs.character import CONTACT_SHEET, Character

DRAW: Final = "draw"
#: What a person calls the stage.
STAGES: Final = {DRAW: "drawing"}


def build(given: Mapping[str, Any]) -> None:
    """Build a character, or say what would be built; `given` has every option by its name."""
    drawing = _drawing(given)
    folder = new_folder(given["name"] or drawing.stem, given["root"])
    options = _options(given)
    as_json, quiet = given["json"], given["quiet"]
    if given["dry_run"]:
        _rehearse(drawing, folder, options, as_json=as_json)
        return
    began = time.monotonic()

    def warn(sentence: str) -> None:
        if as_json:
            say_event("warning", {"message": sentence})
        elif not quiet:
            tell_warning(sentence)

    with (
        _kept(),
        _painter(wanted=given["image_edit"]) as painter,
        counting(STAGES, as_json=as_json, quiet=quiet) as count,
    ):
        character = build_character(
            drawing,
            folder,
            options,
            lambda done, total: count(DRAW, done, total),
            warn,
            painter,
        )
    _show(character, options, time.monotonic() - began, as_json=as_json, quiet=quiet)


def _drawing(given: Mapping[str, Any]) -> Path:
    named: list[Path] = [given[n] for n in ("drawing", "base_image") if given[n] is not None]
    if len(named) != 1:
        problem = "There is no drawing." if not named else "The drawing is given twice."
        raise InvalidOption(problem, hint="Write: talkies character build drawing.png --name robin")
    return named[0]


def _options(given: Mapping[str, Any]) -> BuildOptions:
    config = BUILT if given["config"] is None else _config(given["config"])
    return BuildOptions(
        size=None if given["size"] is None else parse_size(given["size"]),
        background=Background(given["background"]),
        depth=given["max_depth"],
        face=given["face"],
        points=None if given["points"] is None else _text(given["points"]),
        config=only(config, tilts=not given["skip_tilts"], extremes=not given["skip_extremes"]),
        sequences=not given["skip_sequences"],
        workers=given["max_workers"],
        overwrite=given["overwrite"],
    )


def _config(path: Path) -> RigConfig:
    return config_from_json(_text(path))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise FileMissing(f"{path} is not there.", details={"path": str(path)}) from error
    except (OSError, ValueError) as error:
        raise InvalidOption(f"{path} cannot be read as text.", hint="It has to be JSON.") from error


def _rehearse(drawing: Path, folder: Path, options: BuildOptions, *, as_json: bool) -> None:
    """Read the drawing and count; nothing is written."""
    require_recipes(options.config)
    figure = read_drawing(drawing, options)
    wanted = plan(options.config, depth=options.depth, sequences=options.sequences)
    facts = {
        "folder": str(folder),
        "width": figure.size[0],
        "height": figure.size[1],
        "endpoints": len(wanted.endpoints),
        "sequences": len(wanted.sequences),
        "drawings": wanted.files,
        "warnings": list(figure.warnings),
    }
    if as_json:
        say_event("result", facts)
        return
    say(
        f"{folder}: {wanted.files} drawings of {figure.size[0]} x {figure.size[1]} pixels, "
        f"{len(wanted.endpoints)} endpoints and {len(wanted.sequences)} sequences"
    )
    for sentence in figure.warnings:
        tell_warning(sentence)


@contextlib.contextmanager
def _painter(*, wanted: bool) -> Iterator[EndpointPainter | None]:
    if not wanted:
        yield None
        return
    from talkies.wiring.models import painter  # noqa: PLC0415 - only where one is wanted

    with painter() as found:
        yield found


@contextlib.contextmanager
def _kept() -> Iterator[None]:
    """A stop keeps what is drawn, and says so."""
    try:
        yield
    except KeyboardInterrupt as stop:
        raise Canceled(
            "Stopped. What is drawn so far is kept.",
            hint="Run the same command again: it goes on where it stopped.",
        ) from stop


def _show(
    character: Character, options: BuildOptions, seconds: float, *, as_json: bool, quiet: bool
) -> None:
    rig = character.rig
    drawings = len(rig.endpoints) + sum(len(sequence.stops) for sequence in rig.sequences)
    if as_json:
        facts = {
            "name": character.name,
            "folder": str(character.folder),
            "contact_sheet": str(character.folder / CONTACT_SHEET),
            "width": rig.width,
            "height": rig.height,
            "background": options.background.value,
            "endpoints": len(rig.endpoints),
            "sequences": len(rig.sequences),
            "drawings": drawings,
            "elapsed_seconds": round(seconds, 3),
        }
        say_event("result", facts)
        return
    say(str(character.folder))
    if not quiet:
        size = f"{rig.width} x {rig.height}"
        tell(painted(f"{drawings} drawings of {size} in {seconds:.0f} s", "dim"))
        tell(painted(f"Look at {character.folder / CONTACT_SHEET}", "dim"))
