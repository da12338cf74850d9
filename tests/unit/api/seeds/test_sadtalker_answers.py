"""Our jobs as SadTalker's service answers them, in answers and in webhooks."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from job_book import finished, job

from talkies.api.seeds.sadtalker_answers import STATUSES, JobResponses, StoragePlace, error_text
from talkies.jobs.records import Status
from talkies.storage.links import LinkSigner
from talkies.storage.local import LocalStorage
from talkies.storage.s3 import S3Options, S3Storage

BASE = "http://asked.example:8000"
SECRET = b"s" * 32


@pytest.fixture
def local(tmp_path: Path) -> JobResponses:
    signer = LinkSigner(SECRET)
    storage = LocalStorage(tmp_path, signer)
    return JobResponses(storage, StoragePlace(provider="local"), signer=signer)


@pytest.fixture
def s3() -> JobResponses:
    options = S3Options(
        bucket="faces",
        endpoint_url="http://127.0.0.1:9",
        access_key_id="a",
        secret_access_key="b",  # noqa: S106
        prefix="out/",
    )
    place = StoragePlace(provider="s3", bucket="faces", prefix="out/")
    return JobResponses(S3Storage(options), place, signer=None)


class TestStatus:
    @pytest.mark.parametrize(
        ("ours", "theirs"),
        [
            (Status.QUEUED, "queued"),
            (Status.RUNNING, "running"),
            (Status.SUCCEEDED, "succeeded"),
            (Status.FAILED, "failed"),
            (Status.CANCELED, "failed"),
        ],
    )
    def test_each_of_ours_is_one_of_theirs(
        self, local: JobResponses, ours: Status, theirs: str
    ) -> None:
        assert local.response(job(status=ours), BASE).status == theirs

    def test_none_is_unknown_to_their_clients(self) -> None:
        assert set(STATUSES) == set(Status)
        assert set(STATUSES.values()) == {"queued", "running", "succeeded", "failed"}


class TestFields:
    def test_a_new_job(self, local: JobResponses) -> None:
        assert local.response(job(), BASE).model_dump(mode="json") == {
            "id": "vid_1",
            "status": "queued",
            "created_at": "2023-11-14T22:13:20.000Z",
            "updated_at": "2023-11-14T22:13:20.000Z",
            "download_url": None,
            "storage": None,
            "error": None,
            "progress": 0.0,
            "warnings": [],
        }

    def test_updated_at_is_the_last_that_was_heard(self, local: JobResponses) -> None:
        heard = job(started_at=1_700_000_001_000, heartbeat_at=1_700_000_009_000)
        assert local.response(heard, BASE).updated_at == 1_700_000_009_000

    def test_warnings_of_the_options_come_first(self, local: JobResponses) -> None:
        warned = job(request={"seed_options": {"warnings": ["a"]}}, warnings=("b",))
        assert local.response(warned, BASE).warnings == ["a", "b"]


class TestLinks:
    def test_a_local_video_is_fetched_here_without_a_key(self, local: JobResponses) -> None:
        answer = local.response(finished(), BASE)
        url = urlsplit(str(answer.download_url))
        assert (url.scheme, url.netloc, url.path) == (
            "http", "asked.example:8000", "/v1/jobs/vid_1/download",
        )  # fmt: skip
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        LinkSigner(SECRET).verify("videos/vid_1.mp4", query)
        assert answer.storage == {
            "provider": "local",
            "path": "videos/vid_1.mp4",
            "url": answer.download_url,
        }

    def test_the_public_address_goes_before_the_requests(self, tmp_path: Path) -> None:
        signer = LinkSigner(SECRET)
        responses = JobResponses(
            LocalStorage(tmp_path, signer),
            StoragePlace(provider="local"),
            signer=signer,
            public_url="https://pods.example/base/",
        )
        url = str(responses.response(finished(), BASE).download_url)
        assert url.startswith("https://pods.example/base/v1/jobs/vid_1/download?")

    def test_a_video_in_a_bucket_is_fetched_there(self, s3: JobResponses) -> None:
        answer = s3.response(finished(), BASE)
        assert answer.storage is not None
        assert {name: answer.storage[name] for name in ("provider", "bucket", "key")} == {
            "provider": "s3",
            "bucket": "faces",
            "key": "out/videos/vid_1.mp4",
        }
        assert answer.storage["url"] == answer.download_url
        assert str(answer.download_url).startswith("http://127.0.0.1:9/faces/out/videos/vid_1.mp4?")

    def test_supabase_has_a_bucket_and_a_path(self) -> None:
        place = StoragePlace(provider="supabase", bucket="sadtalker")
        assert place.of("videos/x.mp4") == {
            "provider": "supabase",
            "bucket": "sadtalker",
            "path": "videos/x.mp4",
        }

    def test_a_swept_video_has_no_link_and_says_why(self, local: JobResponses) -> None:
        answer = local.response(finished(swept_at=1), BASE)
        assert (answer.download_url, answer.storage) == (None, None)
        assert str(answer.error).startswith("GONE: ")

    @pytest.mark.parametrize("status", [s for s in Status if s is not Status.SUCCEEDED])
    def test_what_did_not_succeed_has_none(self, local: JobResponses, status: Status) -> None:
        assert local.response(job(status=status), BASE).download_url is None


class TestError:
    def test_a_failure_is_told_in_one_line(self) -> None:
        error = {"code": "FACE_NOT_FOUND", "message": "No face was found."}
        assert error_text(job(status=Status.FAILED, error=error)) == (
            "FACE_NOT_FOUND: No face was found."
        )

    def test_a_failure_is_never_without_one(self) -> None:
        assert error_text(job(status=Status.FAILED))

    def test_a_canceled_job_has_one(self) -> None:
        assert str(error_text(job(status=Status.CANCELED))).startswith("CANCELED: ")

    def test_a_succeeded_one_has_none(self) -> None:
        assert error_text(finished()) is None


class TestWebhook:
    def test_is_the_answer_with_the_ids_other_name(self, local: JobResponses) -> None:
        done = finished(request={"seed_options": {"base_url": BASE}})
        body = dict(local.webhook(done, "job.succeeded"))
        answer = local.response(done, BASE).model_dump(mode="json")
        assert body["job_id"] == answer.pop("id")
        links = {"download_url", "storage"}
        assert {k: v for k, v in body.items() if k not in links} == {
            "job_id": "vid_1",
            **{k: v for k, v in answer.items() if k not in links},
        }
        assert str(body["download_url"]).startswith(f"{BASE}/v1/jobs/vid_1/download?expires=")

    def test_its_link_outlives_the_last_try(self, tmp_path: Path) -> None:
        signer = LinkSigner(SECRET, clock=lambda: 0)
        responses = JobResponses(
            LocalStorage(tmp_path, signer), StoragePlace(provider="local"), signer=signer
        )
        url = urlsplit(str(responses.webhook(finished(), "job.succeeded")["download_url"]))
        assert int(parse_qs(url.query)["expires"][0]) > 30 * 3600

    def test_asks_no_storage(self, s3: JobResponses) -> None:
        done = finished(request={"seed_options": {"base_url": BASE}})
        body = s3.webhook(done, "job.succeeded")
        assert body["download_url"] == f"{BASE}/v1/jobs/vid_1/download"

    def test_of_a_failure_has_the_error(self, local: JobResponses) -> None:
        failed = job(status=Status.FAILED, error={"code": "X", "message": "y"})
        body = local.webhook(failed, "job.failed")
        assert (body["status"], body["error"], body["download_url"]) == ("failed", "X: y", None)
