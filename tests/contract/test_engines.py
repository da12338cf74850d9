"""What every installed engine must keep to, whoever wrote it."""

from pathlib import Path

import pytest
from prepared_stage import Context
from render_stage import FPS, FRAMES, request
from small_character import small_character

from talkies.core.timeline.document import Clip, Timeline, TrackName
from talkies.core.timeline.document_json import timeline_to_json
from talkies.core.timing import TimeRange
from talkies.engines.base import Engine, RenderRequest, VideoFormat, Visual
from talkies.engines.registry import EngineRegistry
from talkies.errors import Canceled, InvalidInput

READY = [engine.id for engine in EngineRegistry().list() if engine.ready]


@pytest.fixture(scope="module", params=READY)
def engine(request: pytest.FixtureRequest) -> Engine:
    return EngineRegistry().find(request.param)


def asked_of(engine: Engine, folder: Path, **changes: object) -> RenderRequest:
    """A good request: of an engine of characters, for one that nods."""
    if Visual.CHARACTER not in engine.capabilities.visuals:
        return request(folder, **changes)
    nod = Clip(id="nod", span=TimeRange(2, 8), value="tilt_left_small")
    timeline = Timeline(
        id="t", character="robin", fps=FPS, frames=FRAMES, tracks={TrackName.POSES: (nod,)}
    )
    path = folder / "timeline.json"
    path.write_text(timeline_to_json(timeline))
    character = small_character(folder / "robin").folder
    return request(folder, character=character, timeline=path, **changes)


def test_some_engine_is_installed() -> None:
    assert READY


def test_capabilities_are_complete_and_constant(engine: Engine) -> None:
    told = engine.capabilities
    assert told == engine.capabilities
    assert told.id
    assert told.summary.endswith(".")
    assert told.licence
    assert told.formats <= frozenset(VideoFormat)
    assert VideoFormat.MP4 in told.formats
    assert told.vram_gib >= 0
    assert told.seconds_per_video_second > 0


def test_loading_twice_is_loading_once(engine: Engine) -> None:
    engine.load()
    engine.load()


def test_a_good_request_passes_the_check(engine: Engine, tmp_path: Path) -> None:
    warnings = engine.check(asked_of(engine, tmp_path))
    assert all(isinstance(warning, str) for warning in warnings)


def test_a_wrong_face_number_is_the_caller_s_mistake(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        engine.check(request(tmp_path, face=99))


def test_a_render_is_a_file_in_the_work_folder_and_reports_to_the_end(
    engine: Engine, tmp_path: Path
) -> None:
    for format_ in engine.capabilities.formats:
        folder = tmp_path / format_.value
        folder.mkdir()
        context = Context(folder)
        path = engine.render(asked_of(engine, folder, format=format_), context)
        assert path.parent == folder
        assert path.stat().st_size > 0
        done = [seen for seen, _ in context.seen]
        assert done == sorted(done)
        assert context.seen[-1][0] == context.seen[-1][1]


def test_a_request_to_stop_is_obeyed_and_leaves_nothing(engine: Engine, tmp_path: Path) -> None:
    asked = asked_of(engine, tmp_path)
    before = set(tmp_path.iterdir())
    with pytest.raises(Canceled):
        engine.render(asked, Context(tmp_path, stop_after=2))
    assert set(tmp_path.iterdir()) == before
