"""The options of a video as a user writes them: one list of names for every front."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, TypeAlias, TypedDict

#: Pixels of the shorter side; `source` keeps the picture's own size.
ResolutionName: TypeAlias = Literal["480p", "720p", "1080p", "source"]

#: How much of the picture is shown.
FramingName: TypeAlias = Literal["auto", "source", "portrait", "head"]

#: What happens where the aspect is another than the picture's: crop, or bars.
FitName: TypeAlias = Literal["cover", "contain"]

EmotionName: TypeAlias = Literal["happy", "sad", "angry", "surprised"]

FormatName: TypeAlias = Literal["mp4", "webm", "gif"]

#: Nowhere, in files beside the video, or painted into the picture.
CaptionsName: TypeAlias = Literal["off", "sidecar", "burned"]


class VideoOptions(TypedDict, total=False):
    """Everything about a video but its portrait, its recording and its output.

    The command line, the manifest and the Python API use these names. None is as good as absent.
    """

    #: What is said, in place of a recording.
    text: str | None
    #: Who says it: an id or a language of `talkies voices`.
    voice: str | None
    #: 0.5 to 2: how fast the voice speaks.
    speed: float | None
    #: 0.5 to 2: how high the voice speaks.
    pitch: float | None
    #: What a recording says: the words themselves, or (a `Path`) a text file that holds them.
    transcript: str | Path | None
    #: Of the text or the transcript, as `talkies voices` names it; sounds are recognised in any.
    language: str | None
    #: A renderer of `talkies engines`, or `auto`.
    engine: str | None
    #: One of the engine's presets: what takes so long and needs so much memory.
    preset: str | None
    #: The engine's own options, by its schema.
    options: Mapping[str, str | int | float | bool] | None
    #: What happens in the picture, in words, for engines that take that.
    prompt: str | None
    #: A video whose lips get the speech, in place of a portrait, for engines that do that.
    source_video: str | Path | None
    #: The folder of a character that speaks, in place of a portrait.
    character: str | Path | None
    #: Which face speaks; 1 is the largest.
    face: int | None
    #: 0 to 1: how much the head moves.
    motion: float | None
    emotion: EmotionName | None
    resolution: ResolutionName | None
    framing: FramingName | None
    #: Width to height, as in "16:9".
    aspect: str | None
    fit: FitName | None
    #: Frames per second, as in 25, "29.97" or "30000/1001".
    fps: str | float | None
    #: By default the one that the output's extension names.
    format: FormatName | None
    #: "#204060", the name of a colour, a picture's path, or "transparent".
    background: str | Path | None
    captions: CaptionsName | None
    #: The same seed and inputs give the same video.
    seed: int | None
    #: Write words, phonemes and visemes beside the video.
    timing: bool | None
    #: Measure the lip sync of the finished video and write it beside the video.
    score: bool | None
    #: Write a picture of frames of the video beside it.
    contact_sheet: bool | None
    #: Where to write a picture of the faces that were found, also when one is refused.
    show_faces: str | Path | None
    #: Replace outputs that exist.
    overwrite: bool | None
