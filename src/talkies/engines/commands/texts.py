"""Whether the texts and conditions of a description name values that exist where they stand."""

from collections.abc import Iterator, Mapping
from typing import Final

from talkies.engines.commands.description import Command, Description, Option
from talkies.engines.commands.values import (
    OF_AN_ORDER,
    PRESET,
    SETTLED,
    Place,
    name_in,
    places_in,
)

#: One fault: where, and what.
Fault = tuple[str, str]

#: What an engine cannot do without: its command line, files or links name it.
_NEEDED: Final = ("visual", "sound")


def wrong_texts(description: Description) -> Iterator[Fault]:
    """What is wrong with the texts of a description."""
    options = description.options
    everything = {*SETTLED, *OF_AN_ORDER, PRESET, *options}
    settled = {*SETTLED, PRESET, *options}
    command = description.command
    yield from _command(command, options, everything)
    for place, texts, known in (
        ("environment.variables", description.environment.variables, settled),
        ("command.links", command.links, everything),
        ("warm.load", description.warm.load if description.warm else {}, settled),
        ("warm.render", description.warm.render if description.warm else {}, everything),
    ):
        for name, text in texts.items():
            yield from _names(f"{place}.{name}", text, known)
    for name in command.links:
        yield from _names("command.links", name, everything)
    for index, phase in enumerate(description.progress):
        yield from _names(f"progress[{index}].total", phase.total, everything)
        yield from _condition(f"progress[{index}].when", phase.when, options, everything)
    yield from _names("output.glob", description.output.glob, everything)
    yield from _needed(command)


def _command(command: Command, options: Mapping[str, Option], known: set[str]) -> Iterator[Fault]:
    for index, argument in enumerate(command.arguments):
        place = f"command.arguments[{index}]"
        yield from _condition(f"{place}.when", argument.when, options, known)
        if not argument.words or (index == 0 and (argument.when or not argument.words[0])):
            yield place, "is empty, or is the program and has a condition"
        for word in argument.words:
            yield from _names(place, word, known)
            yield from _free_words(place, word, options)
    for name, text in command.files.items():
        place = f"command.files.{name}"
        yield from _names(place, text, known)
        yield from _free_file(place, text, options)


def _needed(command: Command) -> Iterator[Fault]:
    if not command.arguments:
        yield "command.arguments", "has at least the program"
        return
    words = [word for argument in command.arguments for word in argument.words]
    named = {
        one.name
        for text in (*words, *command.files.values(), *command.links.values())
        for one in _quietly(text)
    }
    for name in _NEEDED:
        if name not in named:
            yield "command.arguments", f"does not say {{{name}}}, nor does a file or a link"


def _names(place: str, text: str, known: set[str]) -> Iterator[Fault]:
    try:
        found = list(places_in(text))
    except ValueError as error:
        yield place, f"has {error}"
        return
    for one in found:
        if one.name not in known:
            yield place, f"names {{{one.name}}}, which is no value; here are {_listed(known)}"


def _condition(
    place: str, condition: str, options: Mapping[str, Option], known: set[str]
) -> Iterator[Fault]:
    if not condition:
        return
    try:
        name = name_in(condition)
    except ValueError as error:
        yield place, str(error)
        return
    if name not in known:
        yield place, f"names '{name}', which is no value; here are {_listed(known)}"
    option = options.get(name)
    _, equals, listed = condition.partition("=")
    if option is None or not option.choices or not equals:
        return
    for value in listed.split("|"):
        if value not in map(str, option.choices):
            yield place, f"'{value}' is no choice of the option '{name}'"


def _free_words(place: str, word: str, options: Mapping[str, Option]) -> Iterator[Fault]:
    """A text from anybody is a word of its own, or the rest of one behind `--name=`."""
    for one in _quietly(word):
        alone = not one.before and not one.after
        if one.form == "words" and not (alone and _is_list(one, options)):
            yield place, f"{{{one.name}:words}} is a whole word, of an option that has a pattern"
        behind = one.before.startswith("--") and one.before.endswith("=") and not one.after
        if _is_free(one, options) and not (alone or behind):
            yield place, f"{{{one.name}}} is free text: make it a word of its own"


def _free_file(place: str, text: str, options: Mapping[str, Option]) -> Iterator[Fault]:
    """A text from anybody is quoted, or on one line, in a file."""
    for one in _quietly(text):
        if one.form == "words":
            yield place, f"{{{one.name}:words}} is for command lines"
        if one.form == "" and _is_free(one, options):
            yield place, f"{{{one.name}}} is free text: write {{{one.name}:json}} without quotes"


def _quietly(text: str) -> list[Place]:
    """The places of a text; none of one that is wrong, which was said before."""
    try:
        return list(places_in(text))
    except ValueError:
        return []


def _is_list(one: Place, options: Mapping[str, Option]) -> bool:
    return one.name in options and bool(options[one.name].pattern)


def _is_free(one: Place, options: Mapping[str, Option]) -> bool:
    if one.name == "prompt":
        return True
    option = options.get(one.name)
    return option is not None and option.type == "string" and not (option.choices or option.pattern)


def _listed(known: set[str]) -> str:
    return ", ".join(sorted(known))
