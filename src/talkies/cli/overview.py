"""The help page of `talkies` itself. It needs no library, so that it comes at once."""

#: Every command and its line in the help. A command's module has its name.
SUMMARIES = {
    "render": "Make a talking video from a portrait and speech.",
    "align": "Find when each word and sound of a recording is said.",
    "speak": "Say a text with a voice, into a sound file.",
    "score": "Measure how well the lips of a video follow its sound.",
    "character": "Build, import, publish, list and remove characters.",
    "timeline": "Direct, show, convert and export what a character does.",
    "voices": "List the voices and languages.",
    "engines": "List the renderers, install and remove those of others.",
    "weights": "Download, list and verify weights of engines.",
    "serve": "Serve the API, and work jobs off.",
    "api": "Serve the API only.",
    "worker": "Work jobs off, on this machine.",
    "keys": "Make, list and take away keys to the API.",
    "jobs": "List, show, cancel and retry jobs.",
    "pods": "List, watch, start and stop the remote machines that render.",
    "retention": "Remove what need not be kept any longer.",
    "doctor": "Check that this installation works.",
    "bench": "Measure an engine on this machine.",
    "smoke": "Call every route of a deployment.",
}

VERSION_HELP = "Print the version and stop."
DEBUG_HELP = "Show where a failure came from (or TALKIES_DEBUG=1)."

OPTIONS = {
    "--version": VERSION_HELP,
    "--debug": DEBUG_HELP,
    "--install-completion": "Complete commands and options in this shell.",
    "--show-completion": "Print the completion of this shell.",
    "-h, --help": "Show this page.",
}

_PAGE = """\
Usage: talkies [OPTIONS] COMMAND [ARGUMENTS]...

  A portrait and speech in, a lip-synced talking video out.

Commands:
{commands}

Options:
{options}

  talkies render face.jpg speech.wav -o talk.mp4
  talkies render face.jpg --text "Good morning" --voice en -o talk.mp4

  `talkies COMMAND --help` explains a command."""


def overview() -> str:
    """The page, without a newline at its end."""
    return _PAGE.format(commands=_lines(SUMMARIES), options=_lines(OPTIONS))


def _lines(entries: dict[str, str]) -> str:
    width = max(map(len, entries))
    return "\n".join(f"  {name:<{width}}  {text}" for name, text in entries.items())
