"""What the serverless worker relies on in RunPod's SDK, beside what its documents promise."""

import json
import subprocess
import sys

#: In a process of its own: the SDK sets up logging, and parses the arguments of whoever loads it.
PROGRAM = """
import asyncio, inspect, json
from runpod.http_client import AsyncClientSession
from runpod.serverless.modules.rp_http import send_result
from runpod.serverless.modules.rp_job import run_job

async def failing(request):
    return {"error": '{"code": "GPU_OOM"}', "refresh_worker": True}

async def working(request):
    return {"files": {"video": request["input"]}}

async def main():
    failed = await run_job(failing, {"id": "1", "input": {}})
    worked = await run_job(working, {"id": "2", "input": "x"})
    async with AsyncClientSession() as session:
        headers = dict(session.headers)
    print(json.dumps({
        "failed": failed,
        "worked": worked,
        "send": list(inspect.signature(send_result).parameters),
        "awaits": inspect.iscoroutinefunction(send_result),
        "authorised": "Authorization" in headers,
    }))

asyncio.run(main())
"""


def test_the_sdk_does_with_answers_what_we_take_it_to_do() -> None:
    said = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM],
        check=True,
        capture_output=True,
        text=True,
        env={"RUNPOD_LOG_LEVEL": "ERROR", "PATH": ""},
    ).stdout
    found = json.loads(said)

    assert found["failed"] == {"error": '{"code": "GPU_OOM"}', "stopPod": True}
    assert found["worked"] == {"output": {"files": {"video": "x"}}}
    assert found["send"][:3] == ["session", "job_data", "job"]
    assert found["awaits"]
    assert found["authorised"]
