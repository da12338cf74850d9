import ctypes
import subprocess
import sys

from talkies.kit.memory import release


def test_it_can_be_asked_on_any_system() -> None:
    assert release() is hasattr(ctypes.CDLL(None), "malloc_trim")


def test_freed_memory_can_be_kept_where_the_library_knows_how() -> None:
    # In a process of its own: it holds for the whole of one.
    script = "from talkies.kit.memory import keep; print(keep())"
    told = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    assert told.stdout.strip() == str(hasattr(ctypes.CDLL(None), "mallopt"))
