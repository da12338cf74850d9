"""Links of our own that expire: who holds one may read, or write, one blob until then."""

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from talkies.errors import Forbidden, LinkExpired, Misconfigured
from talkies.kit.clock import Clock, now
from talkies.storage.filenames import safe_name
from talkies.storage.keys import checked

#: Where this server answers signed links.
FILES: Final = "/v1/files/"

#: Bytes of a secret: as many as the digest has (RFC 2104 §3).
SECRET_BYTES: Final = 32

READ: Final = "read"
WRITE: Final = "write"


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadTerms:
    """What may be written with one link."""

    content_type: str
    #: Bytes, exactly.
    size: int


class LinkSigner:
    """Signs links with HMAC-SHA256 over all they say, and checks them."""

    def __init__(self, secret: bytes, clock: Clock = now) -> None:
        if len(secret) < SECRET_BYTES:
            raise Misconfigured(
                f"The secret that signs links has {len(secret)} bytes.",
                hint=f"Give it {SECRET_BYTES} random bytes or more.",
            )
        self._secret = secret
        self._clock = clock

    def sign(self, key: str, seconds: int, filename: str | None = None) -> str:
        """A link, beginning with `/`, that reads the blob; `filename` is what it is saved as."""
        said = {"filename": safe_name(filename)} if filename else {}
        return self._link(READ, key, seconds, said)

    def sign_upload(self, key: str, seconds: int, terms: UploadTerms) -> str:
        """A link, beginning with `/`, that writes the blob."""
        said = {"content_type": terms.content_type, "size": str(terms.size)}
        return self._link(WRITE, key, seconds, said)

    def verify(self, key: str, query: Mapping[str, str]) -> str | None:
        """The name under which the blob of a link is to be saved, if it has one.

        Raises `Forbidden` where the link is not ours or was changed, `LinkExpired` where it was
        good once.
        """
        said = {"filename": query["filename"]} if "filename" in query else {}
        self._check(READ, key, query, said)
        return said.get("filename")

    def verify_upload(self, key: str, query: Mapping[str, str]) -> UploadTerms:
        """What may be written with a link; raises as `verify` does."""
        said = {name: query.get(name, "") for name in ("content_type", "size")}
        self._check(WRITE, key, query, said)
        return UploadTerms(content_type=said["content_type"], size=int(said["size"]))

    def _link(self, purpose: str, key: str, seconds: int, said: Mapping[str, str]) -> str:
        expires = str(self._clock() // 1000 + seconds)
        signature = self._signature(purpose, checked(key), expires, said)
        return f"{FILES}{key}?{urlencode({'expires': expires, **said, 'signature': signature})}"

    def _check(
        self, purpose: str, key: str, query: Mapping[str, str], said: Mapping[str, str]
    ) -> None:
        expires = query.get("expires", "")
        expected = self._signature(purpose, key, expires, said)
        given = query.get("signature", "")
        if not hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace")):
            raise Forbidden(
                "This link was not made by this server, or it was changed.",
                hint="Take a link from the job or asset it belongs to, unchanged.",
            )
        if int(expires) * 1000 <= self._clock():
            raise LinkExpired

    def _signature(self, purpose: str, key: str, expires: str, said: Mapping[str, str]) -> str:
        # JSON keeps the fields apart: no text of one can pass for two.
        message = json.dumps([purpose, key, expires, sorted(said.items())])
        digest = hmac.digest(self._secret, message.encode(), "sha256")
        return urlsafe_b64encode(digest).rstrip(b"=").decode()
