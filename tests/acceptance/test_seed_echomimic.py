"""S15 and S16, as far as they are here: health, and the job table of a Supabase project."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from seed_stage import VIDEO, Seeds, picture, seeds, sound
from serving import serving
from sqlalchemy import Engine
from supabase_project import project_of, rows_of
from supabase_server import SERVICE_KEY, SupabaseServer

from talkies.errors import FaceNotFound
from talkies.net.guard import AddressPolicy
from talkies.storage.supabase import SupabaseOptions, SupabaseStorage
from talkies.studio.mirror.mirror import Mirror
from talkies.studio.mirror.table import JobTable, connect_mirror

#: What S16's plan calls the columns that an app reads.
COLUMNS = {"id", "user_id", "type", "status", "payload"}

PROJECT_HOST = "abcdefgh.supabase.co"
USER = "11111111-1111-4111-8111-111111111111"


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> httpx.Response:
    """What `/healthz` says to somebody without a key."""
    with seeds(tmp_path_factory.mktemp("health")) as service, service.client() as client:
        return client.get("/healthz")


class TestHealthz:
    """S15: `GET /healthz` returns git SHA, GPU status, model warm start flag."""

    def test_needs_no_key(self, answer: httpx.Response) -> None:
        assert answer.status_code == 200
        assert answer.json()["status"] == "ok"

    def test_has_the_git_sha(self, answer: httpx.Response) -> None:
        assert answer.json()["git_sha"] == "abc"

    def test_has_the_gpu(self, answer: httpx.Response) -> None:
        assert answer.json()["gpu"]["available"] is False

    def test_says_whether_the_engines_are_warm(self, answer: httpx.Response) -> None:
        assert answer.json()["warm"] is False
        engines = [engine["id"] for engine in answer.json()["engines"]]
        assert engines == ["character", "portrait"]


@pytest.fixture
def project(postgres_url: str) -> Iterator[Engine]:
    engine = project_of(postgres_url)
    yield engine
    engine.dispose()


@pytest.fixture
def bucket() -> Iterator[SupabaseStorage]:
    """The project's storage."""
    server = SupabaseServer()
    server.buckets["avatars"] = {}
    with serving(server.app) as url:
        options = SupabaseOptions(url=url, service_role_key=SERVICE_KEY, bucket="avatars")
        storage = SupabaseStorage(options)
        yield storage
        storage.close()


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Seeds]:
    """A service that fetches inputs from the project's storage alone."""
    policy = AddressPolicy(allow_hosts=(PROJECT_HOST,))
    with seeds(tmp_path, require_safe=policy.check_url) as running:
        yield running


@pytest.fixture
def app(service: Seeds) -> Iterator[httpx.Client]:
    """The server side of the app, which has a key."""
    with service.client(service.key()) as client:
        yield client


def mirror_of(service: Seeds, project: Engine, bucket: SupabaseStorage) -> Mirror:
    return Mirror(
        service.services.jobs,
        JobTable(project),
        link=lambda output: bucket.link(output.storage_key),
    )


def ask(app: httpx.Client, **fields: Any) -> httpx.Response:
    """The app's request: its own job id, its user, inputs by signed links of the project."""
    link = f"https://{PROJECT_HOST}/storage/v1/object/sign/avatars/face.png?token=t"
    return app.post("/v1/videos", json={"portrait": link, "text": "Hi", **fields})


class TestJobTable:
    """S16: the job table is kept current."""

    def test_a_row_follows_its_job(
        self,
        service: Seeds,
        app: httpx.Client,
        project: Engine,
        bucket: SupabaseStorage,
        tmp_path: Path,
    ) -> None:
        mirror, rows = mirror_of(service, project, bucket), partial(rows_of, project)
        job_id = ask(app, external_id="job-7", user_id=USER, metadata={"page": "home"}).json()["id"]
        seen = []
        mirror.run()
        seen.append(rows()["job-7"])
        service.begin(job_id)
        service.work(job_id, 0.5)
        mirror.run()
        seen.append(rows()["job-7"])
        (tmp_path / "video").write_bytes(VIDEO)
        bucket.put(f"videos/{job_id}.mp4", tmp_path / "video", content_type="video/mp4")
        service.finish(job_id)
        mirror.run()
        seen.append(rows()["job-7"])
        assert set(seen[0]) >= COLUMNS
        assert [row["status"] for row in seen] == ["queued", "processing", "finished"]
        assert [row["progress"] for row in seen] == [0, 0.5, 1]
        assert {row["user_id"] for row in seen} == {USER}
        assert {row["type"] for row in seen} == {"video"}
        payload: Any = seen[0]["payload"]
        assert payload["request"]["text"] == "Hi"
        assert payload["metadata"] == {"page": "home"}

    def test_the_output_is_a_signed_link_of_the_project(
        self,
        service: Seeds,
        app: httpx.Client,
        project: Engine,
        bucket: SupabaseStorage,
        tmp_path: Path,
    ) -> None:
        job_id = ask(app).json()["id"]
        (tmp_path / "video").write_bytes(VIDEO)
        bucket.put(f"videos/{job_id}.mp4", tmp_path / "video", content_type="video/mp4")
        service.succeed(job_id)
        mirror_of(service, project, bucket).run()
        row: Any = rows_of(project)[job_id]
        assert httpx.get(row["output_urls"]["video"], timeout=120).content == VIDEO
        assert httpx.get(row["output_urls"]["video"] + "x", timeout=120).status_code == 400
        assert row["output_paths"] == {"video": f"videos/{job_id}.mp4"}

    def test_a_failed_and_a_canceled_job(
        self, service: Seeds, app: httpx.Client, project: Engine, bucket: SupabaseStorage
    ) -> None:
        failed, canceled = ask(app).json()["id"], ask(app).json()["id"]
        service.fail(failed, FaceNotFound("No face."))
        service.services.jobs.cancel(canceled)
        mirror_of(service, project, bucket).run()
        rows: Any = rows_of(project)
        assert (rows[failed]["status"], rows[failed]["error"]["code"]) == (
            "failed",
            "FACE_NOT_FOUND",
        )
        assert rows[failed]["error"]["hint"]
        assert (rows[canceled]["status"], rows[canceled]["error"]["code"]) == (
            "failed",
            "CANCELED",
        )

    def test_a_deleted_job_leaves_no_row(
        self, service: Seeds, app: httpx.Client, project: Engine, bucket: SupabaseStorage
    ) -> None:
        mirror = mirror_of(service, project, bucket)
        job_id = ask(app, user_id=USER).json()["id"]
        service.succeed(job_id)
        mirror.run()
        service.services.jobs.forget(job_id)
        mirror.forget([job_id])
        mirror.run()
        assert rows_of(project) == {}

    def test_a_project_that_is_away_delays_no_job(
        self, service: Seeds, app: httpx.Client, bucket: SupabaseStorage
    ) -> None:
        away = connect_mirror("postgresql://u@127.0.0.1:1/db")
        mirror = mirror_of(service, away, bucket)
        job_id = ask(app).json()["id"]
        with pytest.raises(Exception, match="does not answer"):
            mirror.run()
        service.succeed(job_id)
        assert app.get(f"/v1/videos/{job_id}").json()["status"] == "succeeded"
        away.dispose()


class TestInputs:
    """S16: incoming URLs are of the project's storage; all others are refused (SSRF)."""

    def test_a_link_of_the_project_is_taken(self, app: httpx.Client) -> None:
        assert ask(app).status_code == 202

    @pytest.mark.parametrize(
        "url",
        [
            "https://evil.example/face.png",
            f"https://{PROJECT_HOST}.evil.example/face.png",
            f"https://evil.example/?{PROJECT_HOST}",
            f"https://{PROJECT_HOST}@evil.example/face.png",
            f"http://{PROJECT_HOST}/face.png",
            "https://169.254.169.254/latest/meta-data",
            "https://127.0.0.1/face.png",
        ],
    )
    def test_any_other_is_not(self, app: httpx.Client, url: str) -> None:
        answer = ask(app, portrait=url)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "UNSAFE_ADDRESS")

    def test_uploads_need_no_url(self, app: httpx.Client) -> None:
        files = {"portrait": ("a.png", picture()), "audio": ("a.wav", sound())}
        assert app.post("/v1/videos", files=files).status_code == 202
