import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from api_client import client_of
from service_stage import built

from talkies.api.docs_page import rendered

VOID = {"meta", "br"}


class Balance(HTMLParser):
    """Sees that every tag is closed, and what the page would load."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        if tag in {"script", "link", "img", "iframe"}:
            self.loads.append(tag)
        self.loads += [value or "" for name, value in attrs if name == "src"]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    with client_of(built(tmp_path_factory.mktemp("service")), "") as client:
        answer = client.get("/docs")
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    return answer.text


def test_the_page_is_whole_and_loads_nothing(page: str) -> None:
    balance = Balance()
    balance.feed(page)
    assert balance.open == []
    assert balance.loads == []
    assert "http://" not in re.sub(r"<pre>.*?</pre>", "", page, flags=re.DOTALL)


def test_every_route_is_on_it(page: str, tmp_path: Path) -> None:
    with client_of(built(tmp_path), "") as client:
        paths = client.get("/openapi.json").json()["paths"]
    for path in paths:
        assert f"<code>{path}</code>" in page


def test_what_stands_in_a_description_is_text_and_never_markup() -> None:
    evil = "<script>alert(1)</script> `a<b`"
    operation = {
        "summary": evil,
        "description": evil,
        "tags": [evil],
        "parameters": [
            {"name": evil, "in": "query", "schema": {"enum": [evil]}, "description": evil}
        ],
        "requestBody": {
            "content": {
                "application/json": {
                    "schema": {"properties": {evil: {"const": evil, "description": evil}}},
                    "examples": {"a": {"summary": evil, "value": {"a": evil}}},
                }
            }
        },
        "responses": {"200": {"description": evil, "content": {evil: {}}}},
    }
    api = {
        "openapi": "3.1.0",
        "info": {"title": evil, "version": evil, "description": evil, "summary": evil},
        "paths": {f"/{evil}": {"get": operation}},
    }
    found = rendered(api)
    assert "<script" not in found
    assert "<code>a&lt;b</code>" in found


def test_the_front_door_leads_to_the_documentation(tmp_path: Path) -> None:
    with client_of(built(tmp_path), "") as client:
        answer = client.get("/", follow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/docs")
