from pathlib import Path

import pytest
from api_client import client_of
from service_stage import built

from talkies.api.services import HttpOptions

STRANGER = ("192.0.2.7", 50_000)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "http://localhost:3000"}, 200),
        ({"Origin": "https://page.example"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://[::1"}, 403),
        ({"Origin": "http://localhost:3000", "Sec-Fetch-Site": "same-site"}, 200),
        ({"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
def test_pages_of_strangers_change_nothing_whatever_their_browser_says(
    tmp_path: Path, headers: dict[str, str], status: int
) -> None:
    http = HttpOptions(public_seed_routes=True, allowed_origins=("https://page.example",))
    with client_of(built(tmp_path, http=http), "", address=STRANGER) as client:
        body = {"transcript": "", "total_duration_ms": 0}
        answer = client.post("/generate-emotions", json=body, headers=headers)
        assert answer.status_code == status
        assert client.get("/health", headers=headers).status_code == 200
