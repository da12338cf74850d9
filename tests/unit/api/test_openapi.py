import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from api_client import client_of
from service_stage import built

from talkies import errors

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    with client_of(built(tmp_path_factory.mktemp("service")), "") as client:
        return client.get("/openapi.json").json()


def operations(api: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in api["paths"].items():
        for method, operation in methods.items():
            assert method in METHODS
            yield f"{method.upper()} {path}", operation


def v1(api: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Ours; `/v1/jobs` is SadTalker's (S9), with statuses of its own."""
    ours = ((name, one) for name, one in operations(api) if " /v1/" in name)
    return ((name, one) for name, one in ours if not name.split()[1].startswith("/v1/jobs"))


def test_it_is_openapi_3_1_and_open_to_all(api: dict[str, Any]) -> None:
    assert api["openapi"].startswith("3.1")
    assert {"bearer", "api_key", "session"} <= set(api["components"]["securitySchemes"])


def test_every_reference_leads_somewhere(api: dict[str, Any]) -> None:
    names = set(re.findall(r"#/components/schemas/([\w.-]+)", str(api)))
    assert names <= set(api["components"]["schemas"])
    assert "HTTPValidationError" not in str(api)


def test_every_route_is_told_in_words(api: dict[str, Any]) -> None:
    ids = [operation["operationId"] for _, operation in operations(api)]
    assert len(ids) == len(set(ids))
    for name, operation in operations(api):
        assert operation.get("summary"), name
        assert operation.get("tags"), name


def test_every_code_that_is_told_is_one_of_ours_at_its_status(api: dict[str, Any]) -> None:
    ours = {
        kind.code: kind.status
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.TalkiesError)
    }
    for name, operation in v1(api):
        for status, answer in operation["responses"].items():
            if int(status) < 400:
                continue
            media = answer["content"]["application/json"]
            assert media["schema"] == {"$ref": "#/components/schemas/ErrorAnswer"}, name
            for code, example in media["examples"].items():
                assert ours[code] == int(status), name
                assert example["value"]["error"]["code"] == code
                assert f"`{code}`" in answer["description"]


def test_what_needs_a_key_says_so(api: dict[str, Any]) -> None:
    for name, operation in v1(api):
        path = name.split()[1]
        if operation.get("security"):
            assert {"401", "403", "429"} <= set(operation["responses"]), name
        else:
            assert path.startswith(("/v1/files", "/v1/session")), name


def test_what_reads_a_body_says_what_it_refuses(api: dict[str, Any]) -> None:
    for name, operation in v1(api):
        if "requestBody" in operation:
            assert {"400", "413", "422"} <= set(operation["responses"]), name


def test_both_bodies_of_a_video_are_described_with_examples(api: dict[str, Any]) -> None:
    content = api["paths"]["/v1/videos"]["post"]["requestBody"]["content"]
    form, whole = content["multipart/form-data"], content["application/json"]
    assert whole["schema"] == {"$ref": "#/components/schemas/VideoBody"}
    fields = form["schema"]["properties"]
    assert {"portrait", "audio", "text", "resolution", "metadata"} <= set(fields)
    assert fields["portrait"]["oneOf"][0] == {"type": "string", "format": "binary"}
    assert form["examples"]
    assert whole["examples"]
    responses = api["paths"]["/v1/videos"]["post"]["responses"]
    assert {"200", "202", "409", "415", "429"} <= set(responses)
    assert "Location" in responses["202"]["headers"]


def test_the_description_is_made_once(tmp_path: Path) -> None:
    with client_of(built(tmp_path), "") as client:
        assert client.get("/openapi.json").json() == client.get("/openapi.json").json()


def test_the_reference_page_lists_the_routes_as_they_are(api: dict[str, Any]) -> None:
    page = (Path(__file__).parents[3] / "docs/reference/api.md").read_text()
    listed = re.findall(r"^\| `([A-Z]+ /\S*)` \| (.+) \|$", page, re.MULTILINE)
    seeds = {"avatar API", "SadTalker", "SadTalker front", "face rig"}
    served = [
        (name, operation["summary"])
        for name, operation in operations(api)
        if not seeds & set(operation["tags"])
    ]
    assert sorted(listed) == sorted(served)
