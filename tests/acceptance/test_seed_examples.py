"""Every command of the page about the seeds' contracts runs, as it is written, in order."""

import os
import re
import subprocess
import threading
from pathlib import Path

import pytest
from seed_stage import VIDEO, Seeds, picture, seeds, sound
from service_stage import SEED_CHARACTER
from small_character import small_character

from talkies.api.seeds import avatar_answers, avatar_errors, sadtalker_answers, sadtalker_options
from talkies.studio.mirror import rows

PAGE = (Path(__file__).parents[2] / "docs/reference/seeds.md").read_text()
BLOCKS = re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)
EXAMPLES = [block for block in BLOCKS if not block.startswith("export")]


def work(service: Seeds, ended: threading.Event) -> None:
    """Make the video of every job that waits."""
    while not ended.wait(0.05):
        for job in service.waiting():
            service.succeed(job.id)


def test_the_commands_run_in_order(tmp_path: Path) -> None:
    assert len(EXAMPLES) == 6
    small_character(tmp_path / "installed" / SEED_CHARACTER)
    (tmp_path / "face.png").write_bytes(picture())
    (tmp_path / "speech.wav").write_bytes(sound())
    ended = threading.Event()
    with seeds(tmp_path) as service:
        worker = threading.Thread(target=work, args=(service, ended))
        worker.start()
        try:
            answer = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", "\n".join(EXAMPLES)],
                cwd=tmp_path,
                env={"URL": service.url, "KEY": service.key(), "PATH": os.environ["PATH"]},
                capture_output=True,
                text=True,
                check=False,
                timeout=60,
            )
        finally:
            ended.set()
            worker.join()
    assert answer.returncode == 0, answer.stdout + answer.stderr
    for name in ("avatar.mp4", "sadtalker.mp4", "legacy.mp4", "line.mp4"):
        assert (tmp_path / name).read_bytes() == VIDEO
    assert answer.stdout.split()[-1] in {"queued", "running", "succeeded"}


class TestWords:
    """The page names what there is."""

    @pytest.mark.parametrize(
        "code",
        [
            kind.code
            for kind in (
                avatar_errors.InvalidImageFormat,
                avatar_errors.InvalidAudioFormat,
                avatar_errors.AudioTooLong,
                avatar_errors.UnusableInput,
                avatar_errors.JobFailed,
            )
        ],
    )
    def test_every_code_of_the_avatar_api(self, code: str) -> None:
        assert f"`{code}`" in PAGE

    @pytest.mark.parametrize(
        "word",
        sorted(
            {
                *avatar_answers.STATUSES.values(),
                *sadtalker_answers.STATUSES.values(),
                *rows.STATUSES.values(),
                *avatar_answers.JobStatus.model_fields,
                *avatar_answers.Result.model_fields,
                *sadtalker_answers.JobResponse.model_fields,
                *sadtalker_options.SadTalkerOptions.model_fields,
            }
        ),
    )
    def test_every_status_and_field(self, word: str) -> None:
        assert re.search(rf"`(meta\.)?{word}`", PAGE), word
