"""Where results go: the checks of output paths that come before any work."""

import os
from collections.abc import Sequence
from pathlib import Path

from talkies.errors import FileMissing, InvalidOption, OutputExists, OutputUnwritable, SameFile
from talkies.kit.files import unwritable


def require_inputs(paths: Sequence[Path]) -> None:
    """Raise `FileMissing` for the first path that is no file this user may read."""
    for path in paths:
        try:
            _require_readable(path)
        except OSError as error:  # a name that is too long
            raise FileMissing(
                f"{path} cannot be read: {error.strerror}.", details={"path": str(path)}
            ) from error


def _require_readable(path: Path) -> None:
    details = {"path": str(path)}
    if path.is_dir():
        raise FileMissing(f"{path} is a folder.", hint="Give the path of a file.", details=details)
    if not path.exists():
        raise FileMissing(f"{path} does not exist.", details=details)
    if not os.access(path, os.R_OK):
        raise FileMissing(
            f"{path} may not be read.", hint="Check its permissions.", details=details
        )


def require_outputs(outputs: Sequence[Path], inputs: Sequence[Path], *, overwrite: bool) -> None:
    """Raise for the first output that would harm something or cannot be written.

    Raises:
        InvalidOption: two outputs have one path.
        SameFile: it is one of the inputs, by whatever name or link.
        OutputUnwritable: its folder is missing or closed, or it is a folder itself.
        OutputExists: it is there, and `overwrite` is false.
    """
    for number, output in enumerate(outputs):
        if output.absolute() in {other.absolute() for other in outputs[:number]}:
            raise InvalidOption(
                f"Two results would be written to {output}.", hint="Give each its own name."
            )
        try:
            _require_distinct(output, inputs)
            _require_writable(output)
            if output.exists() and not overwrite:
                raise OutputExists(f"{output} exists already.", details={"path": str(output)})
        except OSError as error:  # a name that is too long
            raise unwritable(output, error) from error


def _require_distinct(output: Path, inputs: Sequence[Path]) -> None:
    for path in inputs:
        if output.exists() and path.exists() and output.samefile(path):
            raise SameFile(
                f"The output {output} is the same file as the input {path}.",
                details={"output": str(output), "input": str(path)},
            )


def _require_writable(output: Path) -> None:
    folder = output.parent
    details = {"path": str(output)}
    if output.is_dir():
        raise OutputUnwritable(
            f"{output} is a folder.", hint="Give the path of a file.", details=details
        )
    if not folder.is_dir():
        raise OutputUnwritable(
            f"The folder {folder} does not exist.",
            hint=f"Make it: mkdir -p '{folder}'.",
            details=details,
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputUnwritable(f"The folder {folder} may not be written.", details=details)
