"""The real adapters in the real host, on stubs of the upstreams' own modules and signatures."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from stub_upstreams import CHECKPOINT, StubUpstream, install, write_checkpoint

from talkies.engines.commands.orders import CannotStart
from talkies.engines.commands.warm import WarmRunner
from talkies.errors import (
    AudioSilent,
    AudioTooShort,
    Canceled,
    FaceNotFound,
    GpuOutOfMemory,
    WeightsMissing,
)
from talkies.media.video import probe

Start = Callable[..., tuple[StubUpstream, WarmRunner]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Installs stubs and makes a runner of them, which is closed in the end."""
    runners: list[WarmRunner] = []

    def made(engine: str, **variables: str) -> tuple[StubUpstream, WarmRunner]:
        stub = install(tmp_path / "home", engine, **variables)
        runners.append(WarmRunner(stub.description, stub.home))
        return stub, runners[-1]

    yield made
    for runner in runners:
        runner.close()


def ignore(_: float) -> None:
    pass


def at_step(heard: list[float]) -> Callable[[float], None]:
    """A listener that stops the render after its first step."""

    def stop(done: float) -> None:
        heard.append(done)
        if done > 0:
            raise Canceled

    return stop


def test_infinitetalk_makes_videos_with_one_load(start: Start, tmp_path: Path) -> None:
    stub, runner = start("infinitetalk")
    heard: list[float] = []
    stub.tell(pause=0.02)
    # 10 s: four chunks, as upstream's own arithmetic has it.
    first = runner.run(stub.order(tmp_path / "a", 10.0, steps=5), heard.append)
    assert (probe(first).frames, probe(first).width) == (250, 96)
    assert heard == sorted(heard)
    assert sum(0.2 < done < 0.7 for done in heard) >= 2
    order = replace(stub.order(tmp_path / "b", 5.0, steps=5), seed=8, prompt="she nods")
    assert probe(runner.run(order, ignore)).frames == 125
    assert len(stub.calls("load")) == 1
    calls = stub.calls("render")
    assert [(call["seed"], call["prompt"], call["most"]) for call in calls] == [
        (7, "a person talks", 250),
        (8, "she nods", 125),
    ]


def test_infinitetalk_is_told_what_it_needs(start: Start, tmp_path: Path) -> None:
    stub, runner = start("infinitetalk")
    order = stub.order(
        tmp_path / "a", 4.0, model="fp8", low_vram=True, steps=3, teacache=0.2, apg=True
    )
    runner.run(order, ignore)
    load, vram, render = (stub.calls(name)[0] for name in ("load", "vram", "render"))
    assert load["quant"] == "fp8"
    assert vram == {"name": "vram", "persistent": 0, "management": True}
    assert (render["steps"], render["offload"]) == (3, True)
    assert '"use_teacache": true, "teacache_thresh": 0.2' in render["extra"]
    assert '"use_apg": true' in render["extra"]
    runner.run(stub.order(tmp_path / "b", 4.0, model="fusionx", steps=3), ignore)
    assert stub.calls("load")[1]["scales"] == [1.0]
    assert "FusionX" in stub.calls("load")[1]["lora"][0]


def test_infinitetalk_stops_at_a_step_and_stays_loaded(start: Start, tmp_path: Path) -> None:
    stub, runner = start("infinitetalk")
    stub.tell(pause=0.1)
    heard: list[float] = []
    with pytest.raises(Canceled):
        runner.run(stub.order(tmp_path / "a", 10.0, steps=40), at_step(heard))
    assert heard[-1] < 0.1
    stub.tell()
    assert probe(runner.run(stub.order(tmp_path / "a", 4.0, steps=2), ignore)).frames == 100
    assert len(stub.calls("load")) == 1


def test_infinitetalk_out_of_gpu_memory_goes_on_smaller(start: Start, tmp_path: Path) -> None:
    stub, runner = start("infinitetalk", STUB_GPU="1")
    stub.tell(fail="oom")
    with pytest.raises(GpuOutOfMemory):
        runner.run(stub.order(tmp_path / "a", 4.0, steps=4), ignore)
    stub.tell()
    assert runner.run(stub.order(tmp_path / "a", 4.0, steps=4), ignore).is_file()
    assert len(stub.calls("load")) == 1


def test_infinitetalk_says_that_speech_is_too_short(start: Start, tmp_path: Path) -> None:
    stub, runner = start("infinitetalk")
    with pytest.raises(AudioTooShort):
        runner.run(stub.order(tmp_path / "a", 3.0), ignore)


def test_weights_that_are_missing_are_named(start: Start, tmp_path: Path) -> None:
    stub, runner = start("infinitetalk")
    (stub.home.weights("infinitetalk") / "InfiniteTalk/single/infinitetalk.safetensors").unlink()
    with pytest.raises(WeightsMissing, match=r"infinitetalk\.safetensors"):
        runner.run(stub.order(tmp_path / "a", 4.0), ignore)


def test_sadtalker_makes_videos_with_one_load(start: Start, tmp_path: Path) -> None:
    stub, runner = start("sadtalker")
    heard: list[float] = []
    stub.tell(pause=0.02)
    options = {"preprocess": "crop", "size": 256, "still": True, "input_yaw": "-20,30,10"}
    first = runner.run(stub.order(tmp_path / "a", 2.0, **options), heard.append)
    assert (probe(first).frames, probe(first).width) == (50, 256)
    assert heard == sorted(heard)
    runner.run(stub.order(tmp_path / "b", 1.0, **options, pose_style=5), ignore)
    # A size or framing of its own is another renderer; a crop's kind is not.
    runner.run(stub.order(tmp_path / "b", 1.0, **{**options, "preprocess": "extcrop"}), ignore)
    loads = stub.calls("load")
    assert [(load["full"], load["size"]) for load in loads] == [(False, 256)]
    calls = stub.calls("render")
    assert (calls[0]["yaw"], calls[0]["still"]) == ([-20, 30, 10], True)
    assert (calls[0]["enhancer"], calls[1]["pose"]) == (None, 5)
    # Neither the inputs nor its scratch files went astray.
    assert (tmp_path / "a" / "portrait.png").is_file()
    assert not list(stub.repository.glob("*.mp4"))


def test_sadtalker_needs_another_renderer_for_the_whole_picture(
    start: Start, tmp_path: Path
) -> None:
    stub, runner = start("sadtalker")
    runner.run(stub.order(tmp_path / "a", 1.0, preprocess="crop", size=256), ignore)
    runner.run(
        stub.order(tmp_path / "a", 1.0, preprocess="full", size=512, enhancer="gfpgan"), ignore
    )
    loads = [(load["full"], load["size"]) for load in stub.calls("load")]
    assert loads == [(False, 256), (True, 512)]
    assert stub.calls("render")[1]["enhancer"] == "gfpgan"


def test_sadtalker_does_not_wait_for_memory_without_end(start: Start, tmp_path: Path) -> None:
    stub, runner = start("sadtalker")
    stub.tell(fail="oom", wait=0.01)
    began = time.monotonic()
    with pytest.raises(GpuOutOfMemory):
        runner.run(stub.order(tmp_path / "a", 1.0), ignore)
    assert time.monotonic() - began < 30
    stub.tell()
    assert runner.run(stub.order(tmp_path / "a", 1.0), ignore).is_file()
    assert len(stub.calls("load")) == 1


@pytest.mark.parametrize("fail", ["face", "string"])
def test_sadtalker_finds_no_face(start: Start, tmp_path: Path, fail: str) -> None:
    stub, runner = start("sadtalker")
    stub.tell(fail=fail)
    with pytest.raises(FaceNotFound):
        runner.run(stub.order(tmp_path / "a", 1.0), ignore)


def test_echomimic_makes_videos_with_one_load(start: Start, tmp_path: Path) -> None:
    stub, runner = start("echomimic")
    heard: list[float] = []
    stub.tell(pause=0.1)
    first = runner.run(stub.order(tmp_path / "a", 3.0, steps=8), heard.append)
    # 75 frames, of which its codec makes 4n + 1.
    assert (probe(first).frames, probe(first).width, probe(first).height) == (73, 96, 64)
    assert heard == sorted(heard)
    assert sum(0.1 < done < 0.9 for done in heard) >= 3
    with pytest.raises(Canceled):
        runner.run(stub.order(tmp_path / "a", 3.0, steps=8), at_step([]))
    stub.tell()
    runner.run(stub.order(tmp_path / "b", 2.0, steps=6, teacache=0.0), ignore)
    assert len(stub.calls("load")) == 1
    assert stub.calls("load")[0]["scheduler"] == "FlowUniPCMultistepScheduler"
    assert stub.calls("render")[-1]["steps"] == 6
    # Its skipping of steps is bound to their number, and off where it is 0.
    assert [call["steps"] for call in stub.calls("teacache")][-1] == 0


def test_echomimic_runs_out_of_gpu_memory(start: Start, tmp_path: Path) -> None:
    stub, runner = start("echomimic")
    stub.tell(fail="oom")
    with pytest.raises(GpuOutOfMemory):
        runner.run(stub.order(tmp_path / "a", 2.0), ignore)


def test_wav2lip_makes_videos_with_one_load(start: Start, tmp_path: Path) -> None:
    stub, runner = start("wav2lip")
    heard: list[float] = []
    stub.tell(faces=1)
    first = runner.run(stub.order(tmp_path / "a", 2.0, batch_size=8), heard.append)
    assert (probe(first).frames, probe(first).width, probe(first).height) == (50, 96, 64)
    assert heard == sorted(heard)
    runner.run(stub.order(tmp_path / "b", 1.0, batch_size=8, box="4,60,8,88"), ignore)
    assert len(stub.calls("load")) == 1
    assert [call["count"] for call in stub.calls("mouths")][:7] == [8, 8, 8, 8, 8, 8, 2]
    # One picture is searched once; a box that is given is not searched at all.
    assert [call["count"] for call in stub.calls("faces")] == [1]


def test_wav2lip_holds_a_face_that_is_lost_for_a_moment(start: Start, tmp_path: Path) -> None:
    stub, runner = start("wav2lip")
    order = stub.order(tmp_path / "a", 1.0, face_batch=16)
    video = runner.run(order, ignore)
    source = video.rename(tmp_path / "source.mp4")
    stub.tell(blink=True, faces=4)
    again = replace(order, visual=source)
    assert probe(runner.run(again, ignore)).frames == 25
    # Sixteen faces at once are too many for its memory: eight, then four.
    assert [call["count"] for call in stub.calls("faces")][1:5] == [16, 8, 4, 4]


def test_wav2lip_finds_no_face_in_any_frame(start: Start, tmp_path: Path) -> None:
    stub, runner = start("wav2lip")
    stub.tell(fail="face")
    with pytest.raises(FaceNotFound):
        runner.run(stub.order(tmp_path / "a", 1.0), ignore)


def test_wav2lip_cannot_hear_digital_silence(start: Start, tmp_path: Path) -> None:
    stub, runner = start("wav2lip")
    order = stub.order(tmp_path / "a", 1.0)
    order.sound.write_bytes(order.sound.read_bytes()[:44] + bytes(32_000))
    with pytest.raises(AudioSilent):
        runner.run(order, ignore)


class Script:
    """A module of TorchScript, as far as weights go."""

    def state_dict(self) -> dict[str, int]:
        return {f"module.{name}": value for name, value in CHECKPOINT.items()}


@pytest.mark.parametrize("content", [{"state_dict": CHECKPOINT}, CHECKPOINT], ids=["kept", "plain"])
def test_wav2lip_takes_checkpoints_of_every_kind(
    start: Start, tmp_path: Path, content: object
) -> None:
    stub, runner = start("wav2lip")
    write_checkpoint(stub.home, content)
    assert runner.run(stub.order(tmp_path / "a", 1.0), ignore).is_file()


def test_wav2lip_takes_no_other_file_for_its_checkpoint(start: Start, tmp_path: Path) -> None:
    stub, runner = start("wav2lip")
    write_checkpoint(stub.home, {"conv1_1.weight": 1})
    with pytest.raises(WeightsMissing):
        runner.run(stub.order(tmp_path / "a", 1.0), ignore)


def test_an_upstream_that_changed_is_left_to_its_command(start: Start, tmp_path: Path) -> None:
    stub, runner = start("sadtalker")
    module = stub.repository / "src" / "test_audio2coeff.py"
    module.write_text(
        module.read_text().replace("def generate(self, batch", "def made(self, batch")
    )
    with pytest.raises(CannotStart, match="no attribute 'generate'"):
        runner.run(stub.order(tmp_path / "a", 1.0), ignore)
