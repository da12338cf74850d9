"""Memory that was freed goes back to the system, so that one stage does not pay for the last."""

import ctypes


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
