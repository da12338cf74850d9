import json

from talkies.api.seeds.sadtalker_front import worded
from talkies.errors import DiskFull


def test_a_failure_does_not_say_where_our_files_lie() -> None:
    full = DiskFull("The disk is full.", details={"path": "/srv/talkies/scratch/a", "limit": 7})
    answer = worded(full, "req_1")
    body = json.loads(bytes(answer.body))
    assert (answer.status_code, body["code"], body["details"]) == (507, "DISK_FULL", {"limit": 7})
