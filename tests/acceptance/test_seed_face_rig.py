"""S22, the seed's routes of characters, as its page and its scripts call them."""

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from seed_stage import Seeds, picture, seeds, sound
from service_stage import SEED_CHARACTER, TOO_LONG, serving
from small_character import small_character

from talkies.api.services import HttpOptions
from talkies.core.alignment import Alignment, AlignmentSource, Phoneme, Word
from talkies.core.direction.feelings import FaceChange
from talkies.core.timing import TimeRange
from talkies.core.timing_json import alignment_to_json
from talkies.errors import TranscriptMismatch
from talkies.jobs.attempts import Attempts
from talkies.jobs.ledger import Ending
from talkies.jobs.records import Output, Status
from talkies.studio.access.principal import Scope

SEQUENCE = "neutral_to_blink__center"
WAV = ("speech.wav", sound(), "audio/wav")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_character(tmp_path_factory.mktemp("drawn") / SEED_CHARACTER).folder


@pytest.fixture(scope="module")
def folder(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("service")
    shutil.copytree(drawn, folder / "installed" / SEED_CHARACTER)
    return folder


@pytest.fixture(scope="module")
def service(folder: Path) -> Iterator[Seeds]:
    with seeds(folder) as running:
        yield running


@pytest.fixture
def api(service: Seeds) -> Iterator[httpx.Client]:
    """On loopback, without a key."""
    with service.client() as client:
        yield client


class TestFrames:
    def test_sequences_are_listed_and_each_has_its_manifest(self, api: httpx.Client) -> None:
        names = api.get("/timelines").json()

        assert names == sorted(names)
        assert SEQUENCE in names
        assert "neutral_center_to_neutral_tilt_left_small" in names
        assert api.get(f"/timeline/{SEQUENCE}").json() == {
            "path_id": SEQUENCE,
            "expr_start": "neutral",
            "expr_end": "blink_closed",
            "pose": "center",
            "frames": [{"t": number / 4, "file": f"{number * 25:03}.png"} for number in range(5)],
        }
        turn = api.get("/timeline/neutral_center_to_neutral_tilt_left_small").json()
        assert turn["pose"] == "center_to_tilt_left_small"

    def test_a_drawing_is_given_as_it_lies_on_the_disk(
        self, api: httpx.Client, folder: Path
    ) -> None:
        frames = folder / "installed" / SEED_CHARACTER / "frames"
        for place, path in (
            (f"{SEQUENCE}/050.png", f"sequences/{SEQUENCE}/050.png"),
            (f"sequences/{SEQUENCE}/050.png", f"sequences/{SEQUENCE}/050.png"),
            ("endpoints/neutral__center.png", "endpoints/neutral__center.png"),
        ):
            answer = api.get(f"/frames/{place}")
            assert answer.content == (frames / path).read_bytes()
            assert answer.headers["content-type"] == "image/png"
            assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
            known = {"If-None-Match": answer.headers["etag"]}
            assert api.get(f"/frames/{place}", headers=known).status_code == 304

    @pytest.mark.parametrize(
        "path",
        [
            f"/timeline/{SEQUENCE}/../x",
            "/timeline/nothing__center",
            "/timeline/..%2f..",
            f"/frames/{SEQUENCE}/051.png",
            f"/frames/{SEQUENCE}/manifest.json",
            "/frames/..%2f..%2f..%2fetc/passwd",
            "/frames/endpoints/..%2f..%2fexpressions.json",
            f"/frames/{SEQUENCE}/%2e%2e%2f%2e%2e%2f%2e%2e%2fexpressions.json",
            "/frames//etc/passwd",
            "/audio/..%2f..%2ftalkies.db",
            "/audio/%2e%2e%2ftalkies.db",
            "/audio/talkies.db",
        ],
    )
    def test_nothing_else_of_the_disk_is_given(self, api: httpx.Client, path: str) -> None:
        """Bug: only its router stood between `/audio/{filename}` and any file."""
        answer = api.get(path)

        assert answer.status_code == 404
        assert answer.json()["error"]["code"] == "NOT_FOUND"

    def test_a_failure_has_the_seeds_detail_beside_our_error(self, api: httpx.Client) -> None:
        answer = api.get("/timeline/nothing__center").json()

        assert answer["detail"] == answer["error"]["message"]

    def test_a_drawing_is_made_anew(self, api: httpx.Client) -> None:
        before = api.get(f"/frames/{SEQUENCE}/050.png").content
        url = f"/timeline/{SEQUENCE}/regenerate"
        made = api.post(url, json={"t": 0.5})

        assert made.json() == {"t": 0.5, "file": "050.png"}
        assert api.get(f"/frames/{SEQUENCE}/050.png").content != before
        between = api.post(url, json={"t": 0.125}, params={"anchor_start_t": 0, "anchor_end_t": 1})
        assert between.json() == {"t": 0.125, "file": "012.png"}
        assert {"t": 0.125, "file": "012.png"} in api.get(f"/timeline/{SEQUENCE}").json()["frames"]
        assert api.get(f"/frames/{SEQUENCE}/012.png").status_code == 200
        assert api.post(url, json={"t": 0}).status_code == 400
        assert api.post(url, json={"t": 1}).status_code == 400
        crossed = {"anchor_start_t": 0.9, "anchor_end_t": 0.1}
        assert api.post(url, json={"t": 0.5}, params=crossed).status_code == 400

    def test_without_a_character_the_next_step_is_named(self, tmp_path: Path) -> None:
        with seeds(tmp_path) as service, service.client() as api:
            answer = api.get("/timelines")

        assert answer.status_code == 404
        assert "SEED_CHARACTER" in answer.json()["error"]["hint"]


class TestSounds:
    def test_what_was_uploaded_is_given_back(self, api: httpx.Client) -> None:
        kept = api.post("/audio/upload", files={"file": WAV}).json()
        answer = api.get(kept["path"])

        assert kept["path"] == f"/audio/{kept['filename']}"
        assert kept["filename"].startswith("upload_")
        assert kept["filename"].endswith(".wav")
        assert answer.content == WAV[1]
        assert answer.headers["content-type"] == "audio/wav"
        part = api.get(kept["path"], headers={"Range": "bytes=0-3"})
        assert (part.status_code, part.content) == (206, b"RIFF")

    @pytest.mark.parametrize(
        ("files", "status"),
        [
            ({}, 422),
            ({"other": WAV}, 422),
            ({"file": ("a.wav", b"")}, 422),
            ({"file": ("a.wav", b"<html>")}, 415),
            ({"file": ("a.wav", picture())}, 415),
        ],
    )
    def test_what_is_no_sound_is_refused(
        self, api: httpx.Client, files: dict[str, Any], status: int
    ) -> None:
        answer = api.post("/audio/upload", files=files or {"none": ("", b"")})

        assert answer.status_code == status

    def test_a_text_is_said(self, api: httpx.Client) -> None:
        said = api.post("/generate-tts", json={"transcript": "Hello there, friend."}).json()

        assert said["filename"].startswith("tts_")
        assert api.get(said["path"]).content[:4] == b"RIFF"
        assert api.get(f"/audio/{said['original_mp3']}").status_code == 200

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ({}, "INVALID_REQUEST"),
            ({"transcript": ""}, "INVALID_REQUEST"),
            ({"transcript": "a" * 10_001}, "INVALID_REQUEST"),
            ({"transcript": "Hi", "voice_id": "nobody"}, "UNKNOWN_VOICE"),
        ],
    )
    def test_what_cannot_be_said_is_refused(
        self, api: httpx.Client, body: dict[str, str], code: str
    ) -> None:
        answer = api.post("/generate-tts", json=body)

        assert answer.status_code == 422
        assert answer.json()["error"]["code"] == code


HEARD = Alignment(
    length=16_000,
    phonemes=(
        Phoneme(symbol="", span=TimeRange(0, 1_600)),
        Phoneme(symbol="ɑ", span=TimeRange(1_600, 9_600)),
        Phoneme(symbol="", span=TimeRange(9_600, 16_000)),
    ),
    words=(Word(text="Ah!", span=TimeRange(1_600, 9_600)),),
    source=AlignmentSource.TRANSCRIPT,
)


class TestAlignments:
    def test_a_recording_without_words_has_no_keyframes(self, api: httpx.Client) -> None:
        answer = api.post("/generate-alignment", files={"audio": WAV}, data={"transcript": "Ah!"})

        assert answer.json() == {"id": "word_animation_0", "keyframes": [], "total_duration_ms": 0}

    def test_a_long_recording_is_waited_for(self, service: Seeds, api: httpx.Client) -> None:
        with working(service, lambda job_id: _deliver(service, job_id)):
            answer = api.post(
                "/generate-alignment", files={"audio": WAV}, data={"transcript": TOO_LONG}
            )

        assert answer.json()["keyframes"][0] == {
            "time_ms": 100,
            "target_expr": "speaking_ah",
            "target_pose": "center",
            "transition_duration_ms": 150,
            "phoneme": "Ah (AA)",
        }

    def test_one_that_fails_says_why(self, service: Seeds, api: httpx.Client) -> None:
        with working(service, lambda job_id: service.fail(job_id, TranscriptMismatch())):
            answer = api.post(
                "/generate-alignment",
                files={"audio": ("b.wav", sound(2))},
                data={"transcript": TOO_LONG, "language": "en"},
            )

        assert answer.status_code == 422
        assert answer.json()["error"]["code"] == "TRANSCRIPT_MISMATCH"

    @pytest.mark.parametrize(
        ("files", "data"),
        [
            ({"audio": WAV}, {}),
            ({"audio": WAV}, {"transcript": "  "}),
            ({"other": WAV}, {"transcript": "Hi"}),
        ],
    )
    def test_both_parts_are_needed(
        self, api: httpx.Client, files: dict[str, Any], data: dict[str, str]
    ) -> None:
        assert api.post("/generate-alignment", files=files, data=data).status_code == 422


def _deliver(service: Seeds, job_id: str) -> None:
    """Deliver a timing as a worker would."""
    service.begin(job_id)
    text = alignment_to_json(HEARD)
    path = service.services.scratch.folder(job_id) / "timing.json"
    path.write_text(text)
    key = f"audio/{job_id}.timing.json"
    service.services.storage.put(key, path, content_type="application/json")
    timing = Output(
        name="timing.json",
        storage_key=key,
        sha256="0" * 64,
        bytes=len(text),
        content_type="application/json",
    )
    ending = Ending(status=Status.SUCCEEDED, outputs=(timing,))
    assert Attempts(service.services.jobs.ledger).finish(job_id, f"hand-{job_id}", ending)


class working:  # noqa: N801 - reads as a block
    """Does the work of the first job that is made inside."""

    def __init__(self, service: Seeds, do: Callable[[str], None]) -> None:
        self._service, self._do = service, do
        self._known = {job.id for job in service.waiting()}
        self._over = threading.Event()
        self._worker = threading.Thread(target=self._work)

    def __enter__(self) -> None:
        self._worker.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._worker.join()

    def _work(self) -> None:
        while not self._over.wait(0.02):
            for job in self._service.waiting():
                if job.id not in self._known:
                    self._do(job.id)
                    return


class TestEmotions:
    SAID = (
        {"time_ms": 100, "target_expr": "speaking_ah", "phoneme": "What (AH)"},
        {"time_ms": 300, "target_expr": "neutral", "phoneme": "(relax)"},
    )

    def test_rules_plan_without_any_key(self, api: httpx.Client) -> None:
        body = {
            "transcript": "What a wonderful day!",
            "phoneme_timeline": [*self.SAID],
            "total_duration_ms": 3300,
        }
        faces = api.post("/generate-emotions", json=body).json()["keyframes"]

        assert faces[0]["target_expr"] == "happy_soft"
        assert set(faces[0]) == {"time_ms", "target_expr", "reason"}

    def test_a_model_plans_where_there_is_one(self, service: Seeds) -> None:
        def model(*_: object) -> list[FaceChange]:
            return [FaceChange(time=0.5, expression="concerned", note="so it said")]

        rig = replace(service.services.face_rig, planner=model)
        services = replace(service.services, face_rig=rig)
        body = {"transcript": "Hm.", "phoneme_timeline": [], "total_duration_ms": 2000}
        with serving(services) as url:
            answer = httpx.post(f"{url}/generate-emotions", json=body, timeout=120)

        assert answer.json() == {
            "keyframes": [{"time_ms": 500, "target_expr": "concerned", "reason": "so it said"}]
        }

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"transcript": "Hi", "phoneme_timeline": {}, "total_duration_ms": 10},
            {"transcript": "Hi", "phoneme_timeline": [{}], "total_duration_ms": 10},
            {"transcript": "Hi", "phoneme_timeline": [{"time_ms": -1}], "total_duration_ms": 10},
            {"transcript": "Hi", "phoneme_timeline": [], "total_duration_ms": -1},
            {"transcript": "Hi", "phoneme_timeline": [], "total_duration_ms": 1e12},
        ],
    )
    def test_nonsense_is_refused(self, api: httpx.Client, body: dict[str, Any]) -> None:
        assert api.post("/generate-emotions", json=body).status_code == 422


@pytest.fixture(scope="module")
def public(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server whose operator let everybody in, and one page of another site."""
    folder = tmp_path_factory.mktemp("public")
    shutil.copytree(drawn, folder / "installed" / SEED_CHARACTER)
    http = HttpOptions(public_seed_routes=True, allowed_origins=("https://page.example",))
    with seeds(folder, http=http) as running:
        yield running.url


PROXIED = {"X-Forwarded-For": "203.0.113.5"}


class TestAccess:
    """The seed let everybody in; here that is for this machine, and for who asks for it."""

    REQUESTS = (
        ("GET", "/timelines", None),
        ("GET", f"/timeline/{SEQUENCE}", None),
        ("GET", f"/frames/{SEQUENCE}/000.png", None),
        ("GET", "/audio/upload_1.wav", None),
        ("POST", f"/timeline/{SEQUENCE}/regenerate", {"t": 0}),
        ("POST", "/generate-emotions", {"transcript": "", "total_duration_ms": 0}),
        ("POST", "/generate-tts", {"transcript": ""}),
        ("POST", "/export-video", {"combined_timeline": []}),
        ("POST", "/audio/upload", {}),
        ("POST", "/generate-alignment", {}),
    )

    @pytest.mark.parametrize(("method", "path", "body"), REQUESTS)
    def test_away_from_this_machine_a_key_for_characters_is_needed(
        self, service: Seeds, method: str, path: str, body: Any
    ) -> None:
        def asked(key: str | None) -> int:
            with service.client(key) as api:
                return api.request(method, path, json=body, headers=PROXIED).status_code

        assert asked(None) == 401
        assert asked("tk_" + "x" * 43) == 401
        assert asked(service.key(Scope.VIDEOS)) == 403
        assert asked(service.key(Scope.CHARACTERS)) not in {401, 403}

    @pytest.mark.parametrize(("method", "path", "body"), REQUESTS)
    def test_a_public_server_asks_for_none(
        self, public: str, method: str, path: str, body: Any
    ) -> None:
        answer = httpx.request(method, public + path, json=body, headers=PROXIED, timeout=120)

        assert answer.status_code not in {401, 403}

    def test_a_page_of_another_site_changes_nothing_unless_it_is_allowed(self, public: str) -> None:
        def status(origin: str) -> int:
            headers = {"Sec-Fetch-Site": "cross-site", "Origin": origin}
            body = {"transcript": "", "total_duration_ms": 0}
            return httpx.post(
                f"{public}/generate-emotions", json=body, headers=headers, timeout=120
            ).status_code

        assert status("https://evil.example") == 403
        assert status("https://page.example") == 200
        headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
        assert httpx.get(f"{public}/timelines", headers=headers, timeout=120).status_code == 200

    def test_a_sound_is_its_owners(self, service: Seeds, api: httpx.Client) -> None:
        with service.client(service.key(Scope.CHARACTERS)) as somebody:
            path = somebody.post("/audio/upload", files={"file": WAV}).json()["path"]
            assert somebody.get(path).status_code == 200
        assert api.get(path).status_code == 404
        with service.client(service.key(Scope.CHARACTERS)) as another:
            assert another.get(path).status_code == 404

    def test_the_health_says_what_the_seeds_said(self, api: httpx.Client) -> None:
        health = api.get("/health").json()

        assert health["status"] == "ok"
        assert health["s3_enabled"] is False
        assert health["s3_bucket"] is None
