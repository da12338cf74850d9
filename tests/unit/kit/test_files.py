import errno
import os
import resource
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from talkies.errors import DiskFull, OutputUnwritable
from talkies.kit.files import is_partial, private_folder, remove_abandoned, replacing


def test_the_output_appears_whole_and_alone(tmp_path: Path) -> None:
    target = tmp_path / "talk.mp4"
    with replacing(target) as partial:
        partial.write_bytes(b"whole")
        assert not target.exists()
        assert partial.suffix == ".mp4"
    assert target.read_bytes() == b"whole"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("failure", [KeyboardInterrupt, ValueError, SystemExit])
def test_a_failure_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, failure: type[BaseException]
) -> None:
    target = tmp_path / "talk.mp4"
    target.write_bytes(b"old")
    with pytest.raises(failure):
        _write_and_raise(target, failure())
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_no_room_is_a_full_disk(tmp_path: Path, number: int) -> None:
    with pytest.raises(DiskFull) as caught:
        _write_and_raise(tmp_path / "talk.mp4", OSError(number, "no room"))
    assert caught.value.retryable
    assert list(tmp_path.iterdir()) == []


def test_another_system_error_stays_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        _write_and_raise(tmp_path / "talk.mp4", FileNotFoundError(errno.ENOENT, "an input"))


def test_a_missing_folder_is_unwritable(tmp_path: Path) -> None:
    with pytest.raises(OutputUnwritable, match="No such file"), replacing(tmp_path / "no" / "x"):
        pytest.fail("the block must not run")


def test_a_folder_is_not_an_output(tmp_path: Path) -> None:
    with pytest.raises(OutputUnwritable, match="is a folder"), replacing(tmp_path):
        pytest.fail("the block must not run")


def test_a_file_limit_met_for_real_is_a_full_disk(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from talkies.kit.files import replacing\n"
        "from talkies.errors import DiskFull\n"
        "try:\n"
        "    with replacing(Path(sys.argv[1])) as partial: partial.write_bytes(bytes(1 << 20))\n"
        "except DiskFull: print('full')"
    )

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    done = subprocess.run(
        [sys.executable, "-B", "-c", code, str(tmp_path / "out.bin")],
        preexec_fn=limit,
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "full\n", done.stderr
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    code = (
        "import signal, sys, time; from pathlib import Path\n"
        "from talkies.kit.files import replacing\n"
        # A shell that starts tests in the background leaves Ctrl-C ignored.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "with replacing(Path(sys.argv[1])) as partial:\n"
        "    partial.write_bytes(b'half'); print('up', flush=True); time.sleep(30)"
    )
    with subprocess.Popen(
        [sys.executable, "-B", "-c", code, str(tmp_path / "out.bin")],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert len(list(tmp_path.iterdir())) == 1
        process.send_signal(signal.SIGINT)
    assert list(tmp_path.iterdir()) == []


def test_a_private_folder_is_only_ours_and_goes() -> None:
    with private_folder() as folder:
        (folder / "some" / "where").mkdir(parents=True)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not folder.exists()


def _write_and_raise(target: Path, error: BaseException) -> None:
    with replacing(target) as partial:
        partial.write_bytes(b"half")
        raise error


def test_a_pipe_or_a_device_is_never_replaced(tmp_path: Path) -> None:
    pipe, device = tmp_path / "pipe", tmp_path / "null"
    os.mkfifo(pipe)
    device.symlink_to("/dev/null")
    for path in (pipe, device):
        with pytest.raises(OutputUnwritable, match="not a regular file"), replacing(path):
            pytest.fail("the block must not run")
    assert pipe.is_fifo()
    assert device.is_symlink()


@pytest.mark.parametrize("name", ["x" * 300 + ".mp4", "a\0b", "loop/x.mp4"])
def test_a_path_that_cannot_be_is_unwritable_before_the_work(tmp_path: Path, name: str) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(OutputUnwritable), replacing(tmp_path / name):
        pytest.fail("the block must not run")


@pytest.mark.parametrize("name", ["😀" * 60 + ".mp4", "Mr. " + "x" * 248])
def test_any_name_that_the_system_takes_is_written(tmp_path: Path, name: str) -> None:
    with replacing(tmp_path / name) as partial:
        partial.write_bytes(b"whole")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_link_to_nowhere_becomes_the_output(tmp_path: Path) -> None:
    (tmp_path / "out").symlink_to("nowhere")
    with replacing(tmp_path / "out") as partial:
        partial.write_bytes(b"whole")
    assert (tmp_path / "out").read_bytes() == b"whole"


def test_a_partial_file_that_vanishes_is_an_unwritable_output(tmp_path: Path) -> None:
    with pytest.raises(OutputUnwritable), replacing(tmp_path / "talk.mp4") as partial:
        partial.unlink()


def test_no_place_for_private_files_is_named(tmp_path: Path) -> None:
    code = (
        "import tempfile; from talkies.errors import OutputUnwritable\n"
        "from talkies.kit.files import private_folder\n"
        f"tempfile.tempdir = {str(tmp_path / 'gone')!r}\n"
        "try:\n"
        "    with private_folder(): pass\n"
        "except OutputUnwritable: print('unwritable')"
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.stdout == "unwritable\n", done.stderr


class TestAbandonedFolders:
    code = (
        "import sys, tempfile; from talkies.kit.files import private_folder\n"
        "tempfile.tempdir = sys.argv[1]\n"
        "with private_folder() as folder:\n"
        "    (folder / 'face.png').write_bytes(b'x'); print(folder.name, flush=True)\n"
        "    sys.stdin.read()"
    )

    def test_what_a_killed_process_left_goes_and_what_a_living_one_has_stays(
        self, tmp_path: Path
    ) -> None:
        with self._process(tmp_path) as living, self._process(tmp_path) as killed:
            names = [self._name(process) for process in (living, killed)]
            assert remove_abandoned(tmp_path, older_than=-1) == 0
            killed.kill()
            killed.wait()
            assert remove_abandoned(tmp_path, older_than=3600) == 0
            assert remove_abandoned(tmp_path, older_than=-1) == 1
            assert [path.name for path in tmp_path.iterdir()] == names[:1]
            living.communicate()
        assert list(tmp_path.iterdir()) == []

    def test_only_private_folders_of_ours_go(self, tmp_path: Path) -> None:
        outside = tmp_path / "outside"
        outside.mkdir()
        (tmp_path / "talkies-private-link").symlink_to(outside)
        (tmp_path / "talkies-private-open").mkdir(mode=0o755)
        (tmp_path / "talkies-private-file").write_bytes(b"")
        (tmp_path / "other").mkdir(mode=0o700)
        assert remove_abandoned(tmp_path, older_than=-1) == 0
        assert len(list(tmp_path.iterdir())) == 5

    def _process(self, folder: Path) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-B", "-c", self.code, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def _name(self, process: subprocess.Popen[str]) -> str:
        assert process.stdout is not None
        return process.stdout.readline().strip()


@pytest.mark.parametrize(
    ("name", "partial"),
    [
        (".talk-0123abcd.partial.mp4", True),
        (".talk-0123abcd.partial", True),
        ("talk-0123abcd.partial.mp4", False),
        (".talk.partial.mp4", False),
        (".talk-0123abcd.mp4", False),
    ],
)
def test_partial_files_are_known_by_their_names(name: str, *, partial: bool) -> None:
    assert is_partial(name) == partial


def test_a_partial_file_has_such_a_name(tmp_path: Path) -> None:
    with replacing(tmp_path / "talk.mp4") as path:
        assert is_partial(path.name)
