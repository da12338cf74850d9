"""`/v1/timelines` over real HTTP: kept, read, edited, and handed to jobs; what is refused."""

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from api_client import key_with
from service_stage import Stage, built, serving
from small_character import small_character

from talkies.core.rig.config_json import config_to_json
from talkies.core.rig.standard import BUILT
from talkies.rigs.character import CONFIG
from talkies.studio.access.principal import Scope

PNG = (Path(__file__).parents[1] / "fixtures" / "portrait.png").read_bytes()
WAV = b"RIFF\x24\0\0\0WAVEfmt " + bytes(24)

DOCUMENT: Mapping[str, Any] = {
    "schema": "talkies.timeline/1",
    "id": "wave",
    "character": "robin",
    "fps": "12",
    "frames": 24,
    "tracks": {
        "poses": [{"id": "lean", "start": 2, "end": 9, "value": "tilt_left_small"}],
        "captions": [{"id": "hi", "start": 0, "end": 9, "value": "Hello."}],
    },
}
SOUND = {"source": "line.wav", "length": 48_000}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    folder = tmp_path_factory.mktemp("service")
    for name in ("robin", "wren", "owl", "dodo"):
        small_character(folder / "installed" / name)
    words = replace(BUILT, poses=("center", "nod_up_small"))
    (folder / "installed" / "owl" / CONFIG).write_text(config_to_json(words))
    return built(folder)


@pytest.fixture(scope="module")
def url(stage: Stage) -> Iterator[str]:
    with serving(stage.services) as url:
        yield url


@pytest.fixture
def client(stage: Stage, url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, headers={"X-API-Key": stage.key}, timeout=120) as client:
        yield client


def other(stage: Stage, url: str, *scopes: Scope) -> httpx.Client:
    """Somebody else's client, with a key of its own."""
    return httpx.Client(base_url=url, headers={"X-API-Key": key_with(stage, *scopes)}, timeout=120)


def kept(client: httpx.Client, **changes: Any) -> dict[str, Any]:
    answer = client.post("/v1/timelines", json={"document": {**DOCUMENT, **changes}})
    assert answer.status_code == 201, answer.text
    return answer.json()


def sounding(client: httpx.Client) -> dict[str, Any]:
    """A timeline whose sound was sent along."""
    answer = client.post(
        "/v1/timelines",
        files={
            "document": ("t.json", json.dumps({**DOCUMENT, "sound": SOUND}).encode()),
            "audio": ("line.wav", WAV),
        },
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


def code(answer: httpx.Response) -> str:
    return answer.json()["error"]["code"]


class TestKeeping:
    def test_a_document_is_kept_at_once(self, client: httpx.Client, url: str) -> None:
        answer = client.post("/v1/timelines", json={"document": DOCUMENT, "user_id": "u1"})
        record = answer.json()
        home = f"{url}/v1/timelines/{record['id']}"
        assert (answer.status_code, answer.headers["Location"]) == (201, home)
        assert answer.headers["ETag"] == '"1"'
        assert record["urls"] == {
            "self": home,
            **{name: f"{home}/{name}" for name in ("sound", "align", "emotions", "export")},
        }
        document = record["document"]
        assert (document["id"], document["character"]) == (record["id"], "robin")
        assert document["tracks"]["poses"][0]["value"] == "tilt_left_small"
        assert (record["revision"], record["exported_by"], record["user_id"]) == (1, None, "u1")
        assert client.get(home).json() == record

    def test_the_client_that_has_it_is_sent_nothing(self, client: httpx.Client) -> None:
        home = kept(client)["urls"]["self"]
        tag = client.get(home).headers["ETag"]
        # Proxies that compress make tags weak.
        for known in (f'"9", {tag}', f"W/{tag}"):
            again = client.get(home, headers={"If-None-Match": known})
            assert (again.status_code, again.content) == (304, b"")

    def test_one_that_is_too_large_for_json_goes_as_a_file(self, client: httpx.Client) -> None:
        clips = [
            {"id": f"c{n}", "start": n, "end": n + 1, "value": "Hello. " * 20} for n in range(7_000)
        ]
        long = {**DOCUMENT, "frames": 7_000, "tracks": {"captions": clips}}
        refused = client.post("/v1/timelines", json={"document": long})
        assert (refused.status_code, code(refused)) == (413, "MEDIA_TOO_LARGE")
        assert "the file `document` of a form" in refused.json()["error"]["hint"]
        file = ("t.json", b"\xef\xbb\xbf" + json.dumps(long).encode())
        sent = client.post("/v1/timelines", files={"document": file})
        assert sent.status_code == 201, sent.text

    def test_a_document_may_be_a_file_and_its_sound_another(self, client: httpx.Client) -> None:
        record = sounding(client)
        sound = record["document"]["sound"]
        assert sound["source"] == f"/v1/timelines/{record['id']}/sound"
        answer = client.get(record["urls"]["sound"], headers={"Range": "bytes=8-11"})
        assert (answer.status_code, answer.content) == (206, b"WAVE")
        assert answer.headers["ETag"] == f'"{sound["sha256"]}"'
        assert client.head(record["urls"]["sound"]).headers["Content-Length"] == str(len(WAV))

    def test_a_sound_may_be_an_asset_an_address_or_another_timelines(
        self, client: httpx.Client
    ) -> None:
        asset = client.post("/v1/assets", files={"file": ("a.wav", WAV)}).json()["id"]
        first = kept(client, sound={**SOUND, "source": asset})
        second = kept(client, sound=first["document"]["sound"])
        assert client.get(second["urls"]["sound"]).content == WAV
        assert second["document"]["sound"]["source"] != first["document"]["sound"]["source"]
        elsewhere = kept(client, sound={**SOUND, "source": "https://example.com/a.wav"})
        moved = client.get(elsewhere["urls"]["sound"])
        assert (moved.status_code, moved.headers["Location"]) == (302, "https://example.com/a.wav")

    def test_another_character_may_play_it(self, client: httpx.Client) -> None:
        answer = client.post("/v1/timelines", json={"document": DOCUMENT, "character": "wren"})
        assert answer.json()["document"]["character"] == "wren"

    def test_the_same_request_again_keeps_it_once(self, client: httpx.Client) -> None:
        headers = {"Idempotency-Key": "one-timeline"}
        answers = [
            client.post("/v1/timelines", json={"document": DOCUMENT}, headers=headers)
            for _ in range(2)
        ]
        assert answers[0].json()["id"] == answers[1].json()["id"]
        assert answers[1].headers["Idempotency-Replayed"] == "true"

    def test_lists_are_of_the_key_newest_first_without_documents(
        self, stage: Stage, url: str
    ) -> None:
        with other(stage, url, Scope.CHARACTERS) as client:
            ids = [kept(client)["id"] for _ in range(3)]
            page = client.get("/v1/timelines", params={"limit": 2}).json()
            assert [each["id"] for each in page["data"]] == ids[:0:-1]
            assert page["data"][0]["document"] is None
            rest = client.get("/v1/timelines", params={"after": page["next_after"]}).json()
            assert [each["id"] for each in rest["data"]] == ids[:1]
            assert client.get("/v1/timelines", params={"character": "wren"}).json()["data"] == []

    def test_what_is_another_keys_is_not_there(
        self, stage: Stage, client: httpx.Client, url: str
    ) -> None:
        record = kept(client)
        with other(stage, url, Scope.CHARACTERS) as stranger:
            for method, path, body in (
                ("GET", "", None),
                ("GET", "/sound", None),
                ("DELETE", "", None),
                ("PATCH", "", {"edits": [{"op": "length", "frames": 9}]}),
                ("POST", "/align", {}),
                ("POST", "/emotions", {}),
                ("POST", "/export", {}),
            ):
                answer = stranger.request(method, f"/v1/timelines/{record['id']}{path}", json=body)
                assert (answer.status_code, code(answer)) == (404, "NOT_FOUND"), path

    def test_a_key_needs_the_scope(self, stage: Stage, url: str) -> None:
        with other(stage, url, Scope.VIDEOS) as client:
            answer = client.post("/v1/timelines", json={"document": DOCUMENT})
            assert (answer.status_code, code(answer)) == (403, "FORBIDDEN")

    def test_a_deleted_timeline_is_gone_with_its_sound(
        self, stage: Stage, client: httpx.Client
    ) -> None:
        sound = b"RIFF\x28\0\0\0WAVEfmt " + bytes(28)
        record = client.post(
            "/v1/timelines",
            files={
                "document": ("t.json", json.dumps({**DOCUMENT, "sound": SOUND}).encode()),
                "audio": ("line.wav", sound),
            },
        ).json()
        digest = record["document"]["sound"]["sha256"]
        assert stage.services.assets.blobs.facts(digest) is not None
        assert client.delete(record["urls"]["self"]).status_code == 204
        assert client.get(record["urls"]["self"]).status_code == 404

    def test_deleting_a_user_reaches_timelines(self, client: httpx.Client) -> None:
        record = client.post(
            "/v1/timelines", json={"document": DOCUMENT, "user_id": "leaving"}
        ).json()
        receipt = client.delete("/v1/users/leaving").json()
        assert receipt["counts"]["timelines"] == 1
        assert client.get(record["urls"]["self"]).status_code == 404


class TestRefusedDocuments:
    @pytest.mark.parametrize(
        ("changes", "where"),
        [
            ({"schema": "talkies.timeline/99"}, "schema"),
            ({"frames": 0}, "frames"),
            ({"fps": "0"}, "fps"),
            ({"fps": "1/0"}, "fps"),
            (
                {"tracks": {"poses": [{"id": "a", "start": -3, "end": 9, "value": "center"}]}},
                "start",
            ),
            ({"tracks": {"poses": [{"id": "a", "start": 9, "end": 3, "value": "center"}]}}, "end"),
            ({"tracks": {"poses": [{"id": "a", "start": 0, "end": 99, "value": "center"}]}}, "end"),
            (
                {"tracks": {"visemes": [{"id": "a", "start": 0, "end": 3, "value": "quack"}]}},
                "value",
            ),
            ({"tracks": {"songs": []}}, "tracks"),
            ({"sound": {"source": "line.wav", "length": 48_000}}, "sound.source"),
            ({"sound": {"source": "/v1/timelines/tml_0/sound", "length": 1}}, "sound.source"),
            ({"sound": {"source": "/etc/passwd", "length": 1}}, "sound.source"),
            ({"sound": {"source": "line.wav", "length": 480_000_000}}, "sound.length"),
        ],
    )
    def test_the_place_is_named(
        self, client: httpx.Client, changes: dict[str, Any], where: str
    ) -> None:
        answer = client.post("/v1/timelines", json={"document": {**DOCUMENT, **changes}})
        assert (answer.status_code, code(answer)) == (422, "TIMELINE_INVALID"), answer.text
        assert where in answer.json()["error"]["details"]["where"]

    @pytest.mark.parametrize(
        ("body", "status", "expected"),
        [
            ({"document": {**DOCUMENT, "character": "nobody"}}, 422, "UNKNOWN_CHARACTER"),
            ({"document": DOCUMENT, "text": "Hi"}, 422, "INVALID_REQUEST"),
            ({"document": DOCUMENT, "seed": 3}, 422, "INVALID_REQUEST"),
            ({"document": "a text"}, 422, "INVALID_REQUEST"),
            ({"document": DOCUMENT, "audio": "ast_0"}, 422, "TIMELINE_INVALID"),
            (
                {"document": {**DOCUMENT, "sound": {**SOUND, "source": "ast_0"}}},
                404,
                "NOT_FOUND",
            ),
            (
                {"document": {**DOCUMENT, "sound": {**SOUND, "source": "http://10.0.0.1/a.wav"}}},
                422,
                "UNSAFE_ADDRESS",
            ),
        ],
    )
    def test_and_so_is_what_stands_around_it(
        self, client: httpx.Client, body: dict[str, Any], status: int, expected: str
    ) -> None:
        answer = client.post("/v1/timelines", json=body)
        assert (answer.status_code, code(answer)) == (status, expected), answer.text

    @pytest.mark.parametrize(
        ("content", "status", "expected"),
        [
            (b"", 422, "TIMELINE_INVALID"),
            (b"{", 422, "TIMELINE_INVALID"),
            (b"[" * 100_000, 422, "TIMELINE_INVALID"),
            (b"\xff\xfe{}", 422, "INVALID_REQUEST"),
            (b'{"schema": "talkies.timeline/1", "id": "\\ud800"}', 422, "TIMELINE_INVALID"),
        ],
    )
    def test_a_file_that_is_no_document_is_refused(
        self, client: httpx.Client, content: bytes, status: int, expected: str
    ) -> None:
        answer = client.post("/v1/timelines", files={"document": ("t.json", content)})
        assert (answer.status_code, code(answer)) == (status, expected), answer.text


class TestMaking:
    def test_a_recording_or_a_text_makes_a_job(self, stage: Stage, client: httpx.Client) -> None:
        answer = client.post(
            "/v1/timelines",
            files={"audio": ("line.wav", WAV)},
            data={"character": "robin", "transcript": "Hello.", "fps": "24", "user_id": "u7"},
        )
        record = answer.json()
        assert (answer.status_code, record["kind"]) == (202, "timeline")
        assert answer.headers["Location"] == record["urls"]["self"]
        timeline = record["id"].replace("tlj_", "tml_")
        assert record["urls"]["timeline"].endswith(f"/v1/timelines/{timeline}")
        assert set(stage.services.jobs.inputs(record["id"])) == {"audio"}
        spoken = client.post(
            "/v1/timelines", json={"character": "robin", "text": "Hi.", "emotions": "model"}
        )
        assert stage.services.jobs.get(spoken.json()["id"]).request["emotions"] == "model"
        canceled = client.post(spoken.json()["urls"]["cancel"]).json()
        assert canceled["status"] == "canceled"

    @pytest.mark.parametrize(
        ("fields", "status", "expected"),
        [
            ({"text": "Hi"}, 422, "INVALID_REQUEST"),
            ({"character": "robin"}, 422, "INVALID_REQUEST"),
            ({"character": "nobody", "text": "Hi"}, 422, "UNKNOWN_CHARACTER"),
            ({"character": "../robin", "text": "Hi"}, 422, "UNKNOWN_CHARACTER"),
            ({"character": "robin", "text": " "}, 422, "INVALID_INPUT"),
            ({"character": "robin", "text": "Hi", "voice": "nobody"}, 422, "UNKNOWN_VOICE"),
            ({"character": "robin", "text": "Hi", "transcript": "Hi"}, 422, "INVALID_OPTION"),
            ({"character": "robin", "text": "Hi", "fps": 1000}, 422, "INVALID_OPTION"),
            ({"character": "robin", "text": "Hi", "fps": "quick"}, 422, "INVALID_OPTION"),
            ({"character": "robin", "text": "Hi", "seed": -1}, 422, "INVALID_REQUEST"),
            ({"character": "robin", "text": "Hi", "emotions": "some"}, 422, "INVALID_REQUEST"),
            ({"character": "robin", "text": "Hi", "colour": "red"}, 422, "INVALID_REQUEST"),
            (
                {"character": "robin", "audio": "https://example.com/a", "voice": "en"},
                422,
                "INVALID_OPTION",
            ),
            ({"character": "robin", "audio": "ast_0"}, 404, "NOT_FOUND"),
            ({"character": "robin", "audio": "http://127.0.0.1/a"}, 422, "UNSAFE_ADDRESS"),
            ({"character": "robin", "audio": "data:audio/wav,x"}, 422, "INVALID_REQUEST"),
            (
                {"character": "robin", "audio": "https://example.com/a", "language": "xx"},
                422,
                "UNKNOWN_LANGUAGE",
            ),
            (
                {"character": "robin", "text": "Hi", "webhook_url": "http://10.1.1.1/"},
                422,
                "UNSAFE_ADDRESS",
            ),
            ({"character": "robin", "text": "Hi", "user_id": ""}, 422, "INVALID_REQUEST"),
        ],
    )
    def test_what_cannot_be_made_is_refused_at_once(
        self, client: httpx.Client, fields: dict[str, Any], status: int, expected: str
    ) -> None:
        answer = client.post("/v1/timelines", json=fields)
        assert (answer.status_code, code(answer)) == (status, expected), answer.text

    def test_a_file_of_another_kind_is_refused(self, client: httpx.Client) -> None:
        picture = client.post(
            "/v1/timelines", files={"audio": ("a.wav", PNG)}, data={"character": "robin"}
        )
        assert (picture.status_code, code(picture)) == (415, "UNSUPPORTED_MEDIA")
        cat = client.post(
            "/v1/timelines", files={"cat": ("a.wav", WAV)}, data={"character": "robin"}
        )
        assert (cat.status_code, code(cat)) == (422, "INVALID_REQUEST")


class TestEditing:
    def test_edits_answer_the_new_document_and_what_takes_them_back(
        self, client: httpx.Client
    ) -> None:
        record = kept(client)
        home = record["urls"]["self"]
        answer = client.patch(
            home,
            json={
                "edits": [
                    {"op": "move", "id": "lean", "start": 12},
                    {"op": "length", "frames": 40},
                ]
            },
        )
        edited = answer.json()
        assert (answer.status_code, answer.headers["ETag"]) == (200, '"2"')
        assert edited["revision"] == 2
        assert edited["document"]["frames"] == 40
        lean = edited["document"]["tracks"]["poses"][0]
        assert (lean["start"], lean["end"], lean["origin"]) == (12, 19, "manual")
        back = client.patch(home, json={"edits": edited["inverse"]}).json()
        assert back["document"] == record["document"]
        assert back["revision"] == 3

    def test_who_edited_an_older_revision_is_told(self, client: httpx.Client) -> None:
        home = kept(client)["urls"]["self"]
        edit = {"edits": [{"op": "length", "frames": 30}]}
        assert client.patch(home, json=edit, headers={"If-Match": '"1"'}).status_code == 200
        for headers, more in (({"If-Match": '"1"'}, {}), ({}, {"revision": 1})):
            late = client.patch(home, json={**edit, **more}, headers=headers)
            assert (late.status_code, code(late)) == (412, "EDITED_SINCE")
            assert late.json()["error"]["details"]["revision"] == 2
        assert client.get(home).json()["revision"] == 2
        assert client.patch(home, json=edit, headers={"If-Match": "*"}).status_code == 200

    def test_two_editors_at_once_both_succeed_or_are_told(
        self, client: httpx.Client, stage: Stage
    ) -> None:
        home = kept(client)["urls"]["self"]

        def edit(frames: int) -> int:
            body = {"edits": [{"op": "length", "frames": frames}]}
            return client.patch(home, json=body).status_code

        with ThreadPoolExecutor(4) as pool:
            statuses = list(pool.map(edit, range(30, 42)))
        assert set(statuses) == {200}
        assert client.get(home).json()["revision"] == 13

    def test_another_character_can_be_given_and_has_to_be_there(self, client: httpx.Client) -> None:
        home = kept(client)["urls"]["self"]
        body = {"edits": [{"op": "character", "character": "wren"}]}
        assert client.patch(home, json=body).json()["character"] == "wren"
        body = {"edits": [{"op": "character", "character": "nobody"}]}
        answer = client.patch(home, json=body)
        assert (answer.status_code, code(answer)) == (422, "UNKNOWN_CHARACTER")
        assert client.get(home).json()["character"] == "wren"

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            ({"edits": []}, "INVALID_REQUEST"),
            ({"edits": [{}]}, "TIMELINE_INVALID"),
            ({"edits": [{"op": "explode"}]}, "TIMELINE_INVALID"),
            ({"edits": [{"op": "move", "id": "none", "start": 1}]}, "TIMELINE_INVALID"),
            ({"edits": [{"op": "length", "frames": 0}]}, "TIMELINE_INVALID"),
            ({"edits": [{"op": "length", "frames": 1e400}]}, "INVALID_REQUEST"),
            (
                {"edits": [{"op": "length", "frames": 50}, {"op": "length", "frames": -5}]},
                "TIMELINE_INVALID",
            ),
            ({"edits": [{"op": "length", "frames": 9}], "revision": 0}, "INVALID_REQUEST"),
            ({"edits": [{"op": "length", "frames": 9}] * 1_001}, "INVALID_REQUEST"),
        ],
    )
    def test_edits_that_cannot_be_change_nothing(
        self, client: httpx.Client, body: dict[str, Any], expected: str
    ) -> None:
        home = kept(client)["urls"]["self"]
        answer = client.patch(
            home,
            content=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        assert code(answer) == expected, answer.text
        assert client.get(home).json()["revision"] == 1

    @pytest.mark.parametrize("tag", ["1", '"one"', '"1", "2"', '"2"'])
    def test_a_tag_that_is_no_revision_of_ours_is_refused(
        self, client: httpx.Client, tag: str
    ) -> None:
        home = kept(client)["urls"]["self"]
        body = {"edits": [{"op": "length", "frames": 30}], "revision": 1}
        answer = client.patch(home, json=body, headers={"If-Match": tag})
        assert (answer.status_code, code(answer)) == (422, "INVALID_REQUEST")


STAND = {"op": "add", "track": "poses", "clip": {"start": 12, "end": 20, "value": "headstand"}}


class TestWordsOfTheCharacter:
    @pytest.mark.parametrize(
        ("edits", "place"),
        [
            ([STAND], "tracks.poses[1].value"),
            ([{"op": "set", "id": "lean", "value": "headstand"}], "tracks.poses[0].value"),
            (
                [
                    {"op": "length", "frames": 30},
                    {"op": "add", "track": "expressions", "clip": {
                        "start": 0, "end": 5, "value": "furious"}},
                ],
                "tracks.expressions[0].value",
            ),
            ([{"op": "character", "character": "owl"}], "tracks.poses[0].value"),
        ],
    )  # fmt: skip
    def test_an_edit_that_asks_for_what_it_has_not_is_refused_by_its_place(
        self, client: httpx.Client, edits: list[dict[str, Any]], place: str
    ) -> None:
        home = kept(client)["urls"]["self"]
        answer = client.patch(home, json={"edits": edits})
        error = answer.json()["error"]
        assert (answer.status_code, error["code"]) == (422, "TIMELINE_INVALID")
        assert error["details"]["where"] == place
        assert "is unknown; known are " in error["message"]
        assert client.get(home).json()["revision"] == 1

    def test_so_is_a_document_that_is_brought(self, client: httpx.Client) -> None:
        for document in (
            {**DOCUMENT, "tracks": {"poses": [STAND["clip"] | {"id": "stand"}]}},
            {**DOCUMENT, "character": "owl"},
        ):
            answer = client.post("/v1/timelines", json={"document": document})
            assert (answer.status_code, code(answer)) == (422, "TIMELINE_INVALID")
            assert answer.json()["error"]["details"]["where"] == "tracks.poses[0].value"

    def test_edits_may_give_another_character_and_mend_what_it_has_not(
        self, client: httpx.Client
    ) -> None:
        home = kept(client)["urls"]["self"]
        edits = [
            {"op": "character", "character": "owl"},
            {"op": "set", "id": "lean", "value": "nod_up_small"},
        ]
        edited = client.patch(home, json={"edits": edits}).json()
        assert edited["character"] == "owl"
        back = client.patch(home, json={"edits": edited["inverse"]}).json()
        assert back["character"] == "robin"

    def test_a_timeline_whose_character_lost_words_or_is_gone_can_still_be_edited(
        self, client: httpx.Client, stage: Stage, tmp_path: Path
    ) -> None:
        home = kept(client, character="dodo")["urls"]["self"]
        dodo = stage.services.characters.installed("dodo")
        assert dodo is not None
        (dodo / CONFIG).write_text(config_to_json(replace(BUILT, poses=("center",))))
        longer = {"op": "add", "track": "poses", "clip": {"start": 9, "end": 12, "value": "center"}}
        assert client.patch(home, json={"edits": [longer]}).status_code == 200
        dodo.rename(tmp_path / "dodo")
        assert client.patch(home, json={"edits": [STAND]}).status_code == 200
        saved = [{"op": "remove", "id": "poses-4"}, {"op": "character", "character": "wren"}]
        assert client.patch(home, json={"edits": saved}).json()["character"] == "wren"


class TestJobsAboutTimelines:
    def test_an_export_is_a_job_about_the_document_as_it_is(
        self, stage: Stage, client: httpx.Client
    ) -> None:
        record = sounding(client)
        answer = client.post(
            record["urls"]["export"],
            files={"background": ("room.png", PNG)},
            data={"format": "webm", "captions": "burned", "fps": "30", "metadata": '{"a": 1}'},
        )
        job = answer.json()
        assert (answer.status_code, job["kind"]) == (202, "export")
        assert job["urls"]["timeline"] == record["urls"]["self"]
        request = stage.services.jobs.get(job["id"]).request
        assert (request["revision"], request["format"]) == (1, "webm")
        assert set(stage.services.jobs.inputs(job["id"])) == {"audio", "background", "document"}
        assert client.get(job["urls"]["self"]).json()["metadata"] == {"a": 1}

    def test_align_and_emotions_are_jobs(self, stage: Stage, client: httpx.Client) -> None:
        record = sounding(client)
        answer = client.post(record["urls"]["align"], json={"transcript": "Hello.", "seed": 4})
        job = answer.json()
        assert (answer.status_code, job["kind"]) == (202, "timeline")
        assert job["urls"]["timeline"] == record["urls"]["self"]
        request = stage.services.jobs.get(job["id"]).request
        assert (request["part"], request["seed"], request["fps"]) == ("speech", 4, "12")
        home = record["urls"]["emotions"]
        assert code(client.post(home, json={})) == "TIMELINE_INVALID"

    @pytest.mark.parametrize(
        ("body", "status", "expected"),
        [
            ({"format": "avi"}, 422, "INVALID_REQUEST"),
            ({"format": "mp4", "background": "transparent"}, 422, "INVALID_OPTION"),
            ({"format": "webm", "draft": True}, 422, "INVALID_OPTION"),
            ({"fps": 500}, 422, "INVALID_OPTION"),
            ({"resolution": "2p"}, 422, "INVALID_REQUEST"),
            ({"background": "/etc/passwd"}, 422, "INVALID_OPTION"),
            ({"background": "ast_0"}, 404, "NOT_FOUND"),
            ({"background": "http://169.254.169.254/"}, 422, "UNSAFE_ADDRESS"),
            ({"captions": "sung"}, 422, "INVALID_REQUEST"),
            ({"deadline_seconds": 0}, 422, "INVALID_REQUEST"),
        ],
    )
    def test_exports_that_cannot_be_are_refused_at_once(
        self, client: httpx.Client, body: dict[str, Any], status: int, expected: str
    ) -> None:
        answer = client.post(kept(client)["urls"]["export"], json=body)
        assert (answer.status_code, code(answer)) == (status, expected), answer.text

    def test_captions_need_words_and_exports_an_end(self, client: httpx.Client) -> None:
        mute = kept(client, tracks={})
        answer = client.post(mute["urls"]["export"], json={"captions": "sidecar"})
        assert code(answer) == "INVALID_OPTION"
        endless = kept(client, frames=12 * 3_601)
        answer = client.post(endless["urls"]["export"], json={})
        assert (answer.status_code, code(answer)) == (413, "MEDIA_TOO_LARGE")

    def test_a_timeline_without_sound_cannot_be_listened_to(self, client: httpx.Client) -> None:
        record = kept(client)
        for what in ("align", "emotions"):
            answer = client.post(record["urls"][what], json={})
            assert (answer.status_code, code(answer)) == (422, "TIMELINE_INVALID")
        assert code(client.get(record["urls"]["sound"])) == "NOT_FOUND"

    def test_the_same_export_again_is_one_job(self, client: httpx.Client) -> None:
        record = kept(client)
        headers = {"Idempotency-Key": f"export-{record['id']}"}
        first, again = (
            client.post(record["urls"]["export"], json={"fps": 24}, headers=headers)
            for _ in range(2)
        )
        assert first.json()["id"] == again.json()["id"]
        other_timeline = kept(client)
        answer = client.post(other_timeline["urls"]["align"], json={}, headers=headers)
        assert answer.status_code == 422


class TestVideos:
    def test_a_character_is_a_visual(self, stage: Stage, client: httpx.Client) -> None:
        answer = client.post("/v1/videos", json={"character": "robin", "text": "Hi."})
        record = answer.json()
        assert (answer.status_code, record["engine"]) == (202, "character"), answer.text
        assert record["engine_reason"]
        request = stage.services.jobs.get(record["id"]).request
        assert request["character_ref"] == {"id": "robin", "name": "robin"}

    def test_a_timeline_brings_its_sound_and_its_rate(
        self, stage: Stage, client: httpx.Client
    ) -> None:
        timeline = sounding(client)
        body = {"timeline": timeline["id"], "output": {"format": "webm", "captions": "sidecar"}}
        answer = client.post("/v1/videos", json=body)
        assert answer.status_code == 202, answer.text
        job = stage.services.jobs.get(answer.json()["id"])
        assert set(stage.services.jobs.inputs(job.id)) == {"audio", "timeline"}
        assert (job.request["character"], job.request["output"]["fps"]) == ("robin", "12")
        assert job.request["transcript"] == "Hello."

    def test_another_key_s_timeline_is_not_there(
        self, stage: Stage, client: httpx.Client, url: str
    ) -> None:
        timeline = sounding(client)
        with other(stage, url, Scope.VIDEOS, Scope.CHARACTERS) as stranger:
            answer = stranger.post("/v1/videos", json={"timeline": timeline["id"]})
        assert (answer.status_code, code(answer)) == (404, "NOT_FOUND")

    def test_a_character_needs_its_scope(self, stage: Stage, url: str) -> None:
        with other(stage, url, Scope.VIDEOS) as client:
            answer = client.post("/v1/videos", json={"character": "robin", "text": "Hi."})
        assert (answer.status_code, code(answer)) == (403, "FORBIDDEN")

    @pytest.mark.parametrize("route", ["/v1/videos", "/v1/estimates"])
    @pytest.mark.parametrize(
        ("body", "status", "expected"),
        [
            ({"character": "nobody", "text": "Hi"}, 422, "UNKNOWN_CHARACTER"),
            ({"character": "robin"}, 422, "INVALID_OPTION"),
            ({"character": "robin", "text": "Hi", "face": 1}, 422, "INVALID_OPTION"),
            ({"character": "robin", "text": "Hi", "engine": "portrait"}, 422, "INVALID_OPTION"),
            ({"character": "robin", "text": "Hi", "options": {"a": 1}}, 422, "INVALID_OPTION"),
            (
                {"character": "robin", "text": "Hi", "output": {"framing": "head"}},
                422,
                "INVALID_OPTION",
            ),
            ({"timeline": "tml_0"}, 404, "NOT_FOUND"),
            ({"text": "Hi"}, 422, "INVALID_REQUEST"),
        ],
    )
    def test_what_cannot_be_played_is_refused_at_once(
        self, client: httpx.Client, route: str, body: dict[str, Any], status: int, expected: str
    ) -> None:
        answer = client.post(route, json=body)
        assert (answer.status_code, code(answer)) == (status, expected), answer.text

    def test_a_portrait_beside_a_character_is_one_too_many(self, client: httpx.Client) -> None:
        answer = client.post(
            "/v1/videos",
            files={"portrait": ("p.png", PNG)},
            data={"character": "robin", "text": "Hi"},
        )
        assert (answer.status_code, code(answer)) == (422, "INVALID_OPTION")

    def test_no_engine_of_characters_is_taken_for_a_portrait(self, client: httpx.Client) -> None:
        answer = client.post("/v1/videos", files={"portrait": ("p.png", PNG)}, data={"text": "Hi"})
        assert answer.json()["engine"] == "portrait"
        named = client.post(
            "/v1/videos",
            files={"portrait": ("p.png", PNG)},
            data={"text": "Hi", "engine": "character"},
        )
        assert code(named) == "INVALID_OPTION"
