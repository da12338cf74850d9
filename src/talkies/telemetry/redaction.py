"""What must not be written down: secrets, the queries of signed links, and what people say."""

import re
from collections.abc import Mapping
from typing import Any, Final

#: Stands where something was taken out.
REMOVED: Final = "[redacted]"

#: Fields whose values are never written: credentials, and what people say or look like.
SECRET_FIELDS: Final = frozenset(
    {
        *("authorization", "x-api-key", "api_key", "apikey", "cookie", "set-cookie"),
        *("secret", "password", "token", "signature", "credentials", "webhook_secret"),
        *("text", "transcript", "input", "prompt", "words", "body", "content", "payload"),
    }
)

#: Letters of a secret, in base 64 of either alphabet.
_LETTERS = r"[A-Za-z0-9_\-+/=.]"

#: Headers that carry credentials, and one part of their values.
_HEADER = r"(?:proxy-)?authorization|x-api-key|(?:set-)?cookie"
_VALUE = r"[^\s'\",;]+"

#: What is taken out of any text, with what takes its place.
_PATTERNS: Final = tuple(
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), replacement)
    for pattern, replacement in (
        # Headers as they look in a line, a dictionary or a list of pairs.
        (
            rf"({_HEADER})(['\"]?\s*[:=,]\s*(?:b(?=['\"]))?['\"]?)(?:(?:bearer|basic)\s+)?{_VALUE}(?:;\s*{_VALUE})*",
            rf"\1\2{REMOVED}",
        ),
        (rf"\b(bearer|basic)\s+{_LETTERS}{{8,}}", rf"\1 {REMOVED}"),
        # Our own secrets, and those of Standard Webhooks, wherever they stand.
        (rf"\b(tk|whsec|whsk)_{_LETTERS}{{6,}}", rf"\1_{REMOVED}"),
        # Credentials before the host of an address, as in a database's.
        (r"(://)[^\s/@'\"]{1,500}@", rf"\1{REMOVED}@"),
        # A name of a secret with its value, as in a form or a connection string.
        (
            r"\b((?:[a-z_]{0,40}(?:password|secret|signature|token|api_?key)))(\s*=\s*)[^\s&'\",]+",
            rf"\1\2{REMOVED}",
        ),
        # What libraries quote of the values they were given: SQLAlchemy, Pydantic.
        (r"\[parameters: .*?(?=\n\(Background|\Z)", f"[parameters: {REMOVED}]"),
        (r"(input_value=).*?(, input_type=)", rf"\1{REMOVED}\2"),
    )
)


#: What stands between blanks and quotes, and may be an address.
_WORD: Final = re.compile(r"[^\s'\"<>]+")


def redacted(text: str) -> str:
    """The text without secrets and without the queries of addresses.

    A signed link is good for whoever reads it, so the query of any address goes.
    """
    text = _WORD.sub(_without_query, text)
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def _without_query(word: re.Match[str]) -> str:
    address, _, query = word[0].partition("?")
    return f"{address}?{REMOVED}" if query and "/" in address else word[0]


def redacted_value(name: str, value: Any) -> Any:
    """A field as JSON can write it, without what must not be written down."""
    if name.lower() in SECRET_FIELDS:
        return REMOVED
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): redacted_value(str(key), item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redacted_value("", item) for item in value]
    return redacted(str(value))
