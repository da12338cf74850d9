"""The languages espeak-ng speaks, and the forgiving lookup of one by code or name."""

import difflib
import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from talkies.errors import UnknownLanguage
from talkies.speech.espeak.process import shared_process

#: Languages listed by espeak-ng 1.52 whose dictionaries its wheel does not carry.
UNFINISHED = frozenset({"fo", "kaa", "xex"})

#: Names people use, where espeak-ng has another one or its own choice would surprise.
ALIASES = {
    "en": "en-us", "english": "en-us", "eng": "en-us", "en-uk": "en-gb", "british": "en-gb",
    "en-au": "en-gb", "en-nz": "en-gb", "en-ie": "en-gb", "en-in": "en-gb", "en-za": "en-gb",
    "american": "en-us", "chinese": "cmn", "mandarin": "cmn", "zh": "cmn", "zho": "cmn",
    "chi": "cmn", "cn": "cmn", "zh-hk": "yue", "cantonese": "yue", "jp": "ja", "jpn": "ja",
    "kr": "ko", "kor": "ko", "gr": "el", "ell": "el", "cz": "cs", "ces": "cs", "ua": "uk",
    "ukr": "uk", "deu": "de", "ger": "de", "fra": "fr-fr", "fre": "fr-fr", "fr": "fr-fr",
    "french": "fr-fr", "spa": "es", "spanish": "es", "por": "pt", "portuguese": "pt",
    "brazilian": "pt-br", "ita": "it", "nld": "nl", "dut": "nl", "flemish": "nl", "rus": "ru",
    "ara": "ar", "hin": "hi", "tur": "tr", "pol": "pl", "swe": "sv", "nor": "nb", "nn": "nb",
    "norwegian": "nb", "dan": "da", "dk": "da", "se": "sv", "fin": "fi", "heb": "he", "iw": "he",
    "tha": "th", "vie": "vi", "vn": "vi", "ind": "id", "in": "id", "farsi": "fa", "fas": "fa",
    "hun": "hu", "ron": "ro", "rum": "ro", "bul": "bg", "hrv": "hr", "srp": "sr", "slk": "sk",
    "slv": "sl", "lit": "lt", "lav": "lv", "est": "et", "kat": "ka", "armenian": "hy",
    "burmese": "my", "vietnamese": "vi", "gaelic": "ga", "irish": "ga",
    "deutsch": "de", "français": "fr-fr", "francais": "fr-fr", "español": "es", "espanol": "es",
    "castellano": "es", "italiano": "it", "português": "pt", "portugues": "pt",
    "русский": "ru", "українська": "uk", "中文": "cmn", "普通话": "cmn", "汉语": "cmn",
    "粤语": "yue", "日本語": "ja", "한국어": "ko", "العربية": "ar", "हिन्दी": "hi", "हिंदी": "hi",
    "türkçe": "tr", "polski": "pl", "nederlands": "nl", "svenska": "sv", "dansk": "da",
    "norsk": "nb", "suomi": "fi", "čeština": "cs", "ελληνικά": "el", "עברית": "he", "ไทย": "th",
    "tiếng việt": "vi", "magyar": "hu", "română": "ro", "فارسی": "fa", "bahasa indonesia": "id",
}  # fmt: skip

#: What may stand behind a language: region and script of BCP 47, encoding of a POSIX locale.
_REGION = re.compile(r"-(?:[a-z]{2}|[0-9]{3})$")
_SCRIPT = re.compile(r"-(?:arab|armn|beng|cyrl|deva|geor|grek|guru|hans|hant|hebr|latn|mong|thai)$")
_ENCODING = re.compile(r"[.@].*$", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """One language, dialect or manner of writing that espeak-ng reads."""

    #: espeak-ng's first code of it: "de", "en-us", "cmn".
    code: str
    #: espeak-ng's English name: "German".
    name: str
    #: The voice file espeak-ng is asked for: "gmw/de".
    identifier: str
    #: All codes with espeak-ng's priority, lower first.
    codes: tuple[tuple[int, str], ...]


@functools.cache
def languages() -> tuple[Language, ...]:
    """All languages of espeak-ng that can be spoken, by code."""
    header, _ = shared_process().ask({"action": "voices"})
    found = [
        Language(
            code=codes[0][1],
            name=name,
            identifier=identifier,
            codes=tuple((priority, code) for priority, code in codes),
        )
        for name, identifier, _, codes in header["voices"]
    ]
    usable = [language for language in found if language.code not in UNFINISHED]
    return tuple(sorted(_with_own_codes(usable), key=lambda language: language.code))


def find_language(name: str) -> Language:
    """The language of a code or name: "de", "de_AT", "German", "deutsch", "zh", "fr", "pt-BR".

    A region (`AT`, `419`) or script (`Latn`) that espeak-ng does not know is ignored, as is the
    encoding of a locale ("de_DE.UTF-8"); any other part has to be known.

    Raises:
        UnknownLanguage: with the nearest names in the hint.
    """
    key = _ENCODING.sub("", name.strip().casefold().replace("_", "-"))
    table = _table()
    without_region = _REGION.sub("", key)
    for wanted in (key, without_region, _SCRIPT.sub("", without_region)):
        found = table.get(ALIASES.get(wanted, wanted))
        if found is not None:
            return found
    near = difflib.get_close_matches(key, [*table, *ALIASES], n=3, cutoff=0.6)
    hint = f"Did you mean {' or '.join(near)}? " if near else ""
    raise UnknownLanguage(
        f"There is no language {name!r}.",
        hint=hint + UnknownLanguage.default_hint,
        details={"language": name, "near": near},
    )


def _with_own_codes(found: Sequence[Language]) -> Iterator[Language]:
    """A language that shares its code with an earlier one goes by the name of its file."""
    taken: set[str] = set()
    for language in found:
        own = language.identifier.rpartition("/")[2].lower()
        unique = replace(language, code=own) if language.code in taken else language
        taken.add(unique.code)
        yield unique


@functools.cache
def _table() -> dict[str, Language]:
    """Languages by every name that finds them; a better priority wins a shared one."""
    ranked = [(rank, key, language) for language in languages() for rank, key in _names(language)]
    table: dict[str, Language] = {}
    for _, key, language in sorted(ranked, key=lambda entry: entry[0]):
        table.setdefault(key.casefold(), language)
    return table


def _names(language: Language) -> list[tuple[int, str]]:
    first = language.codes[0][0]
    base = language.name.partition(" (")[0]
    return [
        *language.codes,
        (0, language.code),
        (0, language.identifier),
        (0, language.name),
        (100 + first, base),
    ]
