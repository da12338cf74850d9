"""A character from one drawing, from the file to the folder."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from talkies.core.rig.config_json import config_to_json
from talkies.core.rig.manifest import manifest_of, manifest_to_json
from talkies.core.rig.model import REST, Rig
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
from talkies.rigs.building.figure import Figure, Pixels
from talkies.rigs.building.files import encoded, write
from talkies.rigs.building.job import alone, begin, describe
from talkies.rigs.building.morphing import Morpher
from talkies.rigs.building.options import BuildOptions
from talkies.rigs.building.painting import EndpointPainter, PaintedEndpoints, PaintingRefused
from talkies.rigs.building.plan import Mix, Plan, plan
from talkies.rigs.building.rendering import Artist, Progress, render
from talkies.rigs.building.warping import Warper, require_recipes
from talkies.rigs.character import ABOUT, CONFIG, CONTACT_SHEET, FRAMES, Character

MANIFEST: Final = "manifest.json"


def build_character(
    drawing: Path,
    folder: Path,
    options: BuildOptions,
    progress: Progress = lambda _done, _total: None,
    warn: Callable[[str], None] = lambda _sentence: None,
    painter: EndpointPainter | None = None,
) -> Character:
    """Build the character of a drawing in `folder`, whose name is the character's.

    What an earlier run with the same drawing and options has made is kept, so a run that was
    stopped goes on. `progress` hears of drawings done, and may raise to stop; `warn` hears whole
    sentences. A `painter` paints the expressions; what is between them is then morphed.

    Raises:
        FileMissing, UnsupportedMedia, CorruptMedia, MediaTooLarge, ImageTooSmall, AnimatedImage,
            MissingDependency: the drawing cannot be read.
        FaceNotFound, FaceIndexInvalid, FaceUnusable: its face cannot be used as it is.
        InvalidOption: the hand-placed points cannot be used.
        CharacterInvalid: the words name what nobody knows how to draw.
        Conflict: the folder has another character, or is being built by another process.
        ProviderFailed: the painter cannot be had.
        OutputUnwritable, DiskFull: the folder takes no more.
        FileMissing: the folder was moved or deleted meanwhile.
    """
    require_recipes(options.config)
    figure = read_drawing(drawing, options)
    for sentence in figure.warnings:
        warn(sentence)
    by = {} if painter is None else {"painter": painter.name}
    build = Build(figure, folder, options, progress, warn)
    with alone(folder):
        begin(folder, describe(drawing, options, by), overwrite=options.overwrite)
        wanted = plan(options.config, depth=options.depth, sequences=options.sequences)
        build.draw(wanted, painter)
        return finish(wanted, folder, options, figure.size)


def read_drawing(path: Path, options: BuildOptions) -> Drawing:
    """The figure of a drawing and its face; raises as `build_character`."""
    canvas = read_canvas(path, options.size)
    if options.points is not None:
        return placed_drawing(canvas, options.points)
    return found_drawing(canvas, options.face)


class Build:
    """The drawings of one figure, made in its folder."""

    def __init__(
        self,
        drawing: Drawing,
        folder: Path,
        options: BuildOptions,
        progress: Progress,
        warn: Callable[[str], None],
    ) -> None:
        self._options, self._progress, self._warn = options, progress, warn
        self._frames = folder / FRAMES
        self._figure = Figure(drawing, options.key_color)

    def draw(self, wanted: Plan, painter: EndpointPainter | None) -> None:
        """Make every drawing that is not there yet."""
        if painter is None:
            self._render(wanted.drawings, self._warper, wanted.files)
            return
        states = {mix: paths for mix, paths in wanted.drawings.items() if mix.start == mix.end}
        ways = {mix: paths for mix, paths in wanted.drawings.items() if mix not in states}
        rest = encoded(self._warper().cut(Mix(REST, REST)))

        def artist() -> Artist:
            painted = PaintedEndpoints(
                painter, self._options.config, rest, self._figure.size, self._options.key_color
            )
            return _PaintedOrDrawn(painted, self._warper(), self._warn)

        self._render(states, artist, wanted.files)
        before = sum(map(len, states.values()))
        self._render(ways, lambda: Morpher(self._frames), wanted.files, before)

    def _warper(self) -> Warper:
        return Warper(self._figure, self._options.config)

    def _render(
        self,
        drawings: Mapping[Mix, Sequence[str]],
        artist: Callable[[], Artist],
        total: int,
        before: int = 0,
    ) -> None:
        render(
            drawings,
            self._frames,
            artist,
            threads=self._options.threads,
            progress=lambda done, _: self._progress(before + done, total),
        )


class _PaintedOrDrawn:
    """Asks the painter, and draws itself what the painter will not paint."""

    def __init__(
        self, painted: PaintedEndpoints, drawn: Warper, warn: Callable[[str], None]
    ) -> None:
        self._painted, self._drawn, self._warn = painted, drawn, warn

    def draw(self, mix: Mix) -> Pixels:
        if mix.start == REST:
            return self._drawn.draw(mix)
        try:
            return self._painted.draw(mix)
        except PaintingRefused as refusal:
            state = mix.start
            self._warn(f"{state.expression} {state.pose} was drawn, not painted: {refusal.message}")
            return self._drawn.draw(mix)


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
            sequences=tuple(sorted(wanted.sequences, key=lambda sequence: sequence.id)),
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
