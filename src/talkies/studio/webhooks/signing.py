"""Signatures after Standard Webhooks 1.0 (standardwebhooks.com): HMAC-SHA256 of id, time, body."""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime

from standardwebhooks import Webhook

from talkies.studio.access.secrets import WEBHOOK_MARK


def signed_headers(
    delivery_id: str, body: str, secrets: Sequence[str], *, at: int
) -> dict[str, str]:
    """The three headers; `at` is UTC milliseconds.

    Every live secret signs, so that a receiver may change over at any moment of a rotation.
    """
    moment = datetime.fromtimestamp(at // 1000, UTC)
    signatures = [Webhook(secret).sign(delivery_id, moment, body) for secret in secrets]
    return {
        "webhook-id": delivery_id,
        "webhook-timestamp": str(at // 1000),
        "webhook-signature": " ".join(signatures),
    }


def derived_secret(installation_secret: bytes) -> str:
    """The webhook secret of what belongs to no key, made of the installation's own secret."""
    derived = hmac.new(installation_secret, b"talkies webhooks", hashlib.sha256).digest()
    return WEBHOOK_MARK + base64.b64encode(derived).decode()
