"""What a process that only answers tidies on a machine that it shares with workers."""

import os
import time
from pathlib import Path

from talkies.jobs.records import NewJob
from talkies.settings import load
from talkies.wiring.service import Service

#: Seconds for which nobody wrote into the folders: longer than any upload may pause.
LONG = 7_200.0


def left_alone(folder: Path) -> Path:
    """A folder with a file, both untouched for long."""
    file = folder / "portrait.png"
    file.write_bytes(b"picture")
    before = time.time() - LONG
    for path in (file, folder):
        os.utime(path, (before, before))
    return folder


def test_uploads_that_broke_off_go_and_folders_of_jobs_stay(tmp_path: Path) -> None:
    service = Service(load({"data_dir": tmp_path}, environ={}, env_file=None), works=False)
    service.parts.open()
    scratch = service.parts.base.scratch
    service.parts.work.jobs.accept(NewJob(id="vid_1", kind="video", request={}, engine="portrait"))
    job, upload = left_alone(scratch.folder("vid_1")), left_alone(scratch.folder("incoming_1"))
    service._stopping.set()
    service._tidying.start()
    service._tidying.join()
    service.parts.close()
    assert not upload.exists()
    assert (job / "portrait.png").exists()
