"""Text before it is spoken: what may be spoken at all, and where it may be cut in pieces."""

import itertools
import re
import unicodedata
from dataclasses import dataclass

from talkies.errors import InvalidInput

#: Longest text of one request, in characters: about 25 minutes of speech.
TEXT_MAX = 20_000

#: Longest piece handed to a synthesizer at once, in characters.
PIECE_MAX = 400

#: Longest run of characters without a space that is handed on whole.
TOKEN_MAX = 120

#: Format characters that writing needs: the zero-width joiner and non-joiner.
JOINERS = "\u200c\u200d"

#: Scripts written without spaces between words: kana, Han, Thai, Lao, Myanmar, Khmer.
UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003134f]"
)

_EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\ufe0e\ufe0f\u20e3\U000e0000-\U000e007f]")
_PARAGRAPH = re.compile(r"\n[^\S\n]*\n\s*")
_SPACES = re.compile(r"\s+")
_SENTENCE_END = re.compile(r"""[.!?…]+["'”’»)\]]*\s+|[。！？｡।॥؟۔]+["'”’」』）]*\s*""")
_CLAUSE_END = re.compile(r"[,;:—–،؛]\s+|[，、；：]\s*")

_ABBREVIATIONS = """
    dr mr mrs ms prof st jr sr vs etc e.g i.e fig vol ca approx dept est gen col capt sgt lt
    rev hon bzw z.b d.h u.a usw nr str ing m mme mlle sra srta dra av p pp
"""
#: Words that end in a full stop inside a sentence, in small letters and without it.
ABBREVIATIONS = frozenset(_ABBREVIATIONS.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A sentence, or a part of a very long one."""

    text: str
    #: Whether a paragraph ends here.
    ends_paragraph: bool


def cleaned(text: str) -> str:
    """The text without what cannot be spoken: control characters, emoji, broken code points.

    Raises:
        InvalidInput: nothing to speak is left, or it is longer than `TEXT_MAX`.
    """
    if len(text) > TEXT_MAX:
        raise InvalidInput(
            f"The text has {len(text)} characters; at most {TEXT_MAX} can be spoken at once.",
            hint="Cut it into several videos.",
            details={"characters": len(text), "limit": TEXT_MAX},
        )
    plain = unicodedata.normalize("NFC", _EMOJI.sub(" ", text))
    kept = "".join(_speakable(character) for character in plain)
    if not any(character.isalnum() for character in kept):
        raise InvalidInput(
            "The text has nothing to speak.",
            hint="Give at least one word or number.",
            details={"characters": len(text)},
        )
    return kept


def pieces(text: str, longest: int = PIECE_MAX) -> tuple[Piece, ...]:
    """Cut cleaned text at paragraphs and sentences, and long sentences at clauses or spaces.

    Pieces without a letter or digit are left out, so every piece can be spoken.
    """
    found: list[Piece] = []
    for paragraph in _PARAGRAPH.split(text):
        sentences = _sentences(_SPACES.sub(" ", paragraph).strip())
        parts = [part for sentence in sentences for part in _shortened(sentence, longest)]
        spoken = [part for part in parts if any(character.isalnum() for character in part)]
        found += [Piece(text=part, ends_paragraph=part is spoken[-1]) for part in spoken]
    return tuple(found)


def _speakable(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Cc", "Zl", "Zp"):
        return "\n" if character in "\n\u2028\u2029" else " "
    if category in ("Cf", "Cs", "Co", "Cn"):
        return character if character in JOINERS else ""
    return character


def _sentences(text: str) -> list[str]:
    cuts = [match.end() for match in _SENTENCE_END.finditer(text) if _ends_sentence(text, match)]
    edges = [0, *cuts, len(text)]
    parts = [text[a:b].strip() for a, b in itertools.pairwise(edges)]
    return [part for part in parts if part]


def _ends_sentence(text: str, match: re.Match[str]) -> bool:
    if not match.group().startswith("."):
        return True
    following = text[match.end() : match.end() + 1]
    before = text[: match.start()].rpartition(" ")[2].lstrip("(\"'“‘«[").lower()
    is_initial = len(before.rpartition(".")[2]) == 1 and before[-1:].isalpha()
    is_number = before == "no" and following.isdigit()
    return not (following.islower() or is_initial or is_number or before in ABBREVIATIONS)


def _shortened(sentence: str, longest: int) -> list[str]:
    """Cut a sentence at the last clause end, else the last space, before `longest`."""
    parts = []
    rest = sentence
    while len(rest) > longest:
        window = rest[: longest + 1]
        clauses = [match.end() for match in _CLAUSE_END.finditer(window)]
        late = [cut for cut in clauses if cut > longest // 3]
        cut = late[-1] if late else window.rfind(" ") + 1
        cut = min(cut or longest, longest)
        parts.append(rest[:cut].strip())
        rest = rest[cut:].strip()
    return [*parts, rest] if rest else parts
