"""What a run of an upstream engine said: the end of it, fit to be shown to a user."""

import re
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from talkies.engines.commands.values import SETTLED, Values

#: Lines that are kept.
MOST_LINES: Final = 200

#: A bar of tqdm, which draws itself anew again and again.
_BAR: Final = re.compile(r"\d+%\||\d+(/\d+|it) \[")
#: Folders that are called by their names, those that lie in others first.
_FOLDERS: Final = ("scratch", *SETTLED)
#: Our own package, which hosts stand in.
_PACKAGE: Final = Path(__file__).parents[2]


class Log:
    """The last lines of a run, in which bars take one line and our folders are `{named}`."""

    def __init__(self, values: Values) -> None:
        self._named = _named(values)
        self._lines: deque[str] = deque(maxlen=MOST_LINES)

    @property
    def lines(self) -> tuple[str, ...]:
        return tuple(self._lines)

    def add(self, line: str) -> str:
        """Keep a line; says how it reads."""
        for folder, name in self._named.items():
            line = line.replace(folder, name)
        if self._lines and _BAR.search(line) and _BAR.search(self._lines[-1]):
            self._lines.pop()
        self._lines.append(line)
        return line


def _named(values: Values) -> Mapping[str, str]:
    """Folders of a run and what they are called, the longest first."""
    folders = {str(values[name]): f"{{{name}}}" for name in _FOLDERS if values.get(name)}
    folders[str(_PACKAGE)] = "{talkies}"
    folders[str(Path.home())] = "~"
    return dict(sorted(folders.items(), key=lambda pair: -len(pair[0])))
