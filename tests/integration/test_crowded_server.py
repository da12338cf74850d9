"""`talkies serve` where more connect than there are files for."""

import contextlib
import resource
import socket
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from service_process import running

#: Files that the server may open, and connections that come.
FILES, CROWD = 512, 700


@contextlib.contextmanager
def few_files() -> Iterator[None]:
    """For processes that are started meanwhile."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_crowd_leaves_files_for_the_work_and_who_is_in_is_served(tmp_path: Path) -> None:
    with contextlib.ExitStack() as stack:
        with few_files():
            settings = {"DATA_DIR": str(tmp_path / "data")}
            server = stack.enter_context(running("serve", "--port", "0", settings=settings))
        where = urlsplit(server.url)
        address = (where.hostname or "", where.port or 0)
        crowd = [
            stack.enter_context(socket.create_connection(address, timeout=120))
            for _ in range(CROWD)
        ]
        time.sleep(1.0)
        assert len(list(Path(f"/proc/{server.process.pid}/fd").iterdir())) < FILES - 64
        crowd[0].sendall(b"GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n")
        assert crowd[0].recv(100).startswith(b"HTTP/1.1 200")
        for one in crowd:
            one.close()
        time.sleep(0.5)
        with urllib.request.urlopen(f"{server.url}/readyz") as answer:  # noqa: S310 - ours
            assert answer.status == 200
        assert server.stop() == 0
