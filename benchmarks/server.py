"""A server of ours (or the floor's) as a process, and small clients that load it."""

import contextlib
import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Seconds a server may take to answer at all.
PATIENCE = 60.0

KEY = f"tk_{secrets.token_urlsafe(32)}"


@dataclass(frozen=True)
class Server:
    port: int
    process: "subprocess.Popen[bytes]"
    #: Seconds from its start to its first good answer.
    ready_seconds: float

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE * 10)
        try:
            connection.request(
                method, path, body=body, headers={"X-API-Key": KEY, **(headers or {})}
            )
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def json(self, method: str, path: str, document: Any = None) -> Any:
        body = None if document is None else json.dumps(document)
        status, answer = self.call(method, path, body, {"Content-Type": "application/json"})
        if status >= http.HTTPStatus.BAD_REQUEST:
            raise RuntimeError(f"{method} {path}: {status} {answer[:500]!r}")
        return json.loads(answer)


@contextlib.contextmanager
def serving(command: Sequence[str], path: str, folder: Path) -> Iterator[Server]:
    """Run a server on a free port (which `{port}` in the command stands for) until the end."""
    port = free_port()
    words = [word.format(port=port) for word in command]
    environment = {**os.environ, "API_KEYS": KEY}
    started = time.monotonic()
    with (folder / f"{Path(words[1]).name}-{port}.log").open("wb") as log:
        process = subprocess.Popen(words, env=environment, stdout=log, stderr=log)
        try:
            wait_until(lambda: _answers(port, path), process)
            yield Server(port, process, time.monotonic() - started)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def talkies(*words: str) -> list[str]:
    return [sys.executable, "-m", "talkies", *words]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(
    true: Callable[[], bool], process: "subprocess.Popen[bytes]", seconds: float = PATIENCE
) -> None:
    end = time.monotonic() + seconds
    while not true():
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        if time.monotonic() > end:
            raise TimeoutError("the server is not ready")
        time.sleep(0.01)


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def multipart(fields: Mapping[str, str], files: Mapping[str, Path]) -> tuple[bytes, dict[str, str]]:
    """A form and its headers."""
    boundary = uuid.uuid4().hex
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    parts += [
        (
            f"--{boundary}\r\nContent-Disposition: form-data; "
            f'name="{name}"; filename="{path.name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        ).encode()
        + path.read_bytes()
        + b"\r\n"
        for name, path in files.items()
    ]
    body = b"".join([*parts, f"--{boundary}--\r\n".encode()])
    return body, {"Content-Type": f"multipart/form-data; boundary={boundary}"}


def together(clients: int, work: Callable[[int], Any]) -> list[Any]:
    """What so many threads give that begin at one moment."""
    gate = threading.Barrier(clients)
    results: list[Any] = [None] * clients

    def run(number: int) -> None:
        gate.wait()
        results[number] = work(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def family_pss(root: int) -> int:
    """Bytes of memory of a process and its children, shared pages counted once in sum."""
    total = 0
    for pid in family(root):
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
    return total


def family(root: int) -> list[int]:
    """A process and all that descend from it."""
    found = [root]
    for pid in found:
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{pid}/task").iterdir():
                found += [int(child) for child in (task / "children").read_text().split()]
    return found
