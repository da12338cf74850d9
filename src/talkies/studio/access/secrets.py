"""Secrets of ours: how they are made, and what is kept of them."""

import base64
import hashlib
import secrets
from typing import Final

#: Opens every key, so that scanners of leaked secrets can know one.
KEY_MARK: Final = "tk_"

#: Characters of a key that a list shows, with its mark: 48 of its 256 bits.
SHOWN: Final = len(KEY_MARK) + 8

#: Opens a webhook secret (standardwebhooks.com, "Signature scheme").
WEBHOOK_MARK: Final = "whsec_"

_BYTES: Final = 32


def new_key() -> str:
    """A key: 256 random bits in 43 URL-safe characters after its mark."""
    return KEY_MARK + secrets.token_urlsafe(_BYTES)


def new_token() -> str:
    """256 random bits, for a sign-in link or a cookie."""
    return secrets.token_urlsafe(_BYTES)


def new_webhook_secret() -> str:
    """A webhook secret: 256 random bits in base64 after its mark."""
    return WEBHOOK_MARK + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def digest(secret: str) -> str:
    """What is kept of a secret: its SHA-256 in hexadecimal.

    A slow, salted hash protects what people think up; 256 random bits cannot be guessed from
    their SHA-256, and a hash without salt can be looked up by an index.
    """
    return hashlib.sha256(secret.encode()).hexdigest()
