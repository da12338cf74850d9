"""Drawings that go out: with what a browser needs to keep them for ever."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from talkies.api.ranged import is_known, wanted
from talkies.studio.characters.drawing_memory import Drawing

#: A year (the longest that caches are asked for). What a pass shows may be kept by caches on the
#: way as well, as by a CDN in front of this server: by whether it was by a pass.
IMMUTABLE: Final = {
    False: "private, max-age=31536000, immutable",
    True: "public, max-age=31536000, immutable",
}


def headers_of(drawing: Drawing, cache_control: str) -> dict[str, str]:
    """The headers of an answer about a drawing, but for its length and type."""
    return {
        "ETag": f'"{drawing.etag}"',
        "Cache-Control": cache_control,
        "Accept-Ranges": "bytes",
        # A page of any origin may show what it has the address and the right of.
        "Cross-Origin-Resource-Policy": "cross-origin",
    }


def bytes_answer(request: Request, drawing: Drawing, cache_control: str) -> Response:
    """The answer to GET or HEAD; raises `RangeUnsatisfiable`."""
    headers = headers_of(drawing, cache_control)
    if is_known(request.headers.get("if-none-match", ""), drawing.etag):
        return Response(status_code=304, headers=headers)
    size = len(drawing.content)
    unless = request.headers.get("if-range")
    asked = None
    if unless is None or unless == headers["ETag"]:
        asked = wanted(request.headers.get("range", ""), size)
    start, end = asked or (0, size)
    if asked:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    body = b"" if request.method == "HEAD" else drawing.content[start:end]
    headers["Content-Length"] = str(end - start)
    status = 206 if asked else 200
    return Response(body, status, headers=headers, media_type=drawing.content_type)
