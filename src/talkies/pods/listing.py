"""The operator's list of pods: read strictly, and refused with the number of what is wrong."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from talkies.errors import Misconfigured, UnsafeAddress
from talkies.net.guard import read_url
from talkies.pods.pod import SADTALKER_ENGINE, Contract, Pod, TokenPlace

#: Longest list that is read, in characters.
LONGEST: Final = 200_000

#: Videos that one pod may be said to render at once.
MOST_AT_ONCE: Final = 64

HINT: Final = (
    'Write each pod as url|token|apiKey, with commas between them, or as JSON: [{"url": "https://…"'
    ', "token": "…", "apiKey": "…"}].'
)

#: What a JSON entry may have, and the names of the seeds for the same.
FIELDS: Final[Mapping[str, str]] = {
    "url": "url",
    "name": "name",
    "token": "token",
    "apiKey": "api_key",
    "api_key": "api_key",
    "contract": "contract",
    "engines": "engines",
    "tokenPlace": "token_place",
    "token_place": "token_place",
    "concurrency": "concurrency",
    "pricePerHour": "price_per_hour",
    "price_per_hour": "price_per_hour",
}

#: Header values are visible ASCII; what else there is would break the request's lines.
_SECRET: Final = re.compile(r"[\x21-\x7e]{1,4096}")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/\[\]-]{0,99}")
_ENGINE: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What holds for a pod that does not say otherwise."""

    contract: Contract = Contract.TALKIES
    token_place: TokenPlace = TokenPlace.HEADER
    api_key: str | None = None
    concurrency: int = 1


def read_pods(text: str, setting: str, defaults: Defaults) -> tuple[Pod, ...]:
    """The pods of a list in the settings; `setting` is what it is called.

    Raises `Misconfigured` for everything that is not understood; the message has the number of the
    entry, and no part of its secrets.
    """
    if len(text) > LONGEST:
        raise Misconfigured(f"{setting} is longer than {LONGEST:,} characters.", hint=HINT)
    pods = []
    for number, entry in enumerate(_entries(text.strip(), setting), start=1):
        try:
            pods.append(_pod(entry, defaults))
        except _Wrong as wrong:
            raise Misconfigured(
                f"Entry {number} of {setting} {wrong}.", hint=HINT, details={"entry": number}
            ) from None
    _require_different(pods, setting)
    return tuple(pods)


class _Wrong(ValueError):
    """What is wrong with an entry, as the end of a sentence."""


def _entries(text: str, setting: str) -> Sequence[Mapping[str, Any]]:
    if not text.startswith(("[", "{")):
        parts = (part.strip() for part in re.split(r"[,\n]", text))
        return [_from_text(part, setting) for part in parts if part]
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise Misconfigured(f"{setting} is not JSON.", hint=HINT) from None
    entries = found if isinstance(found, list) else [found]
    return [entry if isinstance(entry, dict) else {"url": entry} for entry in entries]


def _from_text(part: str, setting: str) -> dict[str, Any]:
    values = [value.strip() for value in part.split("|")]
    if len(values) > 3:  # noqa: PLR2004 - url, token, apiKey
        raise Misconfigured(
            f"An entry of {setting} has {len(values)} parts; there are three: url|token|apiKey.",
            hint=HINT,
        )
    return dict(zip(("url", "token", "apiKey"), values, strict=False))


def _pod(entry: Mapping[str, Any], defaults: Defaults) -> Pod:
    unknown = sorted(str(name)[:40] for name in entry if name not in FIELDS)
    if unknown:
        raise _Wrong(f"has a field that is not known: {', '.join(unknown)}")
    given = {FIELDS[name]: value for name, value in entry.items() if value not in (None, "")}
    url = _url(given.get("url"))
    contract = _choice(given, "contract", Contract, defaults.contract)
    name = _matching(given, "name", _NAME) or name_of(url)
    return Pod(
        name=name,
        url=url,
        contract=contract,
        token=_matching(given, "token", _SECRET),
        token_place=_choice(given, "token_place", TokenPlace, defaults.token_place),
        api_key=_matching(given, "api_key", _SECRET) or defaults.api_key,
        engines=_engines(given.get("engines"), contract),
        concurrency=_count(given.get("concurrency", defaults.concurrency)),
        price_per_hour=_price(given.get("price_per_hour")),
    )


def _url(value: object) -> str:
    if not isinstance(value, str):
        raise _Wrong("has no `url`")
    url = value if "://" in value else f"https://{value}"
    try:
        destination = read_url(url)
    except UnsafeAddress as error:
        raise _Wrong(f"has a `url` that cannot be used: {error.message.rstrip('.')}") from None
    if destination.scheme not in {"http", "https"}:
        raise _Wrong("has a `url` that begins with neither https:// nor http://")
    if "?" in url or "#" in url:
        raise _Wrong("has a `url` with a query: give the token as `token`")
    return destination.url.rstrip("/")


def name_of(url: str) -> str:
    """What people call the pod at this address."""
    parts = urlsplit(url)
    return f"{parts.netloc}{parts.path}".rstrip("/")


def _matching(given: Mapping[str, Any], field: str, shape: re.Pattern[str]) -> str | None:
    value = given.get(field)
    if value is None:
        return None
    if not isinstance(value, str) or not shape.fullmatch(value):
        raise _Wrong(f"has a `{field}` with characters that it cannot have")
    return value


def _choice(given: Mapping[str, Any], field: str, kind: type[Any], default: Any) -> Any:
    value = given.get(field, default)
    try:
        return kind(value)
    except ValueError:
        names = ", ".join(one.value for one in kind)
        raise _Wrong(f"has a `{field}` that is none of {names}") from None


def _engines(value: object, contract: Contract) -> tuple[str, ...]:
    if value is None:
        return (SADTALKER_ENGINE,) if contract is Contract.SADTALKER else ()
    names = value.replace(",", " ").split() if isinstance(value, str) else value
    if not isinstance(names, list) or not all(
        isinstance(name, str) and _ENGINE.fullmatch(name) for name in names
    ):
        raise _Wrong("has `engines` that are no list of engines' ids")
    return tuple(dict.fromkeys(names))


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MOST_AT_ONCE:
        raise _Wrong(f"has a `concurrency` that is no number from 1 to {MOST_AT_ONCE}")
    return value


def _price(value: object) -> float | None:
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < 10_000:  # noqa: PLR2004 - dollars an hour, absurdly many
        raise _Wrong("has a `price_per_hour` that is no price")
    return float(value)


def _require_different(pods: Sequence[Pod], setting: str) -> None:
    for what, values in (("url", [p.url for p in pods]), ("name", [p.name for p in pods])):
        for value in values:
            if values.count(value) > 1:
                numbers = [str(n) for n, one in enumerate(values, start=1) if one == value]
                raise Misconfigured(
                    f"Entries {' and '.join(numbers)} of {setting} have the same {what}.", hint=HINT
                )
