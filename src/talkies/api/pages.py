"""Pages for people: the documentation, open to all and complete without another server."""

import base64
import hashlib
from typing import Final

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, RedirectResponse

from talkies.api.docs_page import STYLE, rendered

router = APIRouter(include_in_schema=False)

_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()

#: The page has one style, and nothing else that a browser could load or run.
HEADERS: Final = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-cache",
}


@router.get("/")
@router.head("/")
async def front() -> RedirectResponse:
    """Whoever opens the address that the server printed finds the documentation."""
    return RedirectResponse("/docs", status_code=302)


@router.get("/docs")
@router.head("/docs")
async def docs(request: Request) -> HTMLResponse:
    """The documentation of this very version."""
    state = request.app.state
    if not hasattr(state, "docs"):
        state.docs = await run_in_threadpool(lambda: rendered(request.app.openapi()))
    return HTMLResponse(state.docs, headers=HEADERS)
