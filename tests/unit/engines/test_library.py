"""The descriptions that the package brings, and the page that is written from them."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from talkies.engines.commands.description import Description
from talkies.engines.commands.reading import read_description
from talkies.engines.registry import LIBRARY

ROOT = Path(__file__).parents[3]
DESCRIPTIONS = {path.stem: read_description(path) for path in sorted(LIBRARY.glob("*.toml"))}
PINNED = re.compile(r"[A-Za-z0-9_.-]+(\[[a-z]+\])?==[\w.]+")

EACH = pytest.mark.parametrize("described", DESCRIPTIONS.values(), ids=DESCRIPTIONS)


def test_seven_engines_are_described() -> None:
    assert set(DESCRIPTIONS) == {
        *("infinitetalk", "sadtalker", "echomimic", "wav2lip", "ditto", "musetalk", "latentsync"),
    }


def test_the_written_page_is_that_of_the_descriptions() -> None:
    script = ROOT / "scripts/write_engine_pages.py"
    done = subprocess.run(
        [sys.executable, script, "--check"], check=False, capture_output=True, text=True
    )
    assert done.stdout + done.stderr == ""
    assert done.returncode == 0


@EACH
def test_every_requirement_is_pinned(described: Description) -> None:
    lines = (LIBRARY / described.environment.requirements).read_text().splitlines()
    asked = [line for line in lines if line and not line.startswith(("#", "--find-links "))]
    assert any(line.startswith("torch==") for line in asked)
    loose = [line for line in asked if not PINNED.fullmatch(line)]
    assert [line for line in loose if not re.fullmatch(r"https://github\.com/\S+\.whl", line)] == []


@EACH
def test_what_is_downloaded_is_named_by_its_hash_or_its_commit(described: Description) -> None:
    assert re.fullmatch(r"[0-9a-f]{7}|[0-9a-f]{40}", described.repository.revision)
    for source in described.weights:
        if source.url:
            assert re.fullmatch(r"[0-9a-f]{64}", source.sha256)
            assert source.url.startswith("https://")
        else:
            assert source.revision


@EACH
def test_every_speed_says_where_it_comes_from(described: Description) -> None:
    for preset in described.presets.values():
        assert preset.summary.endswith(".")
        for speed in preset.speeds:
            assert re.search("user|makers|table|estimate|benchmark|project", speed.source)


@EACH
def test_shares_of_progress_are_a_whole(described: Description) -> None:
    always = sum(phase.share for phase in described.progress)
    assert always == pytest.approx(1.0)


@EACH
def test_what_a_warm_worker_is_given_is_what_its_adapter_reads(described: Description) -> None:
    if described.warm is None:
        return
    adapter = LIBRARY.parent / f"hosts/adapters/{described.warm.adapter}.py"
    read = set(re.findall(r'values\.\w+\("(\w+)"', adapter.read_text()))
    # InfiniteTalk's LoRAs are read by the name of the model.
    read |= {f"{name}_file" for name in ("fusionx", "lightx2v")}
    given = {*described.warm.load, *described.warm.render}
    assert given <= read


@EACH
def test_a_page_tells_about_it(described: Description) -> None:
    page = (ROOT / f"docs/guides/engines/{described.id}.md").read_text()
    assert f"talkies engines install {described.id}" in page
    assert f"--engine {described.id}" in page
    for name in described.presets:
        assert f"`{name}`" in page
    index = (ROOT / "docs/guides/engines/index.md").read_text()
    assert f"({described.id}.md)" in index
