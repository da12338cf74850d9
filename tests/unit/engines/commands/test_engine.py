import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from described import TALKER, read
from odd_stage import ID, PLAIN, OddRoom, description
from prepared_stage import Context, request, speech, write_video
from prepared_stage import grey as plain
from weights_on_disk import note_weights

from talkies.engines.base import Capabilities, VideoFormat, Visual
from talkies.engines.commands.description import Description, WarmDescription
from talkies.engines.commands.engine import CommandEngine, capabilities_of
from talkies.engines.commands.gpu import Gpu
from talkies.engines.home import EngineHome
from talkies.engines.installation import Installation, write_installation
from talkies.engines.terms import RenderTerms
from talkies.errors import (
    EngineNotInstalled,
    FaceNotFound,
    GpuUnavailable,
    InvalidOption,
    WeightsMissing,
)
from talkies.media.video import probe
from talkies.weights.sources import WeightSource


@pytest.fixture
def room(tmp_path: Path) -> OddRoom:
    return OddRoom(tmp_path).install()


def engine(described: Description, room: OddRoom, gpu: Gpu | None = None) -> CommandEngine:
    return CommandEngine(described, room.home, find=lambda: gpu)


def context(room: OddRoom) -> Context:
    made = Context(room.folder / "room")
    made.work_dir.mkdir()
    return made


def with_memory(*gib: float) -> dict[str, object]:
    """Presets, each the smaller of the one before, that take so much GPU memory."""
    names = [f"p{number}" for number in range(len(gib))]
    return {
        name: replace(
            PLAIN,
            speeds=(replace(PLAIN.speeds[0], vram_gib=each),),
            smaller=names[number + 1] if number + 1 < len(gib) else None,
        )
        for number, (name, each) in enumerate(zip(names, gib, strict=True))
    }


def test_capabilities_follow_from_the_description(tmp_path: Path) -> None:
    found = capabilities_of(read(TALKER, tmp_path))
    assert isinstance(found, Capabilities)
    assert found.licence == "Apache-2.0 AND CC-BY-NC-4.0"
    assert found.commercial_use is False
    assert found.formats == frozenset(VideoFormat)
    assert found.vram_gib == 0.0
    assert found.seconds_per_video_second == 12.0
    assert [preset.name for preset in found.presets] == ["standard", "draft"]
    assert found.option_schema["properties"]["preset"]["default"] == "standard"
    assert found.takes_prompt
    assert found.visuals == {Visual.PORTRAIT}
    assert found.silence_seconds == 660.0
    assert not found.follows_performance
    assert "for research" in found.licence_note


def test_one_licence_for_both_is_said_once(room: OddRoom) -> None:
    assert engine(description(), room).capabilities.licence == "MIT"


def test_the_version_is_the_commit_that_is_installed(room: OddRoom) -> None:
    made = engine(description(), room)
    assert made.version == "0" * 12
    record = Installation(engine=ID, talkies="1", begun_at="x", revision="abcdef0123456789")
    write_installation(room.home, record)
    assert made.version == "abcdef012345"
    room.home.record(ID).write_text("broken")
    assert made.version == "0" * 12


def test_readiness_names_what_is_missing_first(room: OddRoom) -> None:
    assert engine(description(), room).readiness()
    hungry = description(presets=with_memory(8.0))
    lacking = engine(hungry, room).readiness()
    assert lacking.reason == "there is no NVIDIA GPU"
    assert lacking.mend == "talkies doctor --engine odd"
    assert engine(hungry, room, Gpu(10.0)).readiness()
    room.home.python(ID).unlink()
    assert engine(hungry, room).readiness().mend == "talkies engines install odd"


def test_what_cannot_render_does_not_load(room: OddRoom) -> None:
    engine(description(), room).load()
    with pytest.raises(GpuUnavailable, match="cannot render here: there is no NVIDIA GPU"):
        engine(description(presets=with_memory(8.0)), room).load()
    room.home.repository(ID).unlink()
    with pytest.raises(EngineNotInstalled):
        engine(description(), room).load()


def test_the_gpu_is_looked_for_once(room: OddRoom) -> None:
    looked = []

    def find() -> Gpu | None:
        looked.append(1)
        return None

    made = CommandEngine(description(), room.home, find=find)
    for _ in range(2):
        made.readiness()
        made.check(request(room.folder, speech((0.4, True))))
    assert len(looked) == 1


def test_a_render_goes_the_whole_way(room: OddRoom) -> None:
    wanted = request(room.folder, speech((0.4, True)))
    made = engine(description(f"give:{room.video(30)}"), room)
    made.load()
    seen = context(room)
    video = made.render(wanted, seen)
    assert probe(video).frames == 10
    assert probe(video).has_sound
    assert seen.seen[-1] == (10, 10)
    assert list(seen.work_dir.iterdir()) == [video]
    made.unload()
    made.unload()


def test_memory_that_is_too_small_is_found_by_trying(room: OddRoom) -> None:
    """The program says that the GPU is full but for the last preset."""
    program = room.folder / "fussy.py"
    program.write_text(
        "import shutil, sys\n"
        "if sys.argv[1] != 'p2': raise RuntimeError('CUDA out of memory')\n"
        f"shutil.copy({str(room.video(30))!r}, sys.argv[2] + '.mp4')\n"
    )
    described = description(presets=with_memory(8.0, 6.0, 4.0))
    words = ("{python}", str(program), "{preset}", "{output}", "{visual}", "{sound}")
    argument = replace(described.command.arguments[0], words=words)
    described = replace(described, command=replace(described.command, arguments=(argument,)))
    made, seen = engine(described, room, Gpu(8.0)), context(room)
    video = made.render(request(room.folder, speech((0.4, True))), seen)
    assert probe(video).frames == 10
    assert [warning.rpartition(" ")[2] for warning in seen.warnings] == ["'p1'.", "'p2'."]


def test_options_that_do_not_fit_are_refused_before_any_work(room: OddRoom) -> None:
    made = engine(description(), room)
    wanted = request(room.folder, speech((0.4, True)), options={"steps": 3})
    with pytest.raises(InvalidOption):
        made.check(wanted)
    with pytest.raises(InvalidOption):
        made.render(wanted, context(room))


def test_a_preset_without_its_weights_is_refused_with_the_command(room: OddRoom) -> None:
    source = WeightSource(repository="a/b", include=("*",), variants=("fp8",))
    fp8 = replace(PLAIN, weights="fp8")
    described = description(weights=(source,), presets={"plain": PLAIN, "fp8": fp8})
    wanted = request(room.folder, speech((0.4, True)), options={"preset": "fp8"})
    with pytest.raises(WeightsMissing) as caught:
        engine(described, room).render(wanted, context(room))
    assert "--variant fp8" in caught.value.hint


def test_a_preset_that_is_too_large_is_warned_of(room: OddRoom) -> None:
    made = engine(description(presets=with_memory(48.0, 24.0)), room, Gpu(16.0))
    wanted = request(room.folder, speech((0.4, True)))
    assert made.check(wanted) == (
        "The preset 'p1' of odd is known to take 24 GiB of GPU memory, and there are 16.",
    )
    chosen = replace(wanted, options={"preset": "p0"})
    assert "'p0'" in made.check(chosen)[0]
    assert engine(description(presets=with_memory(8.0)), room, Gpu(16.0)).check(wanted) == ()


def test_models_that_cannot_stay_are_loaded_every_time_with_one_warning(room: OddRoom) -> None:
    warm = WarmDescription(adapter="no_such_adapter")
    described = description(f"give:{room.video(30)}", warm=warm)
    made, seen = engine(described, room), context(room)
    wanted = request(room.folder, speech((0.4, True)))
    made.render(wanted, seen)
    assert len(seen.warnings) == 1
    assert "could not be kept in memory" in seen.warnings[0]
    made.unload()


def test_models_stay_only_where_that_is_wanted(room: OddRoom) -> None:
    warm = WarmDescription(adapter="no_such_adapter")
    described = description(f"give:{room.video(30)}", warm=warm)
    made = CommandEngine(described, room.home, terms=RenderTerms(idle_seconds=0), find=lambda: None)
    seen = context(room)
    made.render(request(room.folder, speech((0.4, True))), seen)
    assert seen.warnings == []


#: The program of the page's example, as its command line asks for it: its "weights" are a video.
GENERATE = """
import argparse, json, os, shutil, sys, time
parser = argparse.ArgumentParser()
parser.add_argument("--job", required=True)
parser.add_argument("--checkpoint", required=True)
parser.add_argument("--size", choices=["256", "512"], required=True)
parser.add_argument("--steps", type=int, required=True)
parser.add_argument("--seed", type=int, required=True)
parser.add_argument("--save", required=True)
parser.add_argument("--enhancer")
parser.add_argument("--yaw", type=int, nargs="+")
given = parser.parse_args()
job = json.load(open(given.job))
assert os.path.exists(job["image"]) and os.path.exists(job["audio"])
assert os.path.isdir("temp") and os.path.islink("checkpoints/auxiliary")
assert os.environ["PYTHONPATH"].endswith("/third_party")
if job["prompt"] == "a bird":
    sys.exit("landmarks not found")
print("Model loaded", given.steps, given.yaw, given.enhancer, flush=True)
for done in range(1, 5):
    sys.stderr.write(f"\\rRendering:  25%|#  | {done}/4 [00:01<00:03, 1.0it/s]")
    sys.stderr.flush()
    time.sleep(0.15)
shutil.copy(given.checkpoint, given.save + ".mp4")
"""


def talker(root: Path) -> CommandEngine:
    """The page's example, installed."""
    home = EngineHome(root=root)
    described = read(TALKER, root)
    repository, weights = home.repository("talker"), home.weights("talker")
    repository.mkdir(parents=True)
    (repository / "generate.py").write_text(GENERATE)
    home.python("talker").parent.mkdir(parents=True)
    home.python("talker").symlink_to(os.path.realpath(sys.executable))
    weights.mkdir(parents=True)
    (weights / "config.json").write_text("{}")
    write_video(weights / "talker.mp4", [plain(100, (192, 320))] * 60)
    (weights / "talker.mp4").rename(weights / "talker.safetensors")
    note_weights(weights, described.weights)
    return CommandEngine(described, home, find=lambda: None)


def test_the_example_of_the_page_renders(tmp_path: Path) -> None:
    made = talker(tmp_path)
    assert made.readiness()
    options = {"pose": "-20,30,10", "enhance": True}
    sound = speech((1.6, True))
    wanted = request(tmp_path, sound, (96, 160), options=options, prompt='a "cat"\nsmiles')
    seen = Context(tmp_path / "room")
    seen.work_dir.mkdir()
    assert made.check(wanted)[0].startswith("The engine talker draws 192 x 320 pixels")
    video = made.render(wanted, seen)
    info = probe(video)
    assert (info.width, info.height, info.frames) == (96, 160, 40)
    assert len({done for done, _ in seen.seen}) > 3
    (tmp_path / "again").mkdir()
    with pytest.raises(FaceNotFound, match="landmarks not found"):
        made.render(replace(wanted, prompt="a bird"), Context(tmp_path / "again"))
