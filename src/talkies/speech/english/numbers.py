"""How English says what is not written as words: numbers, money, times, units, abbreviations."""

import itertools
import re
from collections.abc import Callable, Sequence

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
)
ONES = tuple(_ONES.split())
TENS = (None, None, "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
SCALES = ("", "thousand", "million", "billion", "trillion", "quadrillion")

ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth",
    "nine": "ninth", "twelve": "twelfth",
}  # fmt: skip

#: One and several of a currency, and of its hundredth.
CURRENCIES = {
    "$": ("dollar", "dollars", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
    "€": ("euro", "euros", "cent", "cents"),
    "¥": ("yen", "yen", "sen", "sen"),
    "₹": ("rupee", "rupees", "paisa", "paise"),
}

#: One and several of a unit that follows a number directly.
UNITS = {
    "%": ("percent", "percent"), "km": ("kilometer", "kilometers"), "m": ("meter", "meters"),
    "cm": ("centimeter", "centimeters"), "mm": ("millimeter", "millimeters"),
    "kg": ("kilogram", "kilograms"), "g": ("gram", "grams"), "mg": ("milligram", "milligrams"),
    "lb": ("pound", "pounds"), "lbs": ("pound", "pounds"), "ft": ("foot", "feet"),
    "mph": ("mile per hour", "miles per hour"), "°": ("degree", "degrees"),
    "°C": ("degree Celsius", "degrees Celsius"),
    "°F": ("degree Fahrenheit", "degrees Fahrenheit"), "ms": ("millisecond", "milliseconds"),
    "s": ("second", "seconds"), "h": ("hour", "hours"), "min": ("minute", "minutes"),
    "kB": ("kilobyte", "kilobytes"), "MB": ("megabyte", "megabytes"),
    "GB": ("gigabyte", "gigabytes"), "TB": ("terabyte", "terabytes"), "k": ("thousand",) * 2,
    "K": ("thousand",) * 2, "M": ("million",) * 2, "x": ("times",) * 2,
}  # fmt: skip

WORDS = {
    "dr.": "doctor", "mr.": "mister", "mrs.": "missus", "ms.": "miz", "prof.": "professor",
    "jr.": "junior", "sr.": "senior", "vs.": "versus", "vs": "versus",
    "etc.": "et cetera", "etc": "et cetera", "e.g.": "for example", "i.e.": "that is",
    "approx.": "approximately", "dept.": "department", "gen.": "general",
    "capt.": "captain", "sgt.": "sergeant", "lt.": "lieutenant", "&": "and", "@": "at",
    "+": "plus", "=": "equals", "%": "percent", "w/": "with", "°": "degrees",
}  # fmt: skip

#: Numbers of this many digits and more are read digit by digit.
DIGITS_READ_SINGLY = 16

_OPENING = re.compile(r"^[(\[{\"'“‘«¿¡]+")
_CLOSING = re.compile(r"[)\]}\"'”’».,;:!?…]+$")
_NUMBER = r"(\d{1,3}(?:,\d{3})+|\d+)"
_SCALE_WORD = re.compile(r"(?i)(hundred|thousand|million|billion|trillion)s?\W*$")


def spoken_forms(tokens: Sequence[str]) -> list[str]:
    """Each written word as English says it, punctuation around it kept: "$5" is "five dollars".

    A word that is written as it is said stays as it is. "$5 million" becomes "5" and "million
    dollars".
    """
    forms = [_spoken(token) for token in tokens]
    for index, (word, following) in enumerate(itertools.pairwise((*tokens, ""))):
        if word.lower() == "no." and following[:1].isdigit():
            forms[index] = "number"
        if word == "St.":
            forms[index] = "saint" if following[:1].isupper() else "street"
        money = re.fullmatch(rf"\W*?([$£€¥₹]){_NUMBER}(?:\.(\d+))?", word)
        if money and _SCALE_WORD.match(following):
            scale, end = _parted(following)[1:]
            forms[index] = _spoken(word.replace(money[1], "", 1))
            forms[index + 1] = f"{scale} {CURRENCIES[money[1]][1]}{end}"
    return forms


def cardinal(number: int) -> str:
    """A whole number from 0 up: 1234 is "one thousand two hundred thirty four"."""
    if number < len(ONES):
        return ONES[number]
    groups = []
    scale = 0
    while number:
        number, group = divmod(number, 1000)
        if group:
            groups.append(f"{_below_thousand(group)} {SCALES[scale]}".strip())
        scale += 1
    return " ".join(reversed(groups))


def ordinal(number: int) -> str:
    """21 is "twenty first"."""
    *most, last = cardinal(number).split()
    changed = ORDINALS.get(last) or (last[:-1] + "ie" if last.endswith("y") else last) + "th"
    return " ".join([*most, changed])


def year(number: int) -> str:
    """1984 is "nineteen eighty four", 2005 "two thousand five", 1905 "nineteen oh five"."""
    century, rest = divmod(number, 100)
    if century % 10 == 0 and rest < len(ONES[:10]):
        return cardinal(number)
    if rest == 0:
        return f"{cardinal(century)} hundred"
    return f"{cardinal(century)} {'oh ' if rest < len(ONES[:10]) else ''}{cardinal(rest)}"


def _below_thousand(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    words = [ONES[hundreds], "hundred"] if hundreds else []
    if 0 < rest < len(ONES):
        words.append(ONES[rest])
    elif rest:
        tens, ones = divmod(rest, 10)
        words += [str(TENS[tens]), *([ONES[ones]] if ones else [])]
    return " ".join(words)


def _spoken(token: str) -> str:
    known = WORDS.get(token.lower())
    if known is not None:
        return known
    before, core, after = _parted(token)
    known = WORDS.get(core.lower())
    if known is not None:
        return before + known + after
    if not any(character.isdecimal() for character in core):
        return token
    return before + _said(core) + after


def _parted(token: str) -> tuple[str, str, str]:
    """Opening punctuation, what is inside, closing punctuation."""
    opening = _OPENING.match(token)
    before = opening.group() if opening else ""
    rest = token[len(before) :]
    closing = _CLOSING.search(rest)
    after = closing.group() if closing else ""
    return before, rest[: len(rest) - len(after)], after


def _said(core: str) -> str:
    for pattern, say in _RULES:
        match = pattern.fullmatch(core)
        if match:
            return say(match)
    parts = re.findall(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)*|[&@+=%]", core)
    return " ".join(_part(part) for part in parts)


def _part(part: str) -> str:
    if part[0].isdecimal():
        return _plain(re.sub(r"[.,]$", "", part).replace(",", ""))
    return WORDS.get(part, part)


def _plain(digits: str) -> str:
    """A number of digits and at most one point."""
    whole, _, fraction = digits.partition(".")
    if "." in fraction or not whole.isdecimal():
        return " point ".join(_plain(part) for part in digits.split(".") if part)
    singly = len(whole) >= DIGITS_READ_SINGLY or (len(whole) > 1 and whole.startswith("0"))
    words = _singly(whole) if singly else cardinal(int(whole))
    return f"{words} point {_singly(fraction)}" if fraction else words


def _singly(digits: str) -> str:
    return " ".join(ONES[int(digit)] for digit in digits)


def _number(match: re.Match[str]) -> str:
    sign = "minus " if match[1] else ""
    return sign + _plain(match[0].lstrip("-−+").replace(",", ""))


def _money(match: re.Match[str]) -> str:
    one, several, cent, cents = CURRENCIES[match[1]]
    whole = int(match[2].replace(",", ""))
    small = int((match[3] or "0").ljust(2, "0")[:2])
    words = [f"{cardinal(whole)} {one if whole == 1 else several}"] if whole or not small else []
    if small:
        words.append(f"{cardinal(small)} {cent if small == 1 else cents}")
    return " and ".join(words)


def _with_unit(match: re.Match[str]) -> str:
    one, several = UNITS[match[2]]
    digits = match[1].replace(",", "")
    return f"{_plain(digits)} {one if digits == '1' else several}"


def _time(match: re.Match[str]) -> str:
    hour, minute = int(match[1]), int(match[2] or 0)
    half = " ".join((match[3] or "").replace(".", "").upper())
    if minute:
        said = f"{cardinal(hour)} {'oh ' if minute < len(ONES[:10]) else ''}{cardinal(minute)}"
    else:
        said = cardinal(hour) + ("" if half else " o'clock")
    return f"{said} {half}".strip()


def _fraction(match: re.Match[str]) -> str:
    above, below = match[1], match[2]
    if (above, below) == ("1", "2"):
        return "one half"
    if below in ("3", "4") and above < below:
        part = "third" if below == "3" else "quarter"
        return f"{_plain(above)} {part if above == '1' else part + 's'}"
    return f"{_plain(above)} over {_plain(below)}"


def _decade(match: re.Match[str]) -> str:
    number = int(match[1])
    words = year(number) if len(match[1]) > len("90") else cardinal(number)
    return words[:-1] + "ies" if words.endswith("y") else words + "s"


_Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]


def _rule(pattern: str, say: Callable[[re.Match[str]], str]) -> _Rule:
    return re.compile(pattern), say


_UNIT_NAMES = "|".join(sorted(map(re.escape, UNITS), key=len, reverse=True))

#: What a written word looks like, and how it is said; the first that fits.
_RULES = (
    _rule(rf"([$£€¥₹]){_NUMBER}(?:\.(\d+))?", _money),
    _rule(r"(1[1-9]\d\d|20\d\d)", lambda match: year(int(match[1]))),
    _rule(r"(\d?\d?\d0)['’]?s", _decade),
    _rule(r"(\d\d?):(\d\d)\s?([AaPp]\.?[Mm]\.?)?", _time),
    _rule(r"(\d\d?)()\s?([AaPp]\.?[Mm]\.?)", _time),
    _rule(rf"{_NUMBER}(?:st|nd|rd|th)", lambda match: ordinal(int(match[1].replace(",", "")))),
    _rule(rf"([-−]?){_NUMBER}(?:\.\d+)?", _number),
    _rule(rf"([\d,]*\d(?:\.\d+)?)({_UNIT_NAMES})", _with_unit),
    _rule(r"#(\d+)", lambda match: f"number {_plain(match[1])}"),
    _rule(r"(\d{3})-(\d{4})", lambda match: f"{_singly(match[1])}, {_singly(match[2])}"),
    _rule(r"(\d+)/(\d+)", _fraction),
    _rule(r"(\d+)[-–](\d+)", lambda match: f"{_plain(match[1])} to {_plain(match[2])}"),
)
