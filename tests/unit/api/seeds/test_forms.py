"""Failures in a seed's own words, and which of them are left to the application."""

import asyncio
from collections.abc import Callable

import httpx
import pytest
from fastapi import APIRouter, FastAPI, HTTPException
from starlette.responses import JSONResponse

from talkies.api.multipart import Form
from talkies.api.seeds.forms import file_of, form_of, route_class
from talkies.api.uploads import Received
from talkies.errors import InvalidRequest, NotFound, StorageRefused, TalkiesError


def worded(error: TalkiesError, request_id: str) -> JSONResponse:
    return JSONResponse({"ours": error.code}, status_code=418)


Get = Callable[[str], httpx.Response]


@pytest.fixture
def get() -> Get:
    """Asks a small application."""
    router = APIRouter(route_class=route_class(worded))

    @router.get("/missing")
    def missing() -> None:
        raise NotFound

    @router.get("/wrapped")
    def wrapped() -> None:
        raise HTTPException(400) from NotFound()

    @router.get("/broken")
    def broken() -> None:
        raise StorageRefused

    @router.get("/plain")
    def plain() -> None:
        raise HTTPException(404)

    @router.get("/number/{number}")
    def number(number: int) -> int:
        return number

    app = FastAPI()
    app.include_router(router)
    transport = httpx.ASGITransport(app)

    async def ask(path: str) -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.get(path)

    return lambda path: asyncio.run(ask(path))


@pytest.mark.parametrize(
    ("path", "code"),
    [("/missing", "NOT_FOUND"), ("/wrapped", "NOT_FOUND"), ("/number/x", "INVALID_REQUEST")],
)
def test_what_the_caller_can_mend_is_in_the_seeds_words(get: Get, path: str, code: str) -> None:
    answer = get(path)
    assert (answer.status_code, answer.json()) == (418, {"ours": code})


def test_what_is_the_servers_fault_is_left_to_the_application(get: Get) -> None:
    with pytest.raises(StorageRefused):
        get("/broken")


def test_what_the_framework_refuses_is_left_to_the_application(get: Get) -> None:
    answer = get("/plain")
    assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})


def test_what_went_well_is_untouched(get: Get) -> None:
    assert get("/number/7").json() == 7


class TestForm:
    def test_json_is_no_form(self) -> None:
        with pytest.raises(InvalidRequest):
            form_of(Received(document={"image": "x"}))

    @pytest.mark.parametrize("text", ["a\0b", "\ud800"])
    def test_text_that_no_database_keeps_is_refused_by_its_field(self, text: str) -> None:
        with pytest.raises(InvalidRequest, match="/prompt"):
            form_of(Received(form=Form(texts={"prompt": (text,)})))

    def test_a_missing_file_is_refused_by_its_name(self) -> None:
        with pytest.raises(InvalidRequest, match="/image"):
            file_of(Form(), "image")
