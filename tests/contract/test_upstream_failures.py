"""What upstream engines print and do when they fail, and the error and the retry that it becomes.

Every failure is a real one of a real program: see `support/upstreams`.
"""

import os
import shutil
from pathlib import Path

import pytest
from prepared_stage import speech
from upstream_checkouts import install
from upstream_stage import asked, context, engine, order, run

from talkies.engines.commands.codes import Retry, retry_after
from talkies.errors import (
    AudioSilent,
    AudioTooShort,
    EngineBroken,
    EngineFailure,
    EngineNoOutput,
    EngineStalled,
    FaceNotFound,
    GpuOutOfMemory,
    GpuUnavailable,
    HostOutOfMemory,
    TalkiesError,
    WeightsMissing,
    WeightsUnmappable,
)

NEVER, ONCE, SMALLER = Retry.NEVER, Retry.ONCE, Retry.SMALLER_PRESET

TABLE = [
    ("infinitetalk", "oom", GpuOutOfMemory, SMALLER),
    ("infinitetalk", "comfy_oom", GpuOutOfMemory, SMALLER),
    ("sadtalker", "oom_loop", GpuOutOfMemory, SMALLER),
    ("wav2lip", "image_too_big", GpuOutOfMemory, SMALLER),
    ("musetalk", "oom", GpuOutOfMemory, SMALLER),
    ("infinitetalk", "host_kill", HostOutOfMemory, Retry.SHORTER_SEGMENTS),
    ("infinitetalk", "too_short", AudioTooShort, NEVER),
    ("sadtalker", "no_face_type_error", FaceNotFound, NEVER),
    ("sadtalker", "no_face_index_error", FaceNotFound, NEVER),
    ("sadtalker", "no_face_exit_0", FaceNotFound, NEVER),
    ("wav2lip", "no_face", FaceNotFound, NEVER),
    ("ditto", "no_face", FaceNotFound, NEVER),
    ("latentsync", "no_face", FaceNotFound, NEVER),
    ("wav2lip", "silent", AudioSilent, NEVER),
    ("infinitetalk", "mmap", WeightsUnmappable, NEVER),
    ("infinitetalk", "missing_hub_file", WeightsMissing, NEVER),
    ("infinitetalk", "corrupt_weights", WeightsMissing, NEVER),
    ("infinitetalk", "truncated_weights", WeightsMissing, NEVER),
    ("wav2lip", "torchscript", WeightsMissing, NEVER),
    ("infinitetalk", "import_error", EngineBroken, NEVER),
    ("infinitetalk", "argspec", EngineBroken, NEVER),
    ("infinitetalk", "output_attentions", EngineBroken, NEVER),
    ("sadtalker", "numpy_float", EngineBroken, NEVER),
    ("sadtalker", "functional_tensor", EngineBroken, NEVER),
    ("wav2lip", "mel_positional", EngineBroken, NEVER),
    ("echomimic", "no_kernel", GpuUnavailable, NEVER),
    ("echomimic", "cuda_error", GpuUnavailable, NEVER),
    ("echomimic", "no_driver", GpuUnavailable, NEVER),
    ("infinitetalk", "no_output", EngineNoOutput, ONCE),
    ("sadtalker", "no_output", EngineNoOutput, ONCE),
    ("echomimic", "skip", EngineNoOutput, ONCE),
    ("wav2lip", "no_output", EngineNoOutput, ONCE),
    ("musetalk", "no_face", EngineNoOutput, ONCE),
]


@pytest.mark.parametrize(
    ("engine_id", "way", "kind", "retry"), TABLE, ids=[f"{name}-{way}" for name, way, *_ in TABLE]
)
def test_a_failure_is_what_it_is(
    tmp_path: Path, engine_id: str, way: str, kind: type[TalkiesError], retry: Retry
) -> None:
    checkout = install(tmp_path, engine_id)
    checkout.tell(way)
    made = order(checkout, tmp_path / "in", seconds=3.5, video=engine_id == "latentsync")
    with pytest.raises(kind) as raised:
        run(checkout, made)
    assert type(raised.value) is kind
    assert retry_after(raised.value) is retry
    assert raised.value.details["engine"] == engine_id
    assert not made.scratch.exists()


@pytest.mark.parametrize("engine_id", ["infinitetalk", "sadtalker", "echomimic", "wav2lip"])
def test_a_file_of_the_weights_that_is_gone_is_named(tmp_path: Path, engine_id: str) -> None:
    checkout = install(tmp_path, engine_id)
    for path in checkout.weights.rglob("*"):
        if path.name.endswith((".pth", ".safetensors", ".tar")):
            path.unlink()
    with pytest.raises(WeightsMissing) as raised:
        run(checkout, order(checkout, tmp_path / "in"))
    assert "log" in raised.value.details


def test_a_folder_where_a_file_of_weights_should_be_is_no_riddle(tmp_path: Path) -> None:
    checkout = install(tmp_path, "infinitetalk")
    adapter = checkout.weights / "InfiniteTalk/single/infinitetalk.safetensors"
    adapter.unlink()
    adapter.mkdir()
    with pytest.raises(WeightsMissing):
        run(checkout, order(checkout, tmp_path / "in"))


def test_a_detector_that_sadtalker_would_download_in_the_middle_of_a_job_is_missing(
    tmp_path: Path,
) -> None:
    checkout = install(tmp_path, "sadtalker")
    shutil.rmtree(checkout.weights / "gfpgan")
    with pytest.raises(WeightsMissing):
        run(checkout, order(checkout, tmp_path / "in"))


def test_a_program_that_says_nothing_more_is_ended(tmp_path: Path) -> None:
    checkout = install(tmp_path, "infinitetalk")
    checkout.tell("stall")
    made = order(checkout, tmp_path / "in")
    with pytest.raises(EngineStalled) as raised:
        run(checkout, made, silence_seconds=1.5)
    assert retry_after(raised.value) is NEVER
    assert _processes_of(made.scratch) == []


def test_a_grandchild_that_left_the_group_is_ended_too(tmp_path: Path) -> None:
    checkout = install(tmp_path, "sadtalker")
    checkout.tell("orphan")
    with pytest.raises(EngineStalled):
        run(checkout, order(checkout, tmp_path / "in"), silence_seconds=1.5)
    assert not _is_alive(checkout.orphan)


def test_a_batch_that_was_halved_is_no_failure(tmp_path: Path) -> None:
    checkout = install(tmp_path, "wav2lip")
    checkout.tell("batch_halves")
    assert run(checkout, order(checkout, tmp_path / "in", seconds=2)).is_file()


def test_memory_that_is_too_small_leads_down_to_what_fits(tmp_path: Path) -> None:
    checkout = install(tmp_path, "infinitetalk")
    checkout.tell("oom", only={"num_persistent_param_in_dit": None})
    wanted = asked(tmp_path / "in", speech((1.0, True)), options={"preset": "standard-720"})
    told = context(tmp_path / "work")
    assert engine(checkout).render(wanted, told).is_file()
    tried = [
        (one["arguments"]["size"], one["arguments"]["num_persistent_param_in_dit"])
        for one in checkout.runs()
    ]
    assert tried == [
        ("infinitetalk-720", None), ("infinitetalk-480", None), ("infinitetalk-480", 0),
    ]  # fmt: skip
    fallen = [each for each in told.warnings if "memory was too small" in each]
    assert len(fallen) == 2


def test_memory_that_is_too_small_for_everything_is_the_user_s_to_know(tmp_path: Path) -> None:
    checkout = install(tmp_path, "infinitetalk", "bf16")
    checkout.tell("oom")
    wanted = asked(tmp_path / "in", speech((1.0, True)), options={"preset": "best-720"})
    with pytest.raises(GpuOutOfMemory):
        engine(checkout).render(wanted, context(tmp_path / "work"))
    # best-720, best, best-offload; best-fp8-offload is passed over: its weights are not there.
    assert len(checkout.runs()) == 3


def test_a_video_that_did_not_come_is_asked_for_once_more(tmp_path: Path) -> None:
    checkout = install(tmp_path, "sadtalker")
    checkout.tell("no_output")
    wanted = asked(tmp_path / "in", speech((1.0, True)))
    with pytest.raises(EngineFailure):
        engine(checkout).render(wanted, context(tmp_path / "work"))
    assert len(checkout.runs()) == 2


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return b"Z" not in Path(f"/proc/{pid}/stat").read_bytes().split()[2:3]


def _processes_of(folder: Path) -> list[str]:
    """Processes that work in a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            where = os.readlink(process / "cwd")  # noqa: PTH115 - it may be gone, "(deleted)"
        except OSError:
            continue
        if where.startswith(str(folder)):
            found.append(process.name)
    return found
