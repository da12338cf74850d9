"""The service as a stranger runs it: one process on a laptop, and a fleet over Postgres and S3."""

import contextlib
import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest
from real_postgres import RealPostgres
from seaweed import Bucket, seaweedfs
from service_process import Client, clean_environment, running
from standardwebhooks import Webhook

from talkies.media.video import probe

PORTRAIT = Path(__file__).parents[1] / "fixtures/portrait.png"
EVERY_ADDRESS = "0.0.0.0"  # noqa: S104 - to see it refused
KEY = "tk_a-key-that-the-environment-brings-along-1"


class Receiver(BaseHTTPRequestHandler):
    """Remembers what it gets."""

    got: ClassVar[list[tuple[dict[str, str], bytes]]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[tuple[str, list[tuple[dict[str, str], bytes]]]]:
    """Its address, and what it got."""
    kind = type("Fresh", (Receiver,), {"got": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"127.0.0.1:{server.server_address[1]}", kind.got
    server.shutdown()
    server.server_close()
    thread.join()


class TestOneProcess:
    def test_from_the_first_start_to_a_video_a_webhook_and_a_good_end(
        self, tmp_path: Path, receiver: tuple[str, list[Any]]
    ) -> None:
        address, got = receiver
        settings = {"ALLOWED_FETCH_SCHEMES": "https,http", "ALLOWED_ADDRESSES": address}
        data = str(tmp_path / "data")
        with (
            running("serve", "--port", "0", "--data-dir", data, settings=settings) as service,
            Client(service.url, service.said["key"]) as client,
        ):
            secret = self._endpoint(client, address)
            made = client.create(
                {"portrait": PORTRAIT}, text="We move both maps.", metadata='{"order": "7"}'
            )
            job = client.finished(made["id"])
            assert (job["status"], job["progress"], job["metadata"]) == (
                "succeeded",
                1.0,
                {"order": "7"},
            )
            self._check_video(client, job, tmp_path)
            self._check_events(client, job)
            assert service.stop() == 0
        self._check_webhook(got, secret, made["id"])
        assert not list((tmp_path / "data/scratch").iterdir())

    def _endpoint(self, client: Client, address: str) -> str:
        answer = client.http.post("/v1/webhooks", json={"url": f"http://{address}/hook"})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["secret"])

    def _check_video(self, client: Client, job: dict[str, Any], folder: Path) -> None:
        answer = client.http.get(job["urls"]["content"], follow_redirects=True)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "video/mp4")
        video = folder / "got.mp4"
        video.write_bytes(answer.content)
        info = probe(video)
        assert info.has_sound
        assert info.seconds == pytest.approx(job["output"]["video"]["seconds"], abs=0.1)
        part = client.http.get(
            job["urls"]["content"], headers={"Range": "bytes=4-7"}, follow_redirects=True
        )
        assert (part.status_code, part.content) == (206, b"ftyp")
        # A link of the record needs no key.
        assert httpx.get(job["files"]["video"]["url"], timeout=120).content == answer.content
        assert client.http.get(job["urls"]["captions"], follow_redirects=True).text.startswith(
            "WEBVTT"
        )

    def _check_events(self, client: Client, job: dict[str, Any]) -> None:
        answer = client.http.get(job["urls"]["events"], headers={"Last-Event-ID": "0"})
        ids = [int(found) for found in re.findall(r"^id: (\d+)$", answer.text, re.MULTILINE)]
        assert ids == sorted(ids)
        assert '"status":"succeeded"' in answer.text.rsplit("id: ", 1)[1].replace(" ", "")

    def _check_webhook(self, got: list[Any], secret: str, job_id: str) -> None:
        bodies = [Webhook(secret).verify(body, headers) for headers, body in got]
        assert [body["type"] for body in bodies] == ["job.started", "job.succeeded"]
        assert {body["data"]["job"]["id"] for body in bodies} == {job_id}
        assert len({headers["webhook-id"] for headers, _ in got}) == 2

    def test_a_second_signal_leaves_what_runs_to_the_next_start(self, tmp_path: Path) -> None:
        where = ("--port", "0", "--data-dir", str(tmp_path / "data"))
        with running("serve", *where) as service:
            key = service.said["key"]
            with Client(service.url, key) as client:
                text = "This is said again and again. " * 40
                made = client.create({"portrait": PORTRAIT}, text=text)
                preview = client.http.get(made["urls"]["preview"], headers={"Range": "bytes=0-99"})
                assert preview.status_code == 206
            began = time.monotonic()
            service.process.send_signal(signal.SIGINT)
            time.sleep(0.5)
            service.process.send_signal(signal.SIGINT)
            assert service.process.wait(120) == 0
            # DRAIN_SECONDS are 25.
            assert time.monotonic() - began < 20
        assert not list((tmp_path / "data/scratch").iterdir())
        with running("serve", *where) as service, Client(service.url, key) as client:
            job = client.http.get(f"/v1/videos/{made['id']}").json()
            assert (job["status"], job["attempts"]) == ("running", 1)
            assert client.http.delete(f"/v1/videos/{made['id']}").status_code == 200
            assert service.stop() == 0

    def test_signs_a_browser_in_once_and_keeps_its_key_over_a_restart(self, tmp_path: Path) -> None:
        where = ("--port", "0", "--data-dir", str(tmp_path / "data"))
        with (
            running("serve", *where) as service,
            httpx.Client(base_url=service.said["url"], timeout=120) as browser,
        ):
            key = service.said["key"]
            assert browser.get("/v1/session").status_code == 401
            assert browser.get(service.said["sign_in"]).status_code == 303
            assert browser.get("/v1/session").json()["scopes"] == ["admin"]
            again = httpx.get(service.said["sign_in"], timeout=120)
            assert again.status_code == 401
            assert service.stop() == 0
        with running("serve", *where) as service, Client(service.url, key) as client:
            assert service.said["key"] is None
            assert client.http.get("/v1/videos").status_code == 200
            assert httpx.get(f"{service.url}/docs", timeout=120).status_code == 200

    def test_refuses_to_be_reachable_by_everybody_without_a_key(self, tmp_path: Path) -> None:
        answer = self._talkies("serve", "--host", EVERY_ADDRESS, "--port", "0", folder=tmp_path)
        assert answer.returncode == 2
        error = json.loads(answer.stdout)
        assert error["code"] == "MISCONFIGURED"
        assert "talkies keys create" in error["hint"]

    def test_says_so_where_the_port_is_taken(self, tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])
            answer = self._talkies("serve", "--port", port, folder=tmp_path)
        assert answer.returncode == 2
        assert port in json.loads(answer.stdout)["message"]

    def _talkies(self, *words: str, folder: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "talkies", *words, "--data-dir", str(folder / "data"), "--json"],
            capture_output=True,
            text=True,
            check=False,
            env=clean_environment(),
        )


@pytest.fixture(scope="module")
def bucket() -> Iterator[Bucket]:
    with seaweedfs() as bucket:
        yield bucket


def fleet_settings(bucket: Bucket, database: str) -> dict[str, str]:
    return {
        "DATABASE_URL": database,
        "SECRET_KEY": "one-and-the-same-on-every-machine-0123456789",
        "API_KEYS": KEY,
        "STORAGE_PROVIDER": "s3",
        "S3_ENDPOINT": bucket.endpoint_url,
        "S3_BUCKET": bucket.name,
        "S3_ACCESS_KEY_ID": bucket.access_key_id,
        "S3_SECRET_ACCESS_KEY": bucket.secret_access_key,
        "S3_PREFIX": "talkies",
        "LEASE_SECONDS": "4",
    }


class TestFleet:
    def test_a_killed_workers_job_is_finished_by_another_and_lies_in_the_bucket(
        self, tmp_path: Path, bucket: Bucket, postgres_url: str, postgres: RealPostgres
    ) -> None:
        settings = fleet_settings(bucket, postgres_url)
        with contextlib.ExitStack() as fleet:

            def start(command: str, name: str, *words: str) -> Any:
                data = str(tmp_path / name)
                return fleet.enter_context(
                    running(command, *words, "--data-dir", data, settings=settings)
                )

            api = start("api", "api", "--port", "0")
            client = fleet.enter_context(Client(api.url, KEY))
            first = start("worker", "first", "--engines", "portrait")
            text = "We move both maps. " * 12
            made = client.create({"portrait": PORTRAIT}, text=text, score="false")
            client.until(made["id"], "render")
            first.process.send_signal(signal.SIGKILL)
            second = start("worker", "second")
            job = client.finished(made["id"])
            assert job["status"] == "succeeded", job["error"]
            assert job["attempts"] >= 2
            assert httpx.get(job["files"]["video"]["url"], timeout=120).status_code == 200
            assert job["files"]["video"]["url"].startswith(bucket.endpoint_url)
            assert f"/talkies/videos/{made['id']}.mp4" in job["files"]["video"]["url"]
            assert [second.stop(), api.stop()] == [0, 0]
