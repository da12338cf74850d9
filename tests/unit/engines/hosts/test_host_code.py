"""What runs in an upstream's Python: old syntax, nothing of ours, and mendings that do no harm."""

import ast
import json
import shutil
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import pytest
import toy_adapter

from talkies.engines.hosts import host, shims
from talkies.engines.hosts.adapters import echomimic, wav2lip
from talkies.engines.hosts.phases import Phases
from talkies.engines.hosts.values import Values

FOLDER = Path(host.__file__).parent
FILES = sorted(FOLDER.rglob("*.py"))
STANDARD = {*sys.stdlib_module_names, "talkies"}


def pythons() -> list[str]:
    """This Python, and the oldest of all where it is here and runs."""
    oldest = shutil.which("python3.8")
    runs = oldest and subprocess.run([oldest, "-c", ""], capture_output=True, check=False)
    return [sys.executable, oldest] if oldest and runs and not runs.returncode else [sys.executable]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_host_is_written_for_python_3_8(path: Path) -> None:
    ast.parse(path.read_text(), feature_version=(3, 8))


def test_a_host_calls_nothing_that_python_3_8_lacks() -> None:
    vermin = [Path(sys.executable).with_name("vermin"), "--target=3.8-", "--no-tips", FOLDER]
    assert subprocess.run(vermin, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_host_imports_nothing_but_the_standard_library_and_itself(path: Path) -> None:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        if isinstance(node, ast.ImportFrom):
            found.add(str(node.module))
    ours = {name for name in found if name.startswith("talkies")}
    assert {name.partition(".")[0] for name in found} <= STANDARD
    assert all(name.startswith("talkies.engines.hosts") for name in ours)


def test_a_host_is_no_package_of_ours() -> None:
    assert not list(FOLDER.rglob("__init__.py"))


@pytest.mark.parametrize("python", pythons())
def test_a_host_answers_line_by_line_until_its_input_ends(python: str, tmp_path: Path) -> None:
    (tmp_path / "video.mp4").write_bytes(b"video")
    order = {"output": str(tmp_path / "output")}
    requests = [
        {"do": "render", "id": 1, "scratch": str(tmp_path), "order": order, "values": {}},
        {"do": "load", "id": 2, "scratch": str(tmp_path), "values": {"model": "a"}},
        {"do": "cancel", "id": 3},
        {"do": "render", "id": 3, "scratch": str(tmp_path), "order": order, "values": {}},
        {"do": "render", "id": 4, "scratch": str(tmp_path), "order": order, "values": {}},
        {"do": "unload", "id": 5},
    ]
    program = [python, str(FOLDER / "run.py"), "--adapter", toy_adapter.__file__]
    with subprocess.Popen(
        [*program, "--repository", str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("".join(json.dumps(request) + "\n" for request in requests))
        process.stdin.flush()
        said = []
        while "5" not in {str(message.get("id")) for message in said if "answer" in message}:
            said.append(json.loads(process.stdout.readline()))
        process.stdin.close()
        assert process.wait(60) == 0
    assert (said[0]["event"], said[0]["version"]) == ("ready", host.VERSION)
    errors = {message["id"]: message["error"]["type"] for message in said if "error" in message}
    assert errors == {1: "RuntimeError", 3: "Canceled"}
    answers = {message["id"]: message["answer"] for message in said if "answer" in message}
    assert answers[4] == {"output": str(tmp_path / "output.mp4")}
    assert answers[2]["loaded"]


def test_values_are_read_as_what_they_are() -> None:
    values = Values({"a": " 2.0 ", "b": "true", "c": "", "d": "0,10 0,0", "e": "none", "f": "x"})
    assert (values.whole("a", 1), values.number("z", 0.5), values.text("z", "y")) == (2, 0.5, "y")
    assert (values.flag("b"), values.flag("c"), values.flag("z", default=True)) == (
        *(True, False),
        True,
    )
    assert values.wholes("d", []) == [0, 10, 0, 0]
    assert values.wholes("c", [1]) == [1]
    assert (values.choice("e"), values.choice("f"), values.path("f")) == (None, "x", "x")


@pytest.mark.parametrize("read", ["flag", "number", "wholes", "path"])
def test_values_that_are_something_else_are_named(read: str) -> None:
    name = "z" if read == "path" else "f"
    given = {"number": (0.0,), "wholes": ([],)}.get(read, ())
    with pytest.raises(ValueError, match=f"`{name}`"):
        getattr(Values({"f": "x"}), read)(name, *given)


class Told:
    """A report that remembers the parts that were done."""

    def __init__(self) -> None:
        self.parts: list[float] = []
        self.checked = 0

    def step(self, _: int, __: int, ___: str, fraction: float) -> None:
        self.parts.append(round(fraction, 3))

    def check(self) -> None:
        self.checked += 1


def test_phases_follow_one_another() -> None:
    told = Told()
    phases = Phases(told, {"mel": 1, "Face": 3})
    for done, total, label in ((1, 2, "mel:"), (0, 0, "Face Renderer:"), (2, 4, "Face Renderer:")):
        phases.step(done, total, label)
    phases.step(1, 1, "something else")
    assert told.parts == [0.125, 0.25, 0.625]
    assert told.checked == 1


def test_bars_of_every_use_tell_their_steps() -> None:
    told: list[tuple[int, int, str]] = []
    owner = types.SimpleNamespace(tqdm=None)
    shims.hook_bars(owner, lambda *step: told.append(step))
    assert list(owner.tqdm(range(2), "mel:")) == [0, 1]
    with owner.tqdm(total=3, desc="by hand") as bar:
        bar.set_description("renamed")
        bar.set_postfix(loss=1)
        bar.update(2)
    assert len(owner.tqdm([1, 2, 3])) == 3
    assert told == [
        *((0, 2, "mel:"), (1, 2, "mel:"), (2, 2, "mel:")),
        *((0, 3, "by hand"), (2, 3, "renamed"), (0, 3, "")),
    ]


def test_waiting_for_memory_has_an_end_and_begins_anew() -> None:
    slept: list[float] = []
    time = types.SimpleNamespace(sleep=slept.append, time=lambda: 7)
    module: Any = types.SimpleNamespace(time=time)
    for _ in range(2):
        shims.end_waiting(module)
        for _ in range(shims.WAITS_MOST):
            module.time.sleep(1)
        with pytest.raises(RuntimeError, match="CUDA out of memory"):
            module.time.sleep(1)
    assert slept == [1] * 2 * shims.WAITS_MOST
    assert module.time.time() == 7


def test_a_model_that_knows_no_attention_is_loaded_all_the_same() -> None:
    class Older:
        @classmethod
        def from_pretrained(cls, folder: str, *, local_files_only: bool) -> tuple[str, bool]:
            return folder, local_files_only

    assert shims.eager(Older, "folder") == ("folder", True)


def test_libraries_that_are_not_there_are_not_mended() -> None:
    assert shims.present("no_such_module_at_all") is None
    shims.give_functional_tensor()
    shims.give_positional_mel()
    assert "torchvision.transforms.functional_tensor" not in sys.modules


def test_a_torchscript_checkpoint_gives_its_weights() -> None:
    weights = {"module.face_encoder_blocks.0": 1, "module.other": 2}
    script = types.SimpleNamespace(state_dict=lambda: weights)
    assert wav2lip.weights_in(script) == {"face_encoder_blocks.0": 1, "other": 2}


@pytest.mark.parametrize(
    ("picture", "size"),
    [((1000, 1000), (768, 768)), ((100, 60), (48, 96)), ((1920, 1080), (576, 1024))],
)
def test_echomimic_pictures_are_made_smaller_only(
    picture: tuple[int, int], size: tuple[int, int]
) -> None:
    assert echomimic.size_for(picture, [768, 768]) == size
