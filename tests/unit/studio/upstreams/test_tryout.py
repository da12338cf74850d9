"""Videos that are made to try an engine, by ours, which needs no GPU."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from made_up_gpu import gpus, no_gpus
from quick_engine import QuickEngine

from talkies.engines.base import Engine
from talkies.errors import FaceNotFound
from talkies.face.finding.landmarks import Landmarker
from talkies.media.pictures import Picture, save_picture
from talkies.studio.upstreams.bench import Bench, device_of, row_document
from talkies.studio.upstreams.tryout import SAMPLE, Tryout, speech_of
from talkies.studio.videos.pipeline import Tools
from talkies.wiring.library import ears


class OneEngine:
    """A registry of the quick engine; counts how often it was asked for."""

    def __init__(self) -> None:
        self.engine = QuickEngine()
        self.asked: list[str] = []

    def find(self, id_: str, /) -> Engine:
        self.asked.append(id_)
        return self.engine

    def version_of(self, id_: str, /) -> str | None:
        return None


@pytest.fixture(scope="module")
def tools() -> Iterator[Tools]:
    return Tools(landmarker=Landmarker(), ears=ears(), engines=OneEngine())


def test_speech_is_exactly_as_long_as_asked_for() -> None:
    short, long = speech_of(0.5), speech_of(9.25)
    assert (short.seconds, long.seconds) == (0.5, 9.25)
    assert np.abs(long.samples[-long.rate :]).max() > 0.05


def test_one_video_is_timed_and_scored(tools: Tools, tmp_path: Path) -> None:
    run = Tryout(tools=tools, gpus=no_gpus(tmp_path)).run("quick", 1.0)
    assert (run.engine, run.seconds) == ("quick", 1.0)
    assert run.width < run.height
    assert 0 < run.render_seconds < run.total_seconds
    assert run.speed == run.render_seconds
    assert run.grade
    assert run.gpu_peak is None


def test_a_portrait_of_ones_own_may_be_tried(tools: Tools, tmp_path: Path) -> None:
    blank = tmp_path / "blank.png"
    save_picture(Picture(pixels=np.zeros((256, 256, 3), np.uint8)), blank)
    with pytest.raises(FaceNotFound):
        Tryout(tools=tools, gpus=no_gpus(tmp_path), portrait=blank).run("quick", 1.0)
    assert SAMPLE.is_file()


def test_a_bench_is_cold_once_and_then_warm(tools: Tools, tmp_path: Path) -> None:
    tryout = Tryout(tools=tools, gpus=gpus(tmp_path))
    bench = Bench(tryout=tryout, engine="quick", options={"pause": 0.0})
    rows = list(bench.rows((1.0, 0.6)))
    assert [(row.form, row.run.seconds) for row in rows] == [
        *(("cold", 0.6), ("warm", 1.0), ("warm", 0.6)),
    ]
    document = row_document(rows[0], device_of(tryout.gpus), "1.0", clock=lambda: 0)
    assert json.loads(json.dumps(document)) == document
    assert document["device"] == "NVIDIA H100 80GB HBM3"
    assert (document["at"], document["engine"]) == ("1970-01-01T00:00:00.000Z", "quick")
    assert document["gpu_peak_bytes"] is None


def test_without_a_gpu_the_processor_computes(tmp_path: Path) -> None:
    assert device_of(no_gpus(tmp_path)).endswith("CPU")
