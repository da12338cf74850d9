"""Whether weights can be mapped into memory where they lie, as every engine's loader does.

Standard library only. `safetensors` maps its files; on RunPod's network volumes, and on FUSE file
systems with direct I/O in general, that fails with "No such device" after minutes of loading.
"""

import errno
import mmap
from pathlib import Path
from typing import Final

from talkies.errors import WeightsMissing, WeightsUnmappable

#: What a file system answers that maps no files.
_REFUSALS: Final = frozenset({errno.ENODEV, errno.ENOSYS, errno.EOPNOTSUPP})


def require_mappable(path: Path) -> None:
    """Map a file for real, shared and to be read only, as `safetensors` does, and touch its ends.

    Raises:
        WeightsUnmappable: the file system maps no files.
        WeightsMissing: the file is not there, empty, or cannot be read.
    """
    try:
        with (
            path.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped,
        ):
            mapped[0], mapped[-1]
    except ValueError as error:
        raise _unreadable(path, "it is empty") from error
    except OSError as error:
        if error.errno in _REFUSALS:
            raise WeightsUnmappable(
                f"{path.name} lies on a file system that cannot map files into memory.",
                details={"path": str(path), "errno": error.errno},
            ) from error
        raise _unreadable(path, error.strerror or "it cannot be read") from error


def _unreadable(path: Path, reason: str) -> WeightsMissing:
    return WeightsMissing(f"{path.name} cannot be used: {reason}.", details={"path": str(path)})
