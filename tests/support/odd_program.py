"""A program that stands for an upstream engine, and behaves as badly as it is told to.

    python odd_program.py --image FILE --audio FILE --out PATH ACTION...

Actions are done in order; standard library only. `FILE` and `PATH` are what an engine gets; the
video that it "makes" is a copy of one that the test made.
"""

import argparse
import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--image", default="")
    parser.add_argument("--audio", default="")
    parser.add_argument("--out", default="output")
    parser.add_argument("actions", nargs="*")
    given = parser.parse_args()
    for action in given.actions:
        name, _, value = action.partition(":")
        globals()[f"do_{name}"](value, given)


def do_say(text: str, _: argparse.Namespace) -> None:
    sys.stdout.write(f"{text}\n")


def do_err(text: str, _: argparse.Namespace) -> None:
    sys.stderr.write(f"{text}\n")


def do_bar(value: str, _: argparse.Namespace) -> None:
    """A bar of so many steps, as tqdm draws it; `3/Name:` has a label."""
    total, _, label = value.partition("/")
    for done in range(int(total) + 1):
        part = 100 * done // int(total)
        sys.stderr.write(f"\r{label}{part:3d}%|##  | {done}/{total} [00:01<00:02, 1.00s/it]")
        sys.stderr.flush()
    sys.stderr.write("\n")


def do_give(path: str, given: argparse.Namespace) -> None:
    """Write this video, as the engine's own."""
    shutil.copy(path, f"{given.out}.mp4")


def do_empty(name: str, given: argparse.Namespace) -> None:
    Path(f"{given.out}{name}.mp4").touch()


def do_text(_: str, given: argparse.Namespace) -> None:
    Path(f"{given.out}.mp4").write_text("no video")


def do_note(path: str, given: argparse.Namespace) -> None:
    """Write down what this run was given."""
    about = {
        "argv": sys.argv,
        "cwd": str(Path.cwd()),
        "environment": dict(os.environ),
        "descriptors": sorted(int(path.name) for path in Path("/proc/self/fd").iterdir()),
        "files": sorted(path.name for path in Path().iterdir()),
    }
    with Path(path).open("a") as file:
        file.write(json.dumps(about) + "\n")


def do_once(path: str, _: argparse.Namespace) -> None:
    """End well, without a video, the first time."""
    if not Path(path).exists():
        Path(path).touch()
        sys.exit(0)


def do_exit(status: str, _: argparse.Namespace) -> None:
    sys.exit(int(status))


def do_die(number: str, _: argparse.Namespace) -> None:
    os.kill(os.getpid(), int(number))
    time.sleep(60)


def do_fail(text: str, _: argparse.Namespace) -> None:
    raise RuntimeError(text)


def do_hang(_: str, __: argparse.Namespace) -> None:
    time.sleep(600)


def do_wait(seconds: str, _: argparse.Namespace) -> None:
    time.sleep(float(seconds))


def do_loop(text: str, _: argparse.Namespace) -> None:
    """Say the same for ever."""
    while True:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
        time.sleep(0.01)


def do_flood(lines: str, _: argparse.Namespace) -> None:
    for number in range(int(lines)):
        sys.stdout.write(f"line {number}\n")


def do_deaf(_: str, __: argparse.Namespace) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def do_close(_: str, __: argparse.Namespace) -> None:
    """Close both outputs and go on."""
    os.close(1)
    os.close(2)


def do_pid(path: str, _: argparse.Namespace) -> None:
    with Path(path).open("a") as file:
        file.write(f"{os.getpid()}\n")


def do_escape(path: str, _: argparse.Namespace) -> None:
    """Leave a grandchild in a session of its own that no SIGTERM ends."""
    ready, readied = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            do_pid(path, argparse.Namespace())
            os.write(readied, b"!")
            time.sleep(600)
        os._exit(0)
    os.read(ready, 1)


if __name__ == "__main__":
    main()
