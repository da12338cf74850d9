"""Puts the steps of an installation together from what was asked for."""

import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from talkies.engines.home import EngineHome
from talkies.engines.installation import Installation
from talkies.studio.upstreams.checkout import Checkouts, require_source
from talkies.studio.upstreams.environment import EnvironmentFolder, Ways
from talkies.studio.upstreams.imports import Modules
from talkies.studio.upstreams.install import Host, Installer
from talkies.studio.upstreams.interpreters import Interpreters
from talkies.studio.upstreams.known import Upstream
from talkies.studio.upstreams.programs import Programs
from talkies.studio.upstreams.removal import log_of
from talkies.studio.upstreams.requirements import read_requirements
from talkies.studio.upstreams.steps import (
    EnvironmentStep,
    ImportsStep,
    Pull,
    RepositoryStep,
    Step,
    WeightsStep,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How an engine is to be installed, where it is not as its description says."""

    #: Another address, or a folder to use in place; "" is the description's address.
    repository: str = ""
    #: The interpreter to make its environment from; None finds one.
    python: Path | None = None
    #: None is the variant that the default preset needs.
    variant: str | None = None
    #: Wheels to take before those of the index.
    wheels: Path | None = None


def find_uv(environ: Mapping[str, str]) -> Path | None:
    """uv, on the PATH or beside the Python that runs us."""
    found = shutil.which("uv", path=environ.get("PATH"))
    beside = Path(sys.executable).with_name("uv")
    if found is None and beside.is_file():
        return beside
    return None if found is None else Path(found)


def installer_of(
    upstream: Upstream,
    home: EngineHome,
    wish: Wish,
    *,
    environ: Mapping[str, str],
    version: str,
    pull: Pull | None,
    uv: Path | None = None,
    host: Host | None = None,
) -> Installer:
    """What installs an engine; without `pull` its weights are left to somebody else.

    `version` is ours, for the record.

    Raises `InvalidOption` for a variant or a repository that there is not, and `Misconfigured`
    where the pinned requirements cannot be read.
    """
    description = upstream.description
    variant = upstream.variant(wish.variant)
    require_source(wish.repository)
    programs = Programs(log=log_of(home, description.id), environ=environ)
    steps = _code_steps(upstream, home, wish, programs, uv)
    if pull is not None and description.weights:
        steps.append(WeightsStep(description, home, variant, pull))
    first = Installation(
        engine=description.id,
        talkies=version,
        begun_at="",
        variant=variant,
        with_weights=pull is not None,
    )
    return Installer(description.id, home, steps, first, host)


def _code_steps(
    upstream: Upstream, home: EngineHome, wish: Wish, programs: Programs, uv: Path | None
) -> list[Step]:
    """The steps from nothing to code that can be run."""
    description = upstream.description
    ways = Ways(
        programs=programs,
        interpreters=Interpreters(programs=programs),
        uv=uv,
        wheels=None if wish.wheels is None else wish.wheels.expanduser().absolute(),
    )
    folder = EnvironmentFolder(home.environment(description.id), description.environment, ways)
    modules = Modules(programs=programs, python=folder.python)
    environment = EnvironmentStep(
        description, folder, read_requirements(upstream.requirements), wish.python
    )
    repository = home.repository(description.id)
    return [
        RepositoryStep(description, home, Checkouts(programs=programs), wish.repository),
        environment,
        ImportsStep(description, repository, modules, environment),
    ]
