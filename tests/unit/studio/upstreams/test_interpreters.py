import sys
from pathlib import Path

import pytest
from tiny_upstream import VERSION

from talkies.errors import InvalidOption
from talkies.studio.upstreams.interpreters import Interpreters, no_python
from talkies.studio.upstreams.programs import Programs

FULL = ".".join(map(str, sys.version_info[:3]))


def program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def speaking(version: str) -> str:
    return f"echo {version}; echo $0"


def on(path: object, home: object = "/nowhere") -> Interpreters:
    environ = {"PATH": str(path), "HOME": str(home)}
    return Interpreters(programs=Programs(log=Path("/nowhere/log"), environ=environ))


def test_a_shim_that_only_fails_is_passed_over(tmp_path: Path) -> None:
    program(tmp_path / "shims/python3.10", "echo 'pyenv: python3.10: command not found'; exit 127")
    real = program(tmp_path / "bin/python3.10", speaking("3.10.13"))
    found = on(f"{tmp_path}/shims:{tmp_path}/bin").find("3.10")
    assert found is not None
    assert (found.path, found.version) == (real, "3.10.13")


def test_a_plain_name_will_do_where_its_version_fits(tmp_path: Path) -> None:
    program(tmp_path / "python3", speaking("3.10.2"))
    found = on(tmp_path).find("3.10")
    assert found is not None
    assert found.version == "3.10.2"
    assert on(tmp_path).find("3.1") is None


def test_pyenv_is_asked_for_what_its_shims_hide(tmp_path: Path) -> None:
    program(tmp_path / ".pyenv/versions/3.8.18/bin/python", speaking("3.8.18"))
    found = on("/bin", tmp_path).find("3.8")
    assert found is not None
    assert found.version == "3.8.18"


def test_a_given_python_has_to_be_one_of_the_version(tmp_path: Path) -> None:
    found = on("/bin").find(VERSION, Path(sys.executable))
    assert found is not None
    assert found.version == FULL
    with pytest.raises(InvalidOption, match=f"is Python {FULL}, and Python 2.7 is needed"):
        on("/bin").find("2.7", Path(sys.executable))
    with pytest.raises(InvalidOption, match="is no Python"):
        on("/bin").find(VERSION, program(tmp_path / "liar", "echo hello"))
    with pytest.raises(InvalidOption, match="is no Python"):
        on("/bin").find(VERSION, tmp_path / "missing")


def test_the_way_to_one_is_told() -> None:
    error = no_python("3.10")
    assert "uv" in error.hint
    assert "python3.10-venv" in error.hint
    assert on("/nowhere").find("3.10") is None
