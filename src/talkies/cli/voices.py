"""`talkies voices`: who can speak, and in which languages."""

from dataclasses import asdict

import typer

from talkies.cli import flags
from talkies.cli.sections import Sectioned
from talkies.cli.streams import say, say_event, tell
from talkies.cli.tables import table
from talkies.speech.espeak.languages import find_language
from talkies.speech.voices import Voice, list_voices

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command(cls=Sectioned)
def voices(language: flags.OnlyLanguage = None, json: flags.AsJson = False) -> None:
    """List the voices and languages.

    Any id in the first column, any language code and most languages' names can follow --voice.
    Every espeak voice has variants: de+f2, de+male.
    """
    found = [voice for voice in list_voices() if language is None or _speaks(voice, language)]
    if json:
        for voice in found:
            say_event("voice", asdict(voice))
        return
    rows = [(v.id, v.language, v.gender.value, v.name, _note(v)) for v in found]
    for line in table(("VOICE", "LANGUAGE", "GENDER", "NAME", ""), rows):
        say(line)
    tell(f"{len(found)} voice{'' if len(found) == 1 else 's'}.")


def _speaks(voice: Voice, language: str) -> bool:
    """Whether a voice speaks a language or, of a bare code, one of its dialects."""
    bare = language.strip().lower().replace("_", "-")
    return voice.language.partition("-")[0] == bare or voice.language == find_language(bare).code


def _note(voice: Voice) -> str:
    return "" if voice.available else "not installed: pip install 'talkies[voice]'"
