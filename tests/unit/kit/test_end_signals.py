"""A process is told to end: at any moment, through any of its threads, more than once."""

import signal
import subprocess
import sys

import pytest

#: Waits to be told to end, and says so; `{when}` is run before it waits.
PROGRAM = """
import os, signal, threading, time
from talkies.kit.end_signals import EndSignals
hurries = []
ends = EndSignals(again=lambda: hurries.append(1))
{when}
ends.wait()
print("ended", len(hurries))
"""

#: The main thread already waits for the signal, and another thread gets it.
ANOTHER_THREAD = """
def other():
    time.sleep(0.3)
    signal.pthread_kill(threading.get_ident(), signal.{name})
    time.sleep(120)
threading.Thread(target=other, daemon=True).start()
"""

BEFORE = "os.kill(os.getpid(), signal.{name})"
TWICE = f"{BEFORE}; time.sleep(0.1); {BEFORE}"
#: A signal that has a handler of its own ends nothing.
ANOTHER_SIGNAL = f"""
signal.signal(signal.SIGUSR1, lambda *_: None)
os.kill(os.getpid(), signal.SIGUSR1)
{ANOTHER_THREAD}
"""


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
@pytest.mark.parametrize(
    ("when", "hurries"),
    [(ANOTHER_THREAD, 0), (BEFORE, 0), (TWICE, 1), (ANOTHER_SIGNAL, 0)],
    ids=["another-thread", "before", "twice", "another-signal"],
)
def test_the_signal_is_never_slept_through(when: str, hurries: int, name: str) -> None:
    program = PROGRAM.format(when=when.format(name=name))
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=True
    )
    assert ended.stdout == f"ended {hurries}\n"


def test_a_signal_from_outside_ends_the_wait() -> None:
    program = PROGRAM.format(when="print('waits', flush=True)")
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as waiting:
        assert waiting.stdout is not None
        assert waiting.stdout.readline() == b"waits\n"
        waiting.send_signal(signal.SIGTERM)
        assert waiting.stdout.read() == b"ended 0\n"
        assert waiting.wait(120) == 0
