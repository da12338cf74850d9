"""Described engines by name: what is said of them, and where the files of the saying lie."""

from dataclasses import dataclass
from pathlib import Path

from talkies.engines.commands.description import Description
from talkies.engines.commands.engine import CommandEngine
from talkies.engines.home import EngineHome
from talkies.engines.registry import LIBRARY, EngineRegistry
from talkies.errors import InvalidOption
from talkies.weights.sources import variants_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """An engine of another repository."""

    description: Description
    #: Its file of pinned requirements.
    requirements: Path

    @property
    def variants(self) -> tuple[str, ...]:
        """The variants of its weights; none where there is only one."""
        return variants_of(self.description.weights)

    @property
    def standard_variant(self) -> str:
        """The variant that its default preset needs."""
        return self.description.presets[self.description.default_preset].weights

    def variant(self, asked: str | None) -> str:
        """The variant that is asked for, or the standard one. Raises `InvalidOption`."""
        if asked is None:
            return self.standard_variant
        if asked not in self.variants:
            choices = list(self.variants)
            raise InvalidOption(
                f"The weights of {self.description.id} have no variant '{asked}'.",
                hint=f"It has {', '.join(choices)}." if choices else "Leave --variant out.",
                details={"option": "variant", "choices": choices},
            )
        return asked


def find_upstream(registry: EngineRegistry, home: EngineHome, engine_id: str) -> Upstream:
    """The described engine of that id.

    Raises:
        UnknownEngine: there is none of that id.
        InvalidOption: it needs no installation.
        EngineFailure: its description is broken.
    """
    engine = registry.find(engine_id)
    if not isinstance(engine, CommandEngine):
        raise InvalidOption(
            f"The engine {engine_id} came with a Python package; there is nothing to install.",
            hint="`talkies engines` shows which can be installed.",
            details={"option": "engine"},
        )
    description = engine.description
    own = home.descriptions / f"{description.id}.toml"
    folder = own.parent if own.is_file() else LIBRARY
    return Upstream(
        description=description, requirements=folder / description.environment.requirements
    )
