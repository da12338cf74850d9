"""A place to install the tiny engine into: a root, a repository, wheels, and what is told."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tiny_upstream import ENVIRON, TinyRepository, describe, make_repository, make_wheel

from talkies.engines.commands.description import Description
from talkies.engines.home import EngineHome
from talkies.engines.installation import Installation, read_installation
from talkies.studio.upstreams.assembly import Wish, find_uv, installer_of
from talkies.studio.upstreams.install import Host, Installer, News, State
from talkies.studio.upstreams.known import Upstream
from talkies.studio.upstreams.steps import Pull


@dataclass
class Stage:
    """One machine, as far as an installation sees it; its folders have blanks in their names."""

    folder: Path
    repository: TinyRepository
    description: Description
    #: uv is quick; None makes environments with the Python's own venv and pip.
    uv: Path | None = field(default_factory=lambda: find_uv(os.environ))
    environ: dict[str, str] = field(default_factory=lambda: dict(ENVIRON))
    news: list[News] = field(default_factory=list)
    pull: Pull | None = None
    host: Host | None = None

    @property
    def home(self) -> EngineHome:
        return EngineHome(root=self.folder / "the root")

    @property
    def requirements(self) -> Path:
        return self.folder / "tiny.requirements.txt"

    def describe(self, **changes: object) -> None:
        self.description = replace(self.description, **changes)  # type: ignore[arg-type]

    def installer(self, **wish: object) -> Installer:
        wheels = {"wheels": self.folder / "the wheels"}
        upstream = Upstream(description=self.description, requirements=self.requirements)
        return installer_of(
            upstream,
            self.home,
            Wish(**{**wheels, **wish}),  # type: ignore[arg-type]
            environ=self.environ,
            version="1.0",
            pull=self.pull,
            uv=self.uv,
            host=self.host,
        )

    def install(self, stop: Callable[[News], None] | None = None, **wish: object) -> Installation:
        """Installs; `stop` may raise at any news, as Ctrl-C does."""
        self.news.clear()

        def tell(news: News) -> None:
            self.news.append(news)
            if stop is not None:
                stop(news)

        return self.installer(**wish).install(tell)

    def bring(self, **wish: object) -> Installation:
        """Brings the repository alone."""
        whole = self.installer(**wish)
        steps = [step for step in whole._steps if step.name == "repository"]
        self.news.clear()
        return Installer("tiny", self.home, steps, whole._first, self.host).install(
            self.news.append
        )

    @property
    def record(self) -> Installation | None:
        return read_installation(self.home, "tiny")

    def states(self) -> dict[str, Sequence[State]]:
        """What was told of each step, without what programs said."""
        found: dict[str, list[State]] = {}
        for news in self.news:
            if news.state not in {State.SAYS, State.NOTES}:
                found.setdefault(news.step, []).append(news.state)
        return dict(found)

    def require(self, text: str) -> None:
        self.requirements.write_text(text)


def make_stage(folder: Path) -> Stage:
    repository = make_repository(folder / "origin")
    make_wheel(folder / "the wheels", "tinyface", "1.2", "__version__ = '1.2'\n")
    stage = Stage(folder=folder, repository=repository, description=describe(repository))
    stage.require("tinyface==1.2\n")
    return stage
