"""Which language a text is written in, guessed from its script and its commonest words."""

import re
import unicodedata
from collections import Counter

#: Where nothing else is known.
FALLBACK = "en-us"

#: Letters of a script that one language, or mostly one, is written in; by Unicode's names. Kana
#: come before Han, because Japanese is written in both.
SCRIPTS = (
    ("HIRAGANA", "ja"),
    ("KATAKANA", "ja"),
    ("HANGUL", "ko"),
    ("CJK", "cmn"),
    ("ARABIC", "ar"),
    ("HEBREW", "he"),
    ("GREEK", "el"),
    ("DEVANAGARI", "hi"),
    ("BENGALI", "bn"),
    ("TAMIL", "ta"),
    ("TELUGU", "te"),
    ("THAI", "th"),
    ("GEORGIAN", "ka"),
    ("ARMENIAN", "hy"),
    ("CYRILLIC", "ru"),
)

#: Share of a text's letters in one script from which it decides.
DECIDING_SHARE = 0.2

#: The commonest words of languages in Latin letters, without those that several share.
COMMON_WORDS = {
    "en-us": "the and you that was for are with his they this have from not hello what is it good"
    " how my your we of to in can will do all here there thank please yes",
    "de": "der die und ist nicht das ein ich sie mit den auf für guten hallo wir aber wie dass zu",
    "fr-fr": "le les et est une des vous pas que dans je bonjour nous pour qui avec mais ce il du",
    "es": "el los y está una las por con para hola pero como muy más buenos días usted esto lo",
    "it": "il di che è gli per una sono della con ciao buongiorno ma non questo come anche mi",
    "pt": "olá está os não uma é com para você isso mas como obrigado bom dia eu muito em da são",
    "nl": "het een van ik niet je dat zijn goede hallo maar met voor op wij deze ook aan",
    "pl": "nie się jest na to że dzień dobry jak ale co tak czy z do w",
    "sv": "och att det är som en jag inte på hej för med vi har men god",
    "tr": "bir ve bu için çok merhaba ne var günaydın değil ile ben da",
    "cs": "je se že na dobrý den jsem ale to jak a v",
    "fi": "ja on ei se että hyvää minä mutta hei kun olen",
    "hu": "az és nem hogy egy jó van de ez is",
    "ro": "și este nu o în bună ziua cu pentru că sunt",
    "vi": "là và của không có chào bạn tôi một được",
    "id": "yang dan di ini itu dengan untuk tidak selamat pagi saya",
}


def guess_language(text: str) -> str | None:
    """espeak-ng's code of the language that a text seems to be in; None where nothing tells."""
    return _by_script(text) or _by_words(text)


def unsure(text: str) -> tuple[str, ...]:
    """The warning about a text whose language nothing tells; none where it may well be English."""
    if text.isascii():
        return ()
    return (f"The language is not known and was taken to be {FALLBACK}; `language` says it.",)


def _by_script(text: str) -> str | None:
    letters = [character for character in text if character.isalpha()]
    counts: Counter[str] = Counter()
    for character in letters:
        name = unicodedata.name(character, "")
        counts[next((code for script, code in SCRIPTS if name.startswith(script)), "")] += 1
    for _, code in SCRIPTS:
        if counts[code] > DECIDING_SHARE * len(letters):
            return "uk" if code == "ru" and re.search("[іїєґ]", text.lower()) else code
    return None


def _by_words(text: str) -> str | None:
    words = Counter(re.findall(r"[^\W\d_]+", text.lower()))
    hits = {
        code: sum(words[word] for word in common.split()) for code, common in COMMON_WORDS.items()
    }
    best = max(hits.values())
    likely = [code for code, count in hits.items() if count == best]
    return likely[0] if best and (len(likely) == 1 or likely[0] == FALLBACK) else None
