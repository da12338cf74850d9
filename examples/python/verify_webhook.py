"""Verifies what a webhook brought: python verify_webhook.py ID TIMESTAMP SIGNATURE < body

The three are the headers webhook-id, webhook-timestamp and webhook-signature;
TALKIES_WEBHOOK_SECRET is the whsec_… that was shown when the address was added. The library
`standardwebhooks` does the same.
"""

import base64
import hashlib
import hmac
import os
import sys
import time

#: Seconds that a webhook may be old: who recorded one cannot send it again tomorrow.
TOLERANCE = 300


def verify(secret: str, id_: str, timestamp: str, signatures: str, body: bytes) -> None:
    """Raise `ValueError` where the body is not what was signed with the secret just now."""
    if abs(time.time() - int(timestamp)) > TOLERANCE:
        raise ValueError("The webhook is too old, or from the future.")
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{id_}.{timestamp}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    # There are two signatures while a secret is being replaced.
    if not any(hmac.compare_digest(each, f"v1,{expected}") for each in signatures.split()):
        raise ValueError("The signature is wrong.")


if __name__ == "__main__":
    try:
        verify(os.environ["TALKIES_WEBHOOK_SECRET"], *sys.argv[1:4], body=sys.stdin.buffer.read())
    except ValueError as error:
        raise SystemExit(str(error)) from None
    print("verified")
