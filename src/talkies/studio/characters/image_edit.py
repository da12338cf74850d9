"""A painter of expressions that speaks OpenAI's protocol: `POST /images/edits`."""

import base64
import binascii
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Final

from talkies.errors import ProviderFailed
from talkies.net.client import GuardedClient
from talkies.rigs.building.painting import PaintingRefused
from talkies.studio.model_service import (
    ModelService,
    NoAnswer,
    Patience,
    Question,
    ask,
    patiently,
    read_json,
)

#: Bytes of an answer: a picture of 1536 x 1024 pixels in base64 has a tenth of it.
MOST_BYTES: Final = 64_000_000
#: Sizes that are painted (OpenAI's reference of `images/edits`).
SIZES: Final = ((1024, 1024), (1024, 1536), (1536, 1024))
#: Codes by which one picture is refused, while others may be painted.
_REFUSALS: Final = frozenset({"moderation_blocked", "content_policy_violation"})


#: A picture takes up to two minutes.
PATIENCE: Final = Patience(backoff=2.0, longest_wait=60.0, answer=240.0)


class ImageEditPainter:
    """Asks a service for a picture at a time; several threads may ask."""

    def __init__(
        self,
        client: GuardedClient,
        service: ModelService,
        *,
        patience: Patience = PATIENCE,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client, self._service = client, service
        self._patience = patience
        self._sleep = sleep

    @property
    def name(self) -> str:
        return self._service.image_model

    def paint(self, drawing: bytes, words: str, size: tuple[int, int]) -> bytes:
        """The file of a picture of about `size`, changed as `words` say; `drawing` is a PNG.

        Raises `PaintingRefused` for this picture, and `ProviderFailed` where nothing can be had.
        """
        fields = {
            "model": self._service.image_model,
            "prompt": words,
            "size": "{}x{}".format(*nearest(size)),
            "background": "transparent",
            "output_format": "png",
            "n": "1",
        }
        body, kind = multipart(fields, drawing)
        asked = Question(path="/images/edits", content_type=kind, body=body, most_bytes=MOST_BYTES)

        def attempt(seconds: float) -> bytes:
            return _picture_in(ask(self._client, self._service, asked, seconds))

        try:
            return patiently(attempt, self._patience, sleep=self._sleep)
        except NoAnswer as failure:
            if failure.code in _REFUSALS:
                raise PaintingRefused(f"the painter refused it ({failure.code}).") from failure
            raise _failed(failure) from failure


def nearest(size: tuple[int, int]) -> tuple[int, int]:
    """The size that is painted whose shape is nearest to that of `size`."""
    shape = size[0] / size[1]
    return min(SIZES, key=lambda one: abs(one[0] / one[1] - shape))


def multipart(fields: Mapping[str, str], drawing: bytes) -> tuple[bytes, str]:
    """A form with a PNG as `image` (RFC 7578): its bytes and its content type."""
    mark = f"talkies-{secrets.token_hex(16)}"
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'.encode()
        for name, text in fields.items()
    ]
    head = (
        f'--{mark}\r\nContent-Disposition: form-data; name="image"; filename="drawing.png"\r\n'
        "Content-Type: image/png\r\n\r\n"
    )
    body = b"".join([*parts, head.encode(), drawing, f"\r\n--{mark}--\r\n".encode()])
    return body, f"multipart/form-data; boundary={mark}"


def _picture_in(data: bytes) -> bytes:
    """The picture of an answer."""
    try:
        return base64.b64decode(read_json(data)["data"][0]["b64_json"], validate=True)
    except (ValueError, LookupError, TypeError, binascii.Error) as error:
        raise NoAnswer("its answer has no picture in it") from error


def _failed(failure: NoAnswer) -> ProviderFailed:
    return ProviderFailed(
        f"The service that paints did not: {failure}.",
        hint="Run the same command again: what is painted is kept. Or build without a painter.",
        details={"reason": "final" if failure.final else "attempts"},
    )
