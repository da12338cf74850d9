"""The engine of characters: drawings that somebody made play a timeline, on a CPU."""

from pathlib import Path
from typing import Final

from talkies.core.timeline.document import Timeline
from talkies.core.timeline.document_json import timeline_from_json
from talkies.engines.base import (
    READY,
    Capabilities,
    Readiness,
    RenderContext,
    RenderRequest,
    VideoFormat,
    Visual,
)
from talkies.errors import InvalidOption
from talkies.kit.memory import release
from talkies.media.pictures import load_own_picture
from talkies.media.samples import SoundFile
from talkies.rigs.character import Character
from talkies.rigs.export.exporting import export_timeline
from talkies.rigs.export.options import TRANSPARENT, Background, ExportFormat, ExportOptions
from talkies.rigs.presence import present
from talkies.rigs.tree.opening import open_character

#: Its name.
ENGINE: Final = "character"

_CAPABILITIES = Capabilities(
    id=ENGINE,
    summary="Plays the drawings of a character by a timeline. Any CPU, many times real time.",
    follows_performance=False,
    formats=frozenset(VideoFormat),
    licence="Apache-2.0",
    commercial_use=True,
    vram_gib=0.0,
    seconds_per_video_second=0.15,
    visuals=frozenset({Visual.CHARACTER}),
    quality=30,
    option_schema={
        "type": "object",
        "properties": {
            "draft": {
                "type": "boolean",
                "description": "Quick and rough, for a look at it; mp4 only.",
                "default": False,
            }
        },
        "additionalProperties": False,
    },
)


class CharacterEngine:
    """Lays the drawings of a character over each other, frame by frame."""

    @property
    def capabilities(self) -> Capabilities:
        return _CAPABILITIES

    def readiness(self) -> Readiness:
        return READY

    def load(self) -> None:
        """There are no models."""

    def unload(self) -> None:
        """There is nothing to let go of."""

    def check(self, request: RenderRequest) -> tuple[str, ...]:
        """No warnings: what cannot be drawn shows while it is played.

        Raises `InvalidOption`, `CharacterInvalid` and `TimelineInvalid`.
        """
        _options(request)
        _character(request)
        _timeline(request)
        return ()

    def render(self, request: RenderRequest, context: RenderContext) -> Path:
        """The video as `character.<format>` in the context's folder.

        Raises as `export_timeline`, and whatever `context.progress` raises to stop it.
        """

        def preparing(_done: int, total: int, /) -> None:
            # Drawings are no frames: this only hears of a cancel.
            context.progress(0, max(total, 1))

        target = context.work_dir / f"character.{request.format.value}"
        character = _character(request)
        with present(character.path(""), "The folder of the character"):
            result = export_timeline(
                _timeline(request),
                character,
                target,
                _options(request),
                sound=SoundFile(request.sound),
                progress=context.progress,
                preparing=preparing,
            )
        context.warn(*result.warnings)
        release()
        return target


def _character(request: RenderRequest) -> Character:
    if request.character is None:
        raise InvalidOption(
            f"The engine {ENGINE} needs a character.",
            hint="Name one, or choose another engine.",
            details={"option": "character"},
        )
    return open_character(request.character)


def _timeline(request: RenderRequest) -> Timeline:
    if request.timeline is None:
        raise TypeError("a character plays a timeline")
    return timeline_from_json(request.timeline.read_text(encoding="utf-8"))


def _options(request: RenderRequest) -> ExportOptions:
    form, picture = ExportFormat(request.format.value), load_own_picture(request.portrait)
    draft = bool(request.options.get("draft", False))
    if draft and form is not ExportFormat.MP4:
        raise InvalidOption(
            "Only an mp4 can be a draft.",
            hint="Leave `draft` out, or let the format be mp4.",
            details={"option": "options.draft"},
        )
    return ExportOptions(
        format=form,
        fps=request.fps,
        resolution=min(picture.width, picture.height),
        background=_background(request),
        captions="burned" if request.captions else "off",
        draft=draft,
    )


def _background(request: RenderRequest) -> Background:
    given = request.background
    if not isinstance(given, str):
        return given
    if given != TRANSPARENT:
        raise InvalidOption(
            f"'{given}' is not a background.",
            hint="Give a colour, a picture, or 'transparent'.",
        )
    return TRANSPARENT
