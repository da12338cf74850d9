"""A painter of expressions that speaks OpenAI's protocol: `POST /images/edits`."""

import base64
import binascii
import json
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from itertools import count
from typing import Final

from talkies.errors import FetchFailed, MediaTooLarge, ProviderFailed, UnsafeAddress
from talkies.net.client import Answer, GuardedClient, Request
from talkies.rigs.building.painting import PaintingRefused
from talkies.studio.model_service import ModelService

#: Bytes of an answer: a picture of 1536 x 1024 pixels in base64 has a tenth of it.
MOST_BYTES: Final = 64_000_000
#: Sizes that are painted (OpenAI's reference of `images/edits`).
SIZES: Final = ((1024, 1024), (1024, 1536), (1536, 1024))
#: Statuses that may be another next time (RFC 9110; OpenAI's guide to error codes).
_PASSING: Final = frozenset({408, 409, 425, 429})
#: Codes by which one picture is refused, while others may be painted.
_REFUSALS: Final = frozenset({"moderation_blocked", "content_policy_violation"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PainterPatience:
    """How long and how often a painter is asked; seconds."""

    attempts: int = 4
    #: Wait before the second attempt; it doubles.
    backoff: float = 2.0
    #: No wait is longer, whatever the server asks for.
    longest_wait: float = 60.0
    #: For one answer: a picture takes up to two minutes.
    answer: float = 240.0


class _Failed(Exception):
    """One attempt came to nothing."""

    def __init__(self, reason: str, *, final: bool = False, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.reason, self.final, self.wait = reason, final, wait


class ImageEditPainter:
    """Asks a service for a picture at a time; several threads may ask."""

    def __init__(
        self,
        client: GuardedClient,
        service: ModelService,
        *,
        patience: PainterPatience | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client, self._service = client, service
        self._patience = patience or PainterPatience()
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
        for attempt in count(1):
            try:
                return _picture_in(self._answer(body, kind))
            except _Failed as failure:
                if failure.final or attempt >= self._patience.attempts:
                    raise _failed(failure) from failure
                wait = max(failure.wait, self._patience.backoff * 2 ** (attempt - 1))
            self._sleep(min(wait, self._patience.longest_wait))
        raise AssertionError("counting does not end")

    def _answer(self, body: bytes, kind: str) -> bytes:
        headers = {"content-type": kind, "content-length": str(len(body))}
        if self._service.key is not None:
            headers["authorization"] = f"Bearer {self._service.key}"
        request = Request(
            url=f"{self._service.base_url}/images/edits",
            method="POST",
            headers=headers,
            body=body,
            seconds=self._patience.answer,
        )
        try:
            with self._client.open(request) as answer:
                data = b"".join(answer.parts(MOST_BYTES))
        except FetchFailed as error:
            raise _Failed(error.message) from error
        except (MediaTooLarge, UnsafeAddress) as error:
            raise _Failed(error.message, final=True) from error
        if answer.status != HTTPStatus.OK:
            raise _refusal(answer, data)
        return data


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
        return base64.b64decode(json.loads(data)["data"][0]["b64_json"], validate=True)
    except (ValueError, LookupError, TypeError, binascii.Error) as error:
        raise _Failed("its answer has no picture in it") from error


def _refusal(answer: Answer, body: bytes) -> Exception:
    """What another status than 200 comes to."""
    code = _code(body)
    if code in _REFUSALS:
        return PaintingRefused(f"the painter refused it ({code}).")
    passing = answer.status in _PASSING or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    # An account that has no money has none in a minute either.
    final = not passing or code == "insufficient_quota"
    wait = _seconds(answer.headers.get("retry-after", ""))
    return _Failed(f"it answered {answer.status} {code}".rstrip(), final=final, wait=wait)


def _code(body: bytes) -> str:
    """The vendor's name for what went wrong. Its sentences are not repeated: they quote keys."""
    try:
        code = json.loads(body)["error"]["code"]
    except (ValueError, LookupError, TypeError):
        return ""
    return code if isinstance(code, str) and re.fullmatch("[a-z0-9_]{1,60}", code) else ""


def _seconds(text: str) -> float:
    """Seconds of a `Retry-After`; the form with a date is not used by these services."""
    return float(text) if re.fullmatch(r"[0-9]{1,6}(\.[0-9]+)?", text.strip()) else 0.0


def _failed(failure: _Failed) -> ProviderFailed:
    return ProviderFailed(
        f"The service that paints did not: {failure.reason.rstrip('.')}.",
        hint="Run the same command again: what is painted is kept. Or build without a painter.",
        details={"reason": "final" if failure.final else "attempts"},
    )
