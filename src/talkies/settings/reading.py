"""Reads the settings: flags before the environment, that before `.env`, that before defaults."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import SecretStr, ValidationError
from pydantic_settings import DotEnvSettingsSource

from talkies.errors import Misconfigured
from talkies.settings.about import PREFIX, About, listed
from talkies.settings.checks import Problem, contradictions
from talkies.settings.model import Settings, about

#: The file that is read where a process starts.
ENV_FILE: Final = Path(".env")

PAGE: Final = "docs/reference/settings.md explains every variable."


@dataclass(slots=True)
class _Found:
    """What was found, by the fields of `Settings`."""

    values: dict[str, Any] = field(default_factory=dict)
    #: Under which name: `API_PORT`, `API_PORT (in .env)` or `--port`.
    origins: dict[str, str] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)


def load(
    overrides: Mapping[str, Any] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    env_file: Path | None = ENV_FILE,
) -> Settings:
    """The settings of this process.

    `overrides` are a command's flags by the names of fields; None among them says nothing.
    Raises `Misconfigured`, which names everything that is wrong at once, and no secret.
    """
    variables = os.environ if environ is None else environ
    places = [("", variables), (f" (in {env_file})", _file(env_file))]
    found = _Found()
    for name in Settings.model_fields:
        said = about(name)
        if said is not None:
            _look(found, name, said, places)
    for name, value in (overrides or {}).items():
        if value is not None:
            found.values[name], found.origins[name] = value, _flag(name)
    return _settings(found)


def names(name: str, said: About) -> tuple[str, ...]:
    """All names of a field's variable, in the order in which they are looked for."""
    return (PREFIX + name.upper(), name.upper(), *said.aliases)


def is_secret(name: str) -> bool:
    """Whether the value of a field is to be shown to nobody."""
    return _mentions(Settings.model_fields[name].annotation, SecretStr)


def _flag(name: str) -> str:
    said = about(name)
    return name if said is None or said.flag is None else said.flag


def _united(values: Iterable[str]) -> list[str] | str:
    """The parts of several lists, each once; the text of one that cannot be read."""
    parts: dict[str, None] = {}
    for value in values:
        try:
            parts |= dict.fromkeys(map(str, listed(value)))
        except ValueError:
            return value
    return list(parts)


def _file(path: Path | None) -> dict[str, str]:
    if path is None or not path.is_file():
        return {}
    try:
        source = DotEnvSettingsSource(Settings, env_file=path, case_sensitive=True)
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{path} cannot be read.", hint="Make it a text file.") from error
    return {name: value for name, value in source.env_vars.items() if value is not None}


def _look(
    found: _Found, field_name: str, said: About, places: list[tuple[str, Mapping[str, str]]]
) -> None:
    """Take a field's value from the first place that has one; a blank value is none."""
    for place, variables in places:
        given = {
            name: value.strip()
            for name in names(field_name, said)
            if (value := variables.get(name, "")).strip()
        }
        if not given:
            continue
        first = next(iter(given))
        if said.union:
            found.values[field_name] = _united(given.values())
        else:
            found.values[field_name] = given[first]
            others = [name for name in given if given[name] != given[first]]
            found.notices += [f"{name} is not used: {first} is set too." for name in others]
        found.origins[field_name] = first + place
        return


def _settings(found: _Found) -> Settings:
    problems: list[Problem] = []
    try:
        settings = Settings(**found.values, notices=tuple(found.notices))
    except ValidationError as error:
        problems, bad = _problems(error, found)
        good = {name: value for name, value in found.values.items() if name not in bad}
        settings = Settings(**good)
        bad_variables = {name.upper() for name in bad}
        rest = [one for one in contradictions(settings) if not bad_variables & {*one.variables}]
        raise _misconfigured(problems + rest) from None
    problems = contradictions(settings)
    if problems:
        raise _misconfigured(problems)
    return settings


def _problems(error: ValidationError, found: _Found) -> tuple[list[Problem], set[str]]:
    """What pydantic found, in our words: one problem a field."""
    problems: dict[str, Problem] = {}
    for one in error.errors(include_url=False, include_context=False):
        name = str(one["loc"][0])
        origin = found.origins[name]
        shown = "" if is_secret(name) else f"={found.values[name]}"
        text = one["msg"].removeprefix("Value error, ")
        problems.setdefault(
            name,
            Problem(
                variables=(name.upper(),),
                message=f"{origin}{shown}: {text[0].lower()}{text[1:]}.",
                hint=f"Mend or unset {origin}.",
            ),
        )
    return list(problems.values()), set(problems)


def _misconfigured(problems: list[Problem]) -> Misconfigured:
    if len(problems) == 1:
        message, hint = problems[0].message, f"{problems[0].hint} {PAGE}"
    else:
        lines = [f"- {one.message} {one.hint}" for one in problems]
        message = "\n".join([f"{len(problems)} settings cannot be used:", *lines])
        hint = PAGE
    variables = [name for one in problems for name in one.variables]
    return Misconfigured(message, hint=hint, details={"variables": variables})


def _mentions(annotation: Any, kind: type) -> bool:
    return annotation is kind or any(_mentions(part, kind) for part in get_args(annotation))
