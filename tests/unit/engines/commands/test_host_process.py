"""A host against programs that say too much, or what nobody can read."""

import sys
import textwrap
import time
from pathlib import Path

import pytest

from talkies.engines.commands.host_process import VERSION, HostProcess, HostUnfit
from talkies.errors import Canceled
from talkies.kit.supervised import Program, environment_for

#: Lines after which a test gives up: it hears a tenth of them in its time.
TOO_MANY = 500_000


class Ear:
    """Works on every line for a while, and has enough after a second."""

    def __init__(self) -> None:
        self.looks = self.lines = 0
        self.until = time.monotonic() + 1.0

    def line(self, text: str) -> None:
        self.lines += 1
        assert self.lines < TOO_MANY, text
        sum(range(2_000))

    def event(self, text: str) -> None:
        pass

    def look(self) -> None:
        self.looks += 1

    def done(self, fraction: float) -> None:
        if time.monotonic() > self.until:
            raise Canceled


def host_of(code: str, folder: Path) -> HostProcess:
    greeting = f"""
        import json, sys
        print(json.dumps({{"event": "ready", "version": {VERSION}}}), flush=True)
        """
    source = textwrap.dedent(greeting) + textwrap.dedent(code)
    environment = environment_for(folder, {})
    program = Program(argv=(sys.executable, "-c", source), cwd=folder, environment=environment)
    return HostProcess(program)


def test_a_host_that_prints_without_end_is_looked_at_and_stopped(tmp_path: Path) -> None:
    code = """
        number = 0
        while number := number + 1:
            sys.stderr.write(f"{number} of many\\n")
        """
    host, ear = host_of(code, tmp_path), Ear()
    host.greet(ear)
    with pytest.raises(Canceled):
        host.ask({"do": "load"}, ear, cancel_seconds=0.1)
    assert ear.looks > 1
    assert not host.alive


def test_what_is_nested_too_deep_to_be_read_is_no_answer(tmp_path: Path) -> None:
    code = """
        sys.stdin.readline()
        print("[" * 200_000, flush=True)
        sys.stdin.read()
        """
    host, ear = host_of(code, tmp_path), Ear()
    ear.until += 60
    host.greet(ear)
    with pytest.raises(HostUnfit, match=r"\[\[\["):
        host.ask({"do": "load"}, ear, cancel_seconds=0.1)
