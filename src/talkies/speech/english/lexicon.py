"""The English dictionaries of misaki, read as data: words and their endings to phoneme letters."""

import functools
import re
from collections.abc import Callable, Mapping

from talkies.speech.english.letters import spelled, with_ed, with_ing, with_s
from talkies.speech.kokoro import files as kokoro_files

#: The letters of a word, or several by the role it has in its sentence.
Entry = str | Mapping[str, str]

#: The role that is meant where none is known.
DEFAULT = "DEFAULT"

#: Longest word in capitals that is spelled when no dictionary has it.
SPELLED_MAX = 5


class Lexicon:
    """The dictionaries of one accent."""

    def __init__(self, *, is_british: bool) -> None:
        accent = "gb" if is_british else "us"
        self.is_british = is_british
        self._gold = kokoro_files.dictionary(f"{accent}_gold")
        self._silver = kokoro_files.dictionary(f"{accent}_silver")

    def find(self, word: str) -> Entry | None:
        """A word as it stands or with an ending; None where it has to be guessed."""
        return self._entry(word) or self._inflected(word.lower()) or self._initials(word)

    def spelled(self, word: str) -> str:
        """The names of a word's letters, said as one word."""
        names = [self._gold[letter] for letter in word.upper() if letter in self._gold]
        return spelled([name if isinstance(name, str) else name[DEFAULT] for name in names])

    def _entry(self, word: str) -> Entry | None:
        for known in (self._gold, self._silver):
            for form in (word, word.lower(), word.capitalize()):
                entry = known.get(form)
                if isinstance(entry, str):
                    return entry
                if entry is not None:
                    return {role: said for role, said in entry.items() if said is not None}
        return None

    def _initials(self, word: str) -> str | None:
        letters = word.replace(".", "")
        dotted = re.fullmatch(r"(?:[A-Za-z]\.)+[A-Za-z]?", word) is not None
        vowelless = letters.isupper() and not set(letters) & set("AEIOUY")
        if not (letters.isascii() and letters.isalpha()):
            return None
        if dotted or (vowelless and 1 < len(letters) <= SPELLED_MAX):
            return self.spelled(letters)
        return None

    def _inflected(self, word: str) -> str | None:
        for ending, stems, inflect in _ENDINGS:
            if not word.endswith(ending):
                continue
            for stem in stems(word):
                entry = self._entry(stem)
                if entry is not None and len(stem) > 1:
                    said = entry if isinstance(entry, str) else entry[DEFAULT]
                    return inflect(said, is_british=self.is_british)
        return None


@functools.cache
def lexicon(*, is_british: bool) -> Lexicon:
    """The dictionaries of an accent, read once: 6 MB of JSON."""
    return Lexicon(is_british=is_british)


def _undoubled(stem: str) -> tuple[str, ...]:
    """The stem without its doubled consonant: "stop" for "stopp" of "stopped"."""
    return (stem[:-1],) if len(stem) > 2 and stem[-1] == stem[-2] else ()  # noqa: PLR2004


def _s_stems(word: str) -> tuple[str, ...]:
    if word.endswith("ss"):
        return ()
    y_stem = (word[:-3] + "y",) if word.endswith("ies") else ()
    return (word[:-1], word[:-2], *y_stem) if word.endswith("es") else (word[:-1],)


def _ed_stems(word: str) -> tuple[str, ...]:
    y_stem = (word[:-3] + "y",) if word.endswith("ied") else ()
    return (word[:-1], word[:-2], *y_stem, *_undoubled(word[:-2]))


def _ing_stems(word: str) -> tuple[str, ...]:
    return (word[:-3], word[:-3] + "e", *_undoubled(word[:-3]))


_Inflect = Callable[..., str]

#: Endings with the stems that they may stand on, likeliest first.
_ENDINGS: tuple[tuple[str, Callable[[str], tuple[str, ...]], _Inflect], ...] = (
    ("'s", lambda word: (word[:-2],), with_s),
    ("s'", lambda word: (word[:-2], word[:-1]), with_s),
    ("s", _s_stems, with_s),
    ("ed", _ed_stems, with_ed),
    ("ing", _ing_stems, with_ing),
)
