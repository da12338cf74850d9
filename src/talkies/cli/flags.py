"""Every argument and option of the commands: its names, its help, its group in the help."""

from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

import typer

from talkies.studio.videos import options

SPEECH, PICTURE, OUTPUT, MANY = "Speech", "Picture", "Output", "Many videos"


def _option(
    help_text: str, *names: str, metavar: str | None = None, group: str | None = None
) -> Any:
    return typer.Option(
        *names, help=help_text, metavar=metavar, rich_help_panel=group, show_default=False
    )


def _argument(help_text: str, name: str) -> Any:
    return typer.Argument(help=help_text, metavar=name, show_default=False)


Portrait: TypeAlias = Annotated[
    Path | None, _argument("Picture of a face: JPEG, PNG, WebP, HEIC ...", "PORTRAIT")
]
Audio: TypeAlias = Annotated[
    Path | None, _argument("Recording: WAV, MP3, M4A, OGG, FLAC, WebM ...", "AUDIO")
]
Recording: TypeAlias = Annotated[
    Path, _argument("Recording: WAV, MP3, M4A, OGG, FLAC, WebM ...", "AUDIO")
]
Video: TypeAlias = Annotated[Path, _argument("A talking video, by any program.", "VIDEO")]
Words: TypeAlias = Annotated[str | None, _argument("What to say.", "TEXT")]

AudioFile: TypeAlias = Annotated[
    Path | None,
    _option(
        "The recording; the same as AUDIO, where no portrait goes before it.",
        "--audio",
        metavar="FILE",
        group=SPEECH,
    ),
]
Text: TypeAlias = Annotated[
    str | None,
    _option("Speak this in place of a recording.", "--text", metavar="TEXT", group=SPEECH),
]
TextFile: TypeAlias = Annotated[
    str | None,
    _option(
        "Speak the text of this file; - reads standard input.",
        *("--text-file", "-f"),
        metavar="FILE",
        group=SPEECH,
    ),
]
Voice: TypeAlias = Annotated[
    str | None,
    _option(
        "Who speaks the text: a voice or a language of `talkies voices`.",
        "--voice",
        metavar="NAME",
        group=SPEECH,
    ),
]
Speed: TypeAlias = Annotated[
    float | None,
    _option("How fast the voice speaks: 0.5 to 2.", "--speed", metavar="FACTOR", group=SPEECH),
]
Pitch: TypeAlias = Annotated[
    float | None,
    _option("How high the voice speaks: 0.5 to 2.", "--pitch", metavar="FACTOR", group=SPEECH),
]
Transcript: TypeAlias = Annotated[
    str | None,
    _option(
        "What the recording says: a text file; - reads standard input. It betters the timing "
        "and makes captions possible.",
        *("--transcript", "-t"),
        metavar="FILE",
        group=SPEECH,
    ),
]
Language: TypeAlias = Annotated[
    str | None,
    _option(
        "Language of the text or the transcript, as in en, de or pt-br.",
        *("--language", "-l"),
        metavar="CODE",
        group=SPEECH,
    ),
]

Engine: TypeAlias = Annotated[
    str | None,
    _option(
        "A renderer of `talkies engines`.  [default: auto]",
        "--engine",
        metavar="NAME",
        group=PICTURE,
    ),
]
Preset: TypeAlias = Annotated[
    str | None,
    _option(
        "One of the engine's presets, as `talkies engines show` lists them.",
        "--preset",
        metavar="NAME",
        group=PICTURE,
    ),
]
EngineOptions: TypeAlias = Annotated[
    list[str] | None,
    _option(
        "One of the engine's own options; may be repeated.",
        "--option",
        metavar="NAME=VALUE",
        group=PICTURE,
    ),
]
Prompt: TypeAlias = Annotated[
    str | None,
    _option(
        "What happens in the picture, in words, for engines that take that.",
        "--prompt",
        metavar="TEXT",
        group=PICTURE,
    ),
]
SourceVideo: TypeAlias = Annotated[
    Path | None,
    _option(
        "In place of a portrait: a video whose lips get the speech, for engines that do that.",
        "--source-video",
        metavar="FILE",
        group=PICTURE,
    ),
]
Character: TypeAlias = Annotated[
    str | None,
    _option(
        "In place of a portrait: the name of a character, or its folder.",
        "--character",
        metavar="NAME",
        group=PICTURE,
    ),
]
Face: TypeAlias = Annotated[
    int | None,
    _option("Which face speaks; 1 is the largest.", "--face", metavar="N", group=PICTURE),
]
ShowFaces: TypeAlias = Annotated[
    Path | None,
    _option(
        "Write a picture of the faces that were found, with their numbers and what is wrong with "
        "them; also when the portrait is refused.",
        "--show-faces",
        metavar="PNG",
        group=PICTURE,
    ),
]
Framing: TypeAlias = Annotated[
    options.FramingName | None,
    _option("How much of the picture is shown.  [default: auto]", "--framing", group=PICTURE),
]
Motion: TypeAlias = Annotated[
    float | None,
    _option(
        "How much the head moves: 0 to 1.  [default: 1]",
        "--motion",
        metavar="AMOUNT",
        group=PICTURE,
    ),
]
Emotion: TypeAlias = Annotated[
    options.EmotionName | None,
    _option("How the face feels.  [default: neutral]", "--emotion", group=PICTURE),
]
Background: TypeAlias = Annotated[
    str | None,
    _option(
        "Put a colour (#204060, navy), a picture, or nothing (transparent) behind the person.",
        "--background",
        metavar="WHAT",
        group=PICTURE,
    ),
]
Seed: TypeAlias = Annotated[
    int | None,
    _option(
        "Another number moves the head in another way.  [default: 0]",
        "--seed",
        metavar="N",
        group=PICTURE,
    ),
]

Output: TypeAlias = Annotated[
    Path | None,
    _option(
        "Video to write: .mp4, .webm or .gif.",
        *("--output", "-o"),
        metavar="FILE",
        group=OUTPUT,
    ),
]
Resolution: TypeAlias = Annotated[
    options.ResolutionName | None,
    _option("Length of the shorter side.  [default: 720p]", "--resolution", group=OUTPUT),
]
Aspect: TypeAlias = Annotated[
    str | None,
    _option(
        "Width to height, as in 16:9, 1:1 or 9:16.  [default: the picture's]",
        "--aspect",
        metavar="W:H",
        group=OUTPUT,
    ),
]
Fit: TypeAlias = Annotated[
    options.FitName | None,
    _option("Crop to the aspect, or add bars.  [default: cover]", "--fit", group=OUTPUT),
]
Fps: TypeAlias = Annotated[
    str | None,
    _option(
        "Frames per second, as in 25, 29.97 or 30000/1001.  [default: 25]",
        "--fps",
        metavar="RATE",
        group=OUTPUT,
    ),
]
Format: TypeAlias = Annotated[
    options.FormatName | None,
    _option("[default: by the output's extension]", "--format", group=OUTPUT),
]
Captions: TypeAlias = Annotated[
    options.CaptionsName | None,
    _option(
        "Write captions into .srt and .vtt files, or into the picture.  [default: off]",
        "--captions",
        group=OUTPUT,
    ),
]
Timing: TypeAlias = Annotated[
    bool | None,
    _option(
        "Write words, phonemes and visemes beside the video.  [default: timing]",
        "--timing/--no-timing",
        group=OUTPUT,
    ),
]
WithScore: TypeAlias = Annotated[
    bool | None,
    _option(
        "Measure the lip sync of the video and write it beside it.  [default: no-score]",
        "--score/--no-score",
        group=OUTPUT,
    ),
]
ContactSheet: TypeAlias = Annotated[
    bool | None,
    _option(
        "Write a picture of frames of the video beside it.  [default: no-contact-sheet]",
        "--contact-sheet/--no-contact-sheet",
        group=OUTPUT,
    ),
]
Overwrite: TypeAlias = Annotated[
    bool, _option("Replace outputs that exist.", "--overwrite", "-y", group=OUTPUT)
]

Manifest: TypeAlias = Annotated[
    Path | None,
    _option(
        "A .csv or .jsonl file: one video a row, options by their names.",
        "--manifest",
        metavar="FILE",
        group=MANY,
    ),
]
OutDir: TypeAlias = Annotated[
    Path | None,
    _option(
        "Where the videos of the manifest go; made where it is missing. Run it again to go on "
        "after a stop: finished videos are skipped.",
        "--out-dir",
        metavar="FOLDER",
        group=MANY,
    ),
]

AsJson: TypeAlias = Annotated[
    bool, _option("Print JSON lines on standard output, and nothing else.", "--json")
]
Quiet: TypeAlias = Annotated[bool, _option("Show no progress and no warnings.", "--quiet", "-q")]
OnlyLanguage: TypeAlias = Annotated[
    str | None,
    _option(
        "Only those of this language, as in en, de or Portuguese.",
        *("--language", "-l"),
        metavar="CODE",
    ),
]

TimingFormatName: TypeAlias = Literal["json", "srt", "vtt", "rhubarb", "tsv", "textgrid"]
TimingFormat: TypeAlias = Annotated[
    TimingFormatName,
    _option(
        "json has words, phonemes and visemes; srt and vtt are captions; rhubarb (JSON) and tsv "
        "are mouth shapes; textgrid is for Praat.  [default: json]",
        "--format",
        group=OUTPUT,
    ),
]
TimingOutput: TypeAlias = Annotated[
    Path | None,
    _option(
        "File to write instead of standard output.",
        *("--output", "-o"),
        metavar="FILE",
        group=OUTPUT,
    ),
]
SoundOutput: TypeAlias = Annotated[
    Path | None,
    _option("Sound file to write: .wav.", "--output", "-o", metavar="FILE", group=OUTPUT),
]
SpeechTiming: TypeAlias = Annotated[
    bool,
    _option(
        "Also write words and phonemes: hello.wav gets hello.timing.json.",
        "--timing",
        group=OUTPUT,
    ),
]
GivenTiming: TypeAlias = Annotated[
    Path | None,
    _option(
        "Timing that the video was made from.  [default: the .timing.json beside the video, "
        "else its own sound]",
        "--timing",
        metavar="FILE",
    ),
]
GivenPortrait: TypeAlias = Annotated[
    Path | None,
    _option(
        "Portrait that the video was made from, of the same size, to compare the background.",
        "--portrait",
        metavar="FILE",
    ),
]
ScoreOutput: TypeAlias = Annotated[
    Path | None,
    _option("JSON file to write, with the curves.", "--output", "-o", metavar="FILE", group=OUTPUT),
]
ScorePicture: TypeAlias = Annotated[
    Path | None,
    _option("PNG of the curves to write.", "--picture", metavar="FILE", group=OUTPUT),
]
