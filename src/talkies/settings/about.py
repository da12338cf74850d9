"""What is said about a setting beside its type and default, and the types that settings share."""

import json
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import BeforeValidator, Field, SecretStr

#: Before any name of a variable, where a bare name means something else to another program.
PREFIX: Final = "TALKIES_"

#: Of a setting that nothing reads yet; the part that will is not built.
LATER: Final = "read, not used yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """One line of the table of settings; the field's name in capitals is the variable's."""

    meaning: str
    #: Other names of the variable, in the order in which they are looked for.
    aliases: tuple[str, ...] = ()
    #: The seeds' contracts (docs/reference/settings.md) that it comes from.
    seeds: str = ""
    #: The flag of commands that says otherwise.
    flag: str | None = None
    #: Which part uses it.
    used_by: str
    #: What stands in the table for a default that is worked out.
    default: str | None = None
    #: Whether values under all its names are taken together, where others take the first.
    union: bool = False


def listed(value: Any) -> Any:
    """The parts of a text, by commas or as a JSON list; raises `ValueError`."""
    if not isinstance(value, str):
        return value
    if value.startswith("["):
        try:
            return json.loads(value)
        except ValueError as error:
            raise ValueError("it begins like a JSON list, and is none") from error
    return [part.strip() for part in value.split(",") if part.strip()]


def _upper(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


_Listed = BeforeValidator(listed)

LogLevel: TypeAlias = Annotated[
    Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], BeforeValidator(_upper)
]
Names: TypeAlias = Annotated[tuple[str, ...], _Listed]
Secrets: TypeAlias = Annotated[tuple[SecretStr, ...], _Listed]
Schemes: TypeAlias = Annotated[tuple[Literal["https", "http"], ...], _Listed]
Port: TypeAlias = Annotated[int, Field(ge=0, le=65_535)]
Count: TypeAlias = Annotated[int, Field(ge=1)]
#: 0 means: no limit.
Limit: TypeAlias = Annotated[int, Field(ge=0)]
Seconds: TypeAlias = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Milliseconds: TypeAlias = Annotated[int, Field(gt=0)]
Hours: TypeAlias = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Price: TypeAlias = Annotated[float, Field(ge=0, allow_inf_nan=False)]
