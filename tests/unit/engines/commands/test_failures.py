import re

import pytest
from odd_stage import description

from talkies.engines.commands.codes import CODES, Retry, retry_after
from talkies.engines.commands.description import FailurePattern
from talkies.engines.commands.failures import GENERAL, error_of, failure_of, known_sign
from talkies.errors import (
    ChildCrashed,
    EngineBroken,
    EngineFailure,
    EngineNoOutput,
    EngineStalled,
    FaceNotFound,
    GpuOutOfMemory,
    HostOutOfMemory,
    WeightsMissing,
)

ENGINE = description()
TRACEBACK = "Traceback (most recent call last):"


def traceback(last: str) -> list[str]:
    return [TRACEBACK, '  File "{repository}/run.py", line 3, in <module>', "    run()", last]


def code_of(lines: list[str], status: int | None = 1) -> str | None:
    error = failure_of(ENGINE, lines, status)
    return None if error is None else error.code


#: What upstream programs print, and what it means: the whole table of what is known of them.
SAID = [
    ("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB", "GPU_OOM"),
    ("torch.cuda.OutOfMemoryError: CUDA out of memory.", "GPU_OOM"),
    ("RuntimeError: Allocation on device 0 would exceed allowed memory.", "GPU_OOM"),
    ("RuntimeError: CUDA error: out of memory", "GPU_OOM"),
    ("RuntimeError: CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling", "GPU_OOM"),
    ("Warning: out of memory, sleep for 1s", "GPU_OOM"),
    ("MemoryError: Unable to allocate 9.00 GiB", "HOST_OOM_OR_KILLED"),
    (
        "AssertionError: Aduio file not exists or length not satisfies frame nums.",
        "AUDIO_TOO_SHORT",
    ),
    ("TypeError: exceptions must derive from BaseException", "FACE_NOT_FOUND"),
    ("Can't get the coeffs of the input", "FACE_NOT_FOUND"),
    ("No face is detected in the input file", "FACE_NOT_FOUND"),
    (
        "ValueError: Face not detected! Ensure the video contains a face in all the frames.",
        "FACE_NOT_FOUND",
    ),
    ("frame 3 has no face detected", "FACE_NOT_FOUND"),
    (
        "ValueError: Mel contains nan! Using a TTS voice? Add a small epsilon noise to the wav",
        "AUDIO_SILENT",
    ),
    ("OSError: No such device (os error 19)", "WEIGHTS_ON_NETWORK_VOLUME"),
    (
        "FileNotFoundError: [Errno 2] No such file or directory: '{weights}/a.pth'",
        "WEIGHTS_MISSING_OR_CORRUPT",
    ),
    (
        "IsADirectoryError: [Errno 21] Is a directory: '{weights}/single'",
        "WEIGHTS_MISSING_OR_CORRUPT",
    ),
    (
        "OSError: Error no file named diffusion_pytorch_model.bin found",
        "WEIGHTS_MISSING_OR_CORRUPT",
    ),
    ("_pickle.UnpicklingError: invalid load key, 'v'.", "WEIGHTS_MISSING_OR_CORRUPT"),
    ("KeyError: 'state_dict'", "WEIGHTS_MISSING_OR_CORRUPT"),
    ("RuntimeError: unexpected EOF, expected 4 more bytes", "WEIGHTS_MISSING_OR_CORRUPT"),
    (
        "safetensors_rust.SafetensorError: Error while deserializing header",
        "WEIGHTS_MISSING_OR_CORRUPT",
    ),
    ("ModuleNotFoundError: No module named 'xfuser'", "ENGINE_ENV_BROKEN"),
    ("ImportError: cannot import name 'ArgSpec' from 'inspect'", "ENGINE_ENV_BROKEN"),
    ("AttributeError: module 'numpy' has no attribute 'float'", "ENGINE_ENV_BROKEN"),
    (
        "KeyError: 'torchvision.transforms.functional_tensor'",
        "ENGINE_ENV_BROKEN",
    ),
    (
        "ValueError: The output_attentions attribute is not supported when using sdpa",
        "ENGINE_ENV_BROKEN",
    ),
    ("TypeError: mel() takes 0 positional arguments but 2 were given", "ENGINE_ENV_BROKEN"),
    (
        "RuntimeError: CUDA error: no kernel image is available for execution on the device",
        "GPU_UNAVAILABLE",
    ),
    ("RuntimeError: CUDA error: device-side assert triggered", "GPU_UNAVAILABLE"),
    ("RuntimeError: Found no NVIDIA driver on your system.", "GPU_UNAVAILABLE"),
    ("RuntimeError: No CUDA GPUs are available", "GPU_UNAVAILABLE"),
    ("OSError: [Errno 28] No space left on device", "DISK_FULL"),
]


@pytest.mark.parametrize(("line", "code"), SAID)
def test_what_programs_say_is_known(line: str, code: str) -> None:
    for lines in ([line], traceback(line), ["before", line, "after"]):
        error = failure_of(ENGINE, lines, 1)
        assert error is not None
        assert error.code == code
        assert line in error.message
        assert error.details["status"] == 1


#: Besides, lines of which only the table knows.
SAID_BY_FEW = [
    "OSError: [Errno 19] No such device",
    "{weights}/x.pth: No such file or directory",
    "RuntimeError: PytorchStreamReader failed finding central directory",
    "The NVIDIA driver on your system is too old (found version 11040)",
    "AssertionError: Torch not compiled with CUDA enabled",
    "RuntimeError: DefaultCPUAllocator: can't allocate memory",
]


def test_every_general_sign_is_shown_by_an_example() -> None:
    lines = [*(line for line, _ in SAID), *SAID_BY_FEW]
    untried = [
        each.pattern for each in GENERAL if not any(re.search(each.pattern, line) for line in lines)
    ]
    assert untried == []
    assert all(known_sign(ENGINE, line) for line in SAID_BY_FEW)
    assert known_sign(ENGINE, "Loading weights") is None


def test_a_path_that_is_not_of_the_weights_says_nothing_of_them() -> None:
    line = "FileNotFoundError: [Errno 2] No such file or directory: '{scratch}/x.wav'"
    assert code_of(traceback(line)) == "ENGINE_FAILURE"


def test_killed_without_a_traceback_is_a_full_memory() -> None:
    for status in (-9, 137):
        error = failure_of(ENGINE, ["ImportError: no flash_attn, going on without"], status)
        assert type(error) is HostOutOfMemory
    assert code_of(traceback("KeyError: 'state_dict'"), -9) == WeightsMissing.code


def test_other_signals_are_crashes_with_their_names() -> None:
    error = failure_of(ENGINE, ["loading"], -11)
    assert type(error) is ChildCrashed
    assert "SIGSEGV" in error.message
    unnamed = failure_of(ENGINE, [], -99)
    assert unnamed is not None
    assert "signal 99" in unnamed.message
    assert "It said nothing." in unnamed.message


def test_what_a_program_got_over_is_not_why_it_failed() -> None:
    recovered = ["ImportError: no xformers", "going on", "CUDA out of memory, halving the batch"]
    bars = [f"step {number}" for number in range(20)]
    assert code_of([*recovered, *bars, *traceback("ValueError: odd")]) == "ENGINE_FAILURE"


def test_a_traceback_that_was_got_over_ends_no_run() -> None:
    early = traceback("torch.OutOfMemoryError: CUDA out of memory.")
    later = [f"step {number}" for number in range(20)]
    assert code_of([*early, *later], -9) == HostOutOfMemory.code


def test_the_cause_of_the_last_traceback_counts() -> None:
    cause = traceback("torch.OutOfMemoryError: CUDA out of memory.")
    for link in (
        "The above exception was the direct cause of the following exception:",
        "During handling of the above exception, another exception occurred:",
    ):
        lines = [*cause, "", link, "", *traceback("RuntimeError: worker died")]
        assert code_of(lines) == "GPU_OOM"
    assert code_of([*cause, "then", *traceback("RuntimeError: worker died")]) == "ENGINE_FAILURE"


def test_a_traceback_may_be_cut_off_and_a_bar_may_follow() -> None:
    assert code_of([TRACEBACK, '  File "x"']) == "ENGINE_FAILURE"
    lines = [*traceback("KeyError: 'state_dict'"), " 50%|## | 1/2 [00:01<00:01]"]
    assert code_of(lines) == WeightsMissing.code


def test_the_engine_s_own_signs_go_first_and_the_latest_wins() -> None:
    own = description(
        failures=(
            FailurePattern(pattern="landmarks", code="FACE_NOT_FOUND"),
            FailurePattern(pattern="silence", code="AUDIO_SILENT"),
        )
    )
    lines = ["no landmarks", "only silence", "CUDA out of memory"]
    error = failure_of(own, lines, 1)
    assert error is not None
    assert error.code == "AUDIO_SILENT"
    assert failure_of(own, lines[:1], 1).__class__ is FaceNotFound


def test_an_end_without_error_says_what_was_said_but_not_of_imports() -> None:
    assert code_of(["Can't get the coeffs of the input"], 0) == "FACE_NOT_FOUND"
    assert code_of(["CUDA out of memory"], 0) == "GPU_OOM"
    assert code_of(["ImportError: no xformers, going on"], 0) is None
    assert code_of(traceback("ImportError: no xformers"), 0) == EngineBroken.code
    assert code_of([], 0) is None
    assert code_of([], None) is None
    assert code_of(["CUDA out of memory"], None) == "GPU_OOM"


def test_a_long_line_is_quoted_in_part_and_logged_whole() -> None:
    line = "CUDA out of memory " + "x" * 1_000
    error = failure_of(ENGINE, [line], 1)
    assert error is not None
    assert len(error.message) < 500
    assert error.details["log"] == [line]


def test_the_log_has_the_last_lines() -> None:
    error = failure_of(ENGINE, [str(number) for number in range(100)], 1)
    assert error is not None
    assert error.details["log"] == [str(number) for number in range(40, 100)]


def test_hints_name_the_engine() -> None:
    error = error_of(EngineBroken, ENGINE, ["x"], "It is broken.")
    assert "--engine odd" in error.hint
    assert error.details == {"engine": "odd", "log": ["x"]}


def test_the_retry_follows_from_the_error() -> None:
    policies = {
        GpuOutOfMemory: Retry.SMALLER_PRESET,
        HostOutOfMemory: Retry.SHORTER_SEGMENTS,
        EngineNoOutput: Retry.ONCE,
    }
    for kind in CODES.values():
        assert retry_after(kind()) is policies.get(kind, Retry.NEVER)


def test_every_code_is_the_code_of_its_class() -> None:
    assert {kind.code for kind in CODES.values()} == set(CODES)
    assert CODES["ENGINE_FAILURE"] is EngineFailure
    assert CODES["ENGINE_STALLED"] is EngineStalled
