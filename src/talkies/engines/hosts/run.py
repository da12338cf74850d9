# ruff: noqa: INP001 - a program, no package: there is nothing of talkies around it
"""Starts a host: `python run.py --adapter NAME --repository FOLDER [--idle SECONDS]`.

It lets the modules beside it be imported by their full names, though talkies is not installed where
it runs: only the Python of an upstream engine is.
"""

import sys
import types
from pathlib import Path

#: This folder's name as a package, here as in talkies itself.
PACKAGE = "talkies.engines.hosts"


def main() -> None:
    """Name the packages and become the host."""
    for name in ("talkies", "talkies.engines", PACKAGE):
        package = types.ModuleType(name)
        package.__path__ = [str(Path(__file__).resolve().parent)] if name == PACKAGE else []
        sys.modules[name] = package
    from talkies.engines.hosts.host import main as serve  # noqa: PLC0415 - it has a name only now

    serve(sys.argv[1:])


if __name__ == "__main__":
    main()
