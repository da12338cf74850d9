import sys
from pathlib import Path

import pytest

from talkies.errors import Canceled, DiskFull, EngineFailure, MissingDependency
from talkies.studio.upstreams.programs import GIT, Programs

SECRETS = {"SECRET_KEY": "s", "HF_TOKEN": "t", "AWS_SECRET_ACCESS_KEY": "a", "API_KEYS": "k"}


def programs(folder: Path, **environ: str) -> Programs:
    passed = {"PATH": "/usr/bin:/bin", **SECRETS, **environ}
    return Programs(log=folder / "logs" / "log", environ=passed)


def python(script: str) -> list[str]:
    return [sys.executable, "-c", script]


def test_what_a_program_says_is_its_answer_and_stands_in_the_log(tmp_path: Path) -> None:
    ours = programs(tmp_path)
    heard: list[str] = []
    answer = ours.run(
        python("import sys; print('one'); print('two', file=sys.stderr)"),
        doing="speak",
        hear=heard.append,
    )
    assert answer == ("one",)
    assert sorted(heard) == ["one", "two"]
    assert {"one", "two"} <= set(ours.log.read_text().splitlines())


def test_a_program_sees_no_secret_of_ours(tmp_path: Path) -> None:
    script = "import os; [print(f'{n}={v}') for n, v in os.environ.items()]"
    ours = programs(tmp_path, GIT_SSL_CAINFO="ca.pem", https_proxy="http://proxy")
    seen = dict(line.split("=", 1) for line in ours.run(python(script), doing="look"))
    assert seen["https_proxy"] == "http://proxy"
    assert not set(SECRETS) & set(seen)
    assert "GIT_SSL_CAINFO" not in seen
    answer = ours.run(python(script), doing="look", passing=GIT, also={"MORE": "1"})
    assert {"GIT_SSL_CAINFO=ca.pem", "MORE=1"} <= set(answer)


def test_a_failure_quotes_the_end_and_names_the_log(tmp_path: Path) -> None:
    ours = programs(tmp_path)
    script = (
        "import sys\n"
        "for n in range(40): print('line', n, file=sys.stderr)\n"
        "sys.exit('it is broken')"
    )
    with pytest.raises(EngineFailure, match=r"could not work \(exit status 1\): it is broken") as e:
        ours.run(python(script), doing="work")
    assert str(ours.log) in e.value.hint
    quoted = str(e.value.details["output"]).splitlines()
    assert quoted[-1] == "it is broken"
    assert len(quoted) == 12


def test_a_full_disk_is_told_from_other_failures(tmp_path: Path) -> None:
    script = "raise SystemExit('ERROR: [Errno 28] No space left on device')"
    with pytest.raises(DiskFull, match="could not install"):
        programs(tmp_path).run(python(script), doing="install")


def test_passwords_in_addresses_stand_nowhere(tmp_path: Path) -> None:
    ours = programs(tmp_path)
    script = "import sys; sys.exit('cannot read ' + sys.argv[1])"
    with pytest.raises(EngineFailure) as failure:
        ours.run([*python(script), "https://me:hush@example.com/x.git"], doing="read")
    assert "hush" not in failure.value.message + str(failure.value.details) + ours.log.read_text()
    assert "https://example.com/x.git" in failure.value.message


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MissingDependency, match="frobnicate is not on this machine"):
        programs(tmp_path).run(["frobnicate"], doing="work")


def test_a_program_is_ended_after_its_time(tmp_path: Path) -> None:
    ended = programs(tmp_path).outcome(python("import time; time.sleep(600)"), seconds=0.3)
    assert ended.status != 0
    assert ended.last_line == "it was ended after 0.3 s"


def test_what_the_hearer_raises_ends_the_program_and_its_own(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    script = (
        "import os, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"open({str(pids)!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}')\n"
        "print('ready', flush=True)\n"
        "time.sleep(600)"
    )

    def stop(_line: str) -> None:
        raise Canceled

    with pytest.raises(Canceled):
        programs(tmp_path).run(python(script), doing="work", hear=stop)
    assert [pid for pid in pids.read_text().split() if Path("/proc", pid).exists()] == []
