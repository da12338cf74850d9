"""A real SeaweedFS on private ports: S3 that checks signatures, as its own process."""

import contextlib
import ctypes
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from ports import free_ports

#: Seconds until it takes objects: 3 to 4 on a quiet machine.
READY_SECONDS = 240
PARTS = ("master", "volume", "filer", "s3")
#: Servers that nobody here asks, on ports that two instances would share.
CATALOGS = ("iceberg", "lance")
#: Where it puts sockets for those on the same machine; it cannot be told another place.
SOCKETS = Path("/tmp")


@dataclass(frozen=True)
class Bucket:
    """Where S3 is, and who may use it."""

    endpoint_url: str
    name: str = "talkies-test"
    access_key_id: str = "AKTALKIESTEST"
    secret_access_key: str = field(default_factory=secrets.token_urlsafe)
    #: May list and read, and may not write; the secret is the same.
    reader_key_id: str = "AKTALKIESREADER"
    #: May do nothing here.
    stranger_key_id: str = "AKTALKIESSTRANGER"


@contextlib.contextmanager
def seaweedfs() -> Iterator[Bucket]:
    """A server with one empty bucket; all of it is gone when the block ends."""
    folder = Path(tempfile.mkdtemp(prefix="seaweed-"))
    ports = free_ports(2 * len(PARTS) + len(CATALOGS))
    bucket = Bucket(endpoint_url=f"http://127.0.0.1:{ports[2 * PARTS.index('s3')]}")
    process = _start(folder, ports, bucket)
    try:
        _await(process, bucket, folder / "log")
        yield bucket
    finally:
        _stop(process)
        shutil.rmtree(folder, ignore_errors=True)
        for port in ports:
            for path in SOCKETS.glob(f"seaweedfs-*-{port}.sock"):
                path.unlink(missing_ok=True)


def _start(folder: Path, ports: Sequence[int], bucket: Bucket) -> subprocess.Popen[bytes]:
    identities = folder / "s3.json"
    identities.write_text(json.dumps(_identities(bucket)))
    listening = [
        f"-{part}.port{kind}={ports[2 * index + offset]}"
        for index, part in enumerate(PARTS)
        for offset, kind in enumerate(("", ".grpc"))
    ]
    listening += [
        f"-s3.port.{catalog}={port}"
        for catalog, port in zip(CATALOGS, ports[2 * len(PARTS) :], strict=True)
    ]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            [
                str(Path(sys.executable).with_name("weed")),
                f"-logdir={folder}",
                "server",
                f"-dir={folder}",
                "-ip=127.0.0.1",
                "-ip.bind=127.0.0.1",
                "-master.telemetry=false",
                "-master.volumeSizeLimitMB=64",
                "-volume.max=50",
                "-s3",
                "-s3.autoCreateBucket=false",
                f"-s3.config={identities}",
                *listening,
            ],
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={**os.environ, "TMPDIR": str(folder)},
            start_new_session=True,
            preexec_fn=_die_with_us,  # noqa: PLW1509  one system call, no lock
        )


def _identities(bucket: Bucket) -> dict[str, object]:
    everybody = {
        bucket.access_key_id: ["Admin", "Read", "Write", "List", "Tagging"],
        bucket.reader_key_id: [f"Read:{bucket.name}", f"List:{bucket.name}"],
        bucket.stranger_key_id: ["Read:elsewhere"],
    }
    return {
        "identities": [
            {
                "name": key.lower(),
                "credentials": [{"accessKey": key, "secretKey": bucket.secret_access_key}],
                "actions": actions,
            }
            for key, actions in everybody.items()
        ]
    }


def _await(process: subprocess.Popen[bytes], bucket: Bucket, log: Path) -> None:
    client = boto3.client(
        "s3",
        endpoint_url=bucket.endpoint_url,
        aws_access_key_id=bucket.access_key_id,
        aws_secret_access_key=bucket.secret_access_key,
        region_name="us-east-1",
        config=Config(retries={"max_attempts": 1}, connect_timeout=2, read_timeout=5),
    )
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(ClientError, BotoCoreError):
            with contextlib.suppress(client.exceptions.BucketAlreadyOwnedByYou):
                client.create_bucket(Bucket=bucket.name)
            # It takes objects some time after it takes buckets.
            client.put_object(Bucket=bucket.name, Key="ready", Body=b"ready")
            client.delete_object(Bucket=bucket.name, Key="ready")
            client.close()
            return
        time.sleep(0.2)
    raise RuntimeError(f"SeaweedFS did not start:\n{log.read_text()[-2000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """It has been seen alive minutes after SIGTERM; nothing in it is to be kept."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _die_with_us() -> None:
    """Ask the kernel to kill it when the tests are killed (PR_SET_PDEATHSIG)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
