"""The code of an engine: cloned at its pinned commit, or a folder that is there already."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from talkies.engines.commands.consistency import is_address
from talkies.engines.commands.description import Repository
from talkies.errors import EngineFailure, InvalidOption, MissingDependency
from talkies.studio.upstreams.programs import GIT, Hear, Programs, ignore, without_credentials

#: git asks nobody, and leaves large files of demonstrations where they are.
_QUIET: Final = {"GIT_TERMINAL_PROMPT": "0", "GIT_LFS_SKIP_SMUDGE": "1", "LC_ALL": "C"}

#: Asks for the commit and the tracked files that differ from it; "# branch.oid" is the commit.
_STATUS: Final = ("status", "--porcelain=v2", "--branch", "--untracked-files=no")
_COMMIT: Final = "# branch.oid "

#: Characters of a commit that are shown.
SHORT: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A folder with code, as it is."""

    path: Path
    #: Whole commit; empty where it is no checkout of git.
    revision: str = ""
    #: Tracked files that differ from the commit.
    changed: tuple[str, ...] = ()
    #: Whether it was there before, and is only used.
    in_place: bool = False


def require_source(given: str) -> None:
    """Raise `InvalidOption` for what is neither an address that git takes nor a folder."""
    if given and not is_address(given) and not Path(given).expanduser().is_dir():
        raise InvalidOption(
            f"{without_credentials(given)} is no folder that is there, and no address.",
            hint="Give a folder, or an address as https://host/name.",
            details={"option": "repository"},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkouts:
    """Clones repositories and looks at them; a folder used in place is never written to."""

    programs: Programs
    git: str = "git"

    def look(self, path: Path) -> Found:
        """A folder as it is, without writing to it; unknown things are left empty."""
        in_place = path.is_symlink()
        lines = self._status(path)
        revision = next((line[len(_COMMIT) :] for line in lines if line.startswith(_COMMIT)), "")
        changed = tuple(line.rpartition(" ")[2] for line in lines if not line.startswith("#"))
        return Found(path=path, revision=revision, changed=changed, in_place=in_place)

    def is_whole(self, path: Path, wanted: Repository) -> bool:
        """Whether the code is there: our own clone at the pinned commit, or a folder in place."""
        if not (path / wanted.entry).is_file():
            return False
        # A description may name a commit by its first characters.
        return path.is_symlink() or self.look(path).revision.startswith(wanted.revision)

    def use(self, given: Path, place: Path, wanted: Repository) -> None:
        """Let `place` be the folder `given`. Raises `InvalidOption` where it is not the engine."""
        folder = given.expanduser().resolve()
        if not (folder / wanted.entry).is_file():
            raise InvalidOption(
                f"{given} has no {wanted.entry}, so it is no checkout of {wanted.url}.",
                hint="Give the top folder of a checkout, or leave --repository out.",
                details={"option": "repository"},
            )
        self._require_replaceable(place)
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.is_symlink():
            place.unlink()
        elif place.exists():
            shutil.rmtree(place)
        place.symlink_to(folder, target_is_directory=True)

    def clone(self, url: str, place: Path, wanted: Repository, hear: Hear = ignore) -> None:
        """Bring the pinned commit to `place`, which appears when it is whole.

        Raises:
            MissingDependency: there is no git.
            EngineFailure: the clone failed, or has no entry file.
        """
        self._require_replaceable(place)
        partial = place.with_name(f".{place.name}.partial")
        # git cannot go on with half a fetch: what a kill leaves looks whole, and is not.
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        self._git(partial, "init", "--quiet", "--template=")
        self._fetch(partial, url, wanted.revision, hear)
        self._git(partial, "checkout", "--quiet", "--force", "--detach", wanted.revision)
        if (partial / ".gitmodules").is_file():
            words = ("submodule", "update", "--init", "--recursive", "--depth", "1", "--progress")
            self._git(partial, *words, hear=hear)
        if not (partial / wanted.entry).is_file():
            raise EngineFailure(
                f"{without_credentials(url)} at {wanted.revision[:SHORT]} has no {wanted.entry}.",
                hint="The description names another repository, commit or file; correct it.",
                details={"entry": wanted.entry, "revision": wanted.revision},
            )
        if place.is_symlink():
            place.unlink()
        elif place.exists():
            shutil.rmtree(place)
        partial.replace(place)

    def _require_replaceable(self, place: Path) -> None:
        """Refuse to replace a folder that nobody knows to be an untouched clone of ours."""
        if place.is_symlink() or not place.exists():
            return
        if not (place / ".git").is_dir() and any(place.iterdir()):
            reason = "is there, and is no clone of ours"
        elif self.look(place).changed:
            reason = "has files that you changed"
        else:
            return
        raise InvalidOption(
            f"{place} {reason}.",
            hint="Move it away, or use it as it is: give it with --repository.",
            details={"option": "repository"},
        )

    def _fetch(self, partial: Path, url: str, revision: str, hear: Hear) -> None:
        """Bring the commit alone where the server gives single commits, and else all of them."""
        hidden = ("fetch", "--no-tags", "--progress")
        try:
            self._git(partial, *hidden, "--depth", "1", "--", url, revision, hear=hear)
        except EngineFailure:
            refs = "+refs/heads/*:refs/remotes/origin/*"
            self._git(partial, *hidden, "--", url, refs, hear=hear)
        if not self._has(partial, revision):
            raise EngineFailure(
                f"{without_credentials(url)} has no commit {revision[:SHORT]}.",
                hint="Correct `revision` in the description, or give another --repository.",
                details={"revision": revision},
            )

    def _has(self, folder: Path, revision: str) -> bool:
        try:
            self._git(folder, "cat-file", "-e", f"{revision}^{{commit}}")
        except EngineFailure:
            return False
        return True

    def _status(self, folder: Path) -> tuple[str, ...]:
        """Of a checkout, without a change to it, not even to its index; nothing of another."""
        if not (folder / ".git").exists():
            return ()
        trusted = ("-c", f"safe.directory={folder.resolve()}", "-c", "core.fsmonitor=false")
        command = (self.git, "-C", folder, "--no-optional-locks", *trusted, *_STATUS)
        try:
            said = self.programs.ask(command, passing=GIT, also=_QUIET)
        except MissingDependency:
            return ()
        return said.answer if said.status == 0 else ()

    def _git(self, folder: Path, *words: str, hear: Hear = ignore) -> tuple[str, ...]:
        doing = next((word for word in words if word in _DOING), "look at the checkout")
        try:
            return self.programs.run(
                [self.git, "-C", folder, *words],
                doing=_DOING.get(doing, doing),
                passing=GIT,
                also=_QUIET,
                hear=hear,
            )
        except MissingDependency as error:
            raise MissingDependency(
                "git is not on this machine.",
                hint="apt-get install git; or clone the repository elsewhere and give its folder "
                "with --repository.",
            ) from error


#: What git is doing, in an error.
_DOING: Final = {
    "fetch": "bring the repository",
    "checkout": "check the commit out",
    "submodule": "bring the submodules",
}
