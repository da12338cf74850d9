"""`python -m talkies` is the command `talkies`."""

import sys

from talkies.cli.main import run

if __name__ == "__main__":
    sys.exit(run())
