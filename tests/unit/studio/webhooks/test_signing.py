import time

import pytest
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError
from webhook_stage import KEY_SECRET, OLD_KEY_SECRET

from talkies.studio.access.secrets import new_webhook_secret
from talkies.studio.webhooks.signing import derived_secret, signed_headers

BODY = '{"type":"job.succeeded","name":"Zoë"}'


def test_the_librarys_own_check_accepts_every_live_secret() -> None:
    now = time.time_ns() // 1_000_000
    headers = signed_headers("msg_1", BODY, (KEY_SECRET, OLD_KEY_SECRET), at=now)
    assert len(headers["webhook-signature"].split(" ")) == 2
    for secret in (KEY_SECRET, OLD_KEY_SECRET):
        assert Webhook(secret).verify(BODY.encode(), headers)["name"] == "Zoë"
    with pytest.raises(WebhookVerificationError):
        Webhook(new_webhook_secret()).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(KEY_SECRET).verify(BODY.replace("Zoë", "Zoe"), headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(KEY_SECRET).verify(BODY, {**headers, "webhook-id": "msg_2"})


def test_the_signature_is_that_of_the_standard() -> None:
    """The example of the specification (github.com/standard-webhooks, spec, "Signature scheme")."""
    headers = signed_headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        '{"test": 2432232314}',
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",),
        at=1_614_265_330_000,
    )
    assert headers["webhook-timestamp"] == "1614265330"
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_an_installation_has_a_secret_of_its_own() -> None:
    assert derived_secret(b"a") == derived_secret(b"a") != derived_secret(b"b")
    assert derived_secret(b"a").startswith("whsec_")
