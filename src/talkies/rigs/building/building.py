"""A character from one drawing, from the file to the folder."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from talkies.core.rig.config_json import config_to_json
from talkies.core.rig.manifest import manifest_of, manifest_to_json
from talkies.core.rig.model import Rig
from talkies.core.rig.naming import SEQUENCES
from talkies.kit.files import replacing
from talkies.rigs.about import about_json
from talkies.rigs.building.contact_sheet import write_contact_sheet
from talkies.rigs.building.drawing import (
    Drawing,
    found_drawing,
    placed_drawing,
    read_canvas,
)
from talkies.rigs.building.figure import Figure
from talkies.rigs.building.files import write
from talkies.rigs.building.job import alone, begin, describe
from talkies.rigs.building.options import BuildOptions
from talkies.rigs.building.plan import Plan, plan
from talkies.rigs.building.rendering import Progress, render
from talkies.rigs.building.warping import Warper, require_recipes
from talkies.rigs.character import ABOUT, CONFIG, CONTACT_SHEET, FRAMES, Character

MANIFEST: Final = "manifest.json"


def build_character(
    drawing: Path,
    folder: Path,
    options: BuildOptions,
    progress: Progress = lambda _done, _total: None,
    warn: Callable[[str], None] = lambda _sentence: None,
) -> Character:
    """Build the character of a drawing in `folder`, whose name is the character's.

    What an earlier run with the same drawing and options has made is kept, so a run that was
    stopped goes on. `progress` hears of drawings done, and may raise to stop; `warn` hears whole
    sentences.

    Raises:
        FileMissing, UnsupportedMedia, CorruptMedia, MediaTooLarge, ImageTooSmall, AnimatedImage,
            MissingDependency: the drawing cannot be read.
        FaceNotFound, FaceIndexInvalid, FaceUnusable: its face cannot be used as it is.
        InvalidOption: the hand-placed points cannot be used.
        CharacterInvalid: the words name what nobody knows how to draw.
        Conflict: the folder has another character, or is being built by another process.
        OutputUnwritable, DiskFull: the folder takes no more.
    """
    require_recipes(options.config)
    figure = read_drawing(drawing, options)
    for sentence in figure.warnings:
        warn(sentence)
    begin(folder, describe(drawing, options, {}), overwrite=options.overwrite)
    with alone(folder):
        return _built(figure, folder, options, progress)


def read_drawing(path: Path, options: BuildOptions) -> Drawing:
    """The figure of a drawing and its face; raises as `build_character`."""
    canvas = read_canvas(path, options.size)
    if options.points is not None:
        return placed_drawing(canvas, options.points)
    return found_drawing(canvas, options.face)


def _built(drawing: Drawing, folder: Path, options: BuildOptions, progress: Progress) -> Character:
    figure = Figure(drawing, options.key_color)
    wanted = plan(options.config, depth=options.depth, sequences=options.sequences)
    render(
        wanted.drawings,
        folder / FRAMES,
        lambda: Warper(figure, options.config),
        threads=options.threads,
        progress=progress,
    )
    return finish(wanted, folder, options, drawing.size)


def finish(wanted: Plan, folder: Path, options: BuildOptions, size: tuple[int, int]) -> Character:
    """Write what is said of the drawings, once all are there; the last file makes it whole."""
    for sequence in wanted.sequences:
        manifest = manifest_to_json(manifest_of(sequence)).encode()
        write(manifest, [folder / FRAMES / SEQUENCES / sequence.id / MANIFEST])
    character = Character(
        name=folder.name,
        folder=folder,
        rig=Rig(
            config=options.config,
            width=size[0],
            height=size[1],
            endpoints=wanted.endpoints,
            sequences=wanted.sequences,
        ),
        key_color=options.key_color,
    )
    write_contact_sheet(character, folder / CONTACT_SHEET)
    _write(folder / CONFIG, config_to_json(options.config))
    _write(folder / ABOUT, about_json(character))
    return character


def _write(path: Path, text: str) -> None:
    with replacing(path) as partial:
        partial.write_text(text, encoding="utf-8")
