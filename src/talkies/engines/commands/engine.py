"""The command engine: any upstream repository that is described, made reliable."""

from pathlib import Path

from talkies.engines.base import Capabilities, Readiness, RenderContext, RenderRequest
from talkies.engines.commands.description import Description
from talkies.engines.home import EngineHome
from talkies.errors import EngineNotInstalled


class CommandEngine:
    """Renders with another repository's program, as its description says."""

    def __init__(self, description: Description, home: EngineHome) -> None:
        self.description = description
        self._home = home

    @property
    def version(self) -> str:
        """The commit of the checkout, shortened."""
        return self.description.repository.revision[:12]

    @property
    def capabilities(self) -> Capabilities:
        raise NotImplementedError

    def readiness(self) -> Readiness:
        raise NotImplementedError

    def check(self, request: RenderRequest) -> tuple[str, ...]:
        raise NotImplementedError

    def load(self) -> None:
        raise NotImplementedError

    def render(self, request: RenderRequest, context: RenderContext) -> Path:
        raise EngineNotInstalled

    def unload(self) -> None:
        raise NotImplementedError
