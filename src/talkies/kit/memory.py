"""Memory that was freed: given back to the system at once, or kept for what comes next."""

import ctypes
from typing import Final

#: glibc's names for the least size of a block that is fetched from the system by itself, and for
#: how much may lie free before it is given back (mallopt(3)); both never, in bytes.
_MMAP_THRESHOLD: Final = -3
_TRIM_THRESHOLD: Final = -1
_NEVER: Final = 1 << 30


def release() -> bool:
    """Give freed memory back to the system now; says whether this C library can.

    glibc keeps what small and middling blocks left behind. After listening to ten minutes of
    speech that is some 40 MB, which the render after it would carry along.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is None:
        return False
    trim(0)
    return True


def keep() -> bool:
    """Keep what is freed from now on; says whether this C library can.

    For a child that needs the same megabytes again and again: fetching them from the system page
    by page takes a quarter of the time in which a drawing is decoded.
    """
    tune = getattr(ctypes.CDLL(None), "mallopt", None)
    if tune is None:
        return False
    return bool(tune(_MMAP_THRESHOLD, _NEVER)) and bool(tune(_TRIM_THRESHOLD, _NEVER))
