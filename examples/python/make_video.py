"""Makes a video with nothing but Python: python make_video.py face.png "Hello there." talk.mp4

TALKIES_URL is where the server is, TALKIES_KEY a key of it.
"""

import json
import os
import shutil
import sys
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

URL = os.environ.get("TALKIES_URL", "http://127.0.0.1:8000")
KEY = os.environ["TALKIES_KEY"]


def call(method: str, url: str, body: bytes | None = None, **headers: str) -> Any:
    """The JSON that a route answers; an answer of failure is raised with what it says."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(
        url, data=body, method=method, headers={"X-API-Key": KEY, **named}
    )
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        failure = json.load(error)["error"]
        raise SystemExit(f"{failure['code']}: {failure['message']} {failure['hint']}") from None


def upload(path: Path) -> str:
    """The id of the file as an asset: sent once, it can be used in many requests."""
    boundary = uuid.uuid4().hex
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{path.name}"'
        "\r\n\r\n"
    )
    body = head.encode() + path.read_bytes() + f"\r\n--{boundary}--\r\n".encode()
    form = f"multipart/form-data; boundary={boundary}"
    return str(call("POST", f"{URL}/v1/assets", body, Content_Type=form)["id"])


def create(asset: str, text: str) -> Any:
    """The new job. Sent again with the same Idempotency-Key, it is the same job."""
    body = {"portrait": asset, "text": text, "output": {"resolution": "480p"}}
    return call(
        "POST",
        f"{URL}/v1/videos",
        json.dumps(body).encode(),
        Content_Type="application/json",
        Idempotency_Key=str(uuid.uuid4()),
    )


def events(url: str) -> Iterator[Any]:
    """What happens to a job, as it happens (server-sent events), until it is done."""
    request = urllib.request.Request(url, headers={"X-API-Key": KEY})
    with urllib.request.urlopen(request, timeout=120) as stream:
        for line in stream:
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name == "data":
                yield json.loads(value)


def main(portrait: str, text: str, output: str) -> None:
    """Send the picture, make the video, follow it, and get it."""
    job = create(upload(Path(portrait)), text)
    for event in events(job["urls"]["events"]):
        print(event["type"], event["data"], file=sys.stderr)
    job = call("GET", job["urls"]["self"])
    if job["status"] != "succeeded":
        raise SystemExit(f"It {job['status']}: {job['error']}")
    # The link needs no key and is good for six hours.
    link = job["files"]["video"]["url"]
    with urllib.request.urlopen(link, timeout=120) as video, Path(output).open("wb") as file:
        shutil.copyfileobj(video, file)
    print(output)


if __name__ == "__main__":
    main(*sys.argv[1:])
