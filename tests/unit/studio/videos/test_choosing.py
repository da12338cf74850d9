from collections.abc import Mapping
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from engines_to_choose import POINTS

from talkies.db.engine import writing
from talkies.db.tables import usage
from talkies.engines.registry import EngineRegistry
from talkies.errors import InvalidOption, LicenceForbids, UnknownEngine
from talkies.jobs.records import QueueDepth, WorkerRecord
from talkies.studio.engines import EngineCatalog
from talkies.studio.submissions import Source
from talkies.studio.videos.choosing import EngineChooser
from talkies.studio.videos.lengths import UNKNOWN, recorded, spoken
from talkies.studio.videos.pace import Pace
from talkies.studio.videos.submission import OutputOptions, VideoSubmission

SHA = "ab" * 32
SHORT = {"bytes": 96_000, "content_type": "audio/wav"}
LONG = {"bytes": 96_000_000, "content_type": "audio/wav"}


@dataclass
class Lines:
    """Workers that serve some engines, and a queue before one of them."""

    served: tuple[str, ...] = ("lifelike", "quick", "research")
    waiting: int = 0

    def depths(self) -> tuple[QueueDepth, ...]:
        return (
            QueueDepth(queue="render.lifelike", waiting=self.waiting, oldest_at=None, running=0),
        )

    def workers(self) -> tuple[WorkerRecord, ...]:
        return tuple(
            WorkerRecord(
                executor_id=engine,
                host="here",
                pid=1,
                engines=(engine,),
                concurrency=1,
                version="1",
                started_at=0,
                seen_at=0,
                draining=False,
            )
            for engine in self.served
        )


def chooser(
    database: sa.Engine,
    lines: Lines | None = None,
    *,
    facts: Mapping[str, object] | None = SHORT,
    commercial_only: bool = False,
    auto_seconds: float = 600.0,
) -> EngineChooser:
    return EngineChooser(
        EngineCatalog(EngineRegistry(points=POINTS)),
        Lines() if lines is None else lines,
        Pace(database),
        facts_of=lambda _: facts,
        commercial_only=commercial_only,
        auto_seconds=auto_seconds,
    )


def asked(**changes: object) -> VideoSubmission:
    given: dict[str, object] = {
        "portrait": Source(sha256=SHA),
        "audio": Source(sha256=SHA),
        "score": False,
    }
    return VideoSubmission(**{**given, **changes})  # type: ignore[arg-type]


def test_auto_takes_the_most_lifelike_that_is_done_in_time(database: sa.Engine) -> None:
    choice = chooser(database).choose(asked())
    assert choice.engine.id == "lifelike"
    assert "no engine that is ready is more lifelike" in choice.reason


def test_a_long_recording_takes_another_engine_and_says_why(database: sa.Engine) -> None:
    choice = chooser(database, facts=LONG).choose(asked())
    assert choice.engine.id == "research"
    assert "lifelike in" in choice.reason


def test_a_queue_counts(database: sa.Engine) -> None:
    assert chooser(database, Lines(waiting=50)).choose(asked()).engine.id == "research"


def test_a_deadline_goes_before_the_setting(database: sa.Engine) -> None:
    hasty = chooser(database, auto_seconds=30)
    assert hasty.choose(asked()).engine.id == "research"
    assert hasty.choose(asked(deadline_seconds=3_600)).engine.id == "lifelike"


def test_where_none_is_in_time_the_quickest_is_taken(database: sa.Engine) -> None:
    assert chooser(database, auto_seconds=0.1).choose(asked()).engine.id == "research"


def test_an_engine_that_nobody_serves_is_left_out(database: sa.Engine) -> None:
    choice = chooser(database, Lines(served=("quick",))).choose(asked())
    assert choice.engine.id == "quick"


def test_without_workers_what_this_machine_could_do_counts(database: sa.Engine) -> None:
    assert chooser(database, Lines(served=())).choose(asked()).engine.id == "lifelike"


def test_the_licence_policy_is_kept(database: sa.Engine) -> None:
    strict = chooser(database, commercial_only=True, facts=LONG)
    assert strict.choose(asked()).engine.id == "quick"
    with pytest.raises(LicenceForbids, match=r"research only\.$"):
        strict.choose(asked(engine="research"))


def test_where_only_forbidden_engines_could_it_says_so(database: sa.Engine) -> None:
    points = [point for point in POINTS if point.name == "research"]
    strict = EngineChooser(
        EngineCatalog(EngineRegistry(points=points)),
        Lines(),
        Pace(database),
        facts_of=lambda _: None,
        commercial_only=True,
        auto_seconds=600,
    )
    with pytest.raises(LicenceForbids):
        strict.choose(asked())


def test_an_engine_that_cannot_is_left_out(database: sa.Engine) -> None:
    webm = OutputOptions(format="webm")
    choice = chooser(database, Lines(served=("research", "quick"))).choose(asked(output=webm))
    assert choice.engine.id == "quick"


def test_what_no_engine_can_is_refused(database: sa.Engine) -> None:
    with pytest.raises(InvalidOption, match="no option `magic`"):
        chooser(database).choose(asked(options={"magic": 1}))


def test_a_preset_has_a_speed_of_its_own(database: sa.Engine) -> None:
    best = asked(options={"preset": "best"})
    choice = chooser(database).choose(best)
    assert choice.engine.id == "lifelike", "no other engine has the preset"
    lifelike = choice.engine
    pace = Pace(database)
    claimed = [pace.of(lifelike, scored=False, preset=name).rate for name in (None, "best")]
    assert claimed[1].low == pytest.approx(0.7 * 400)
    assert (claimed[0].low, claimed[0].high) == pytest.approx((0.7 * 20, 2.5 * 40))


def test_a_preset_is_learned_apart(database: sa.Engine) -> None:
    with writing(database) as connection:
        for number in range(5):
            connection.execute(
                sa.insert(usage).values(
                    job_id=f"vid_{number}",
                    run=1,
                    kind="video",
                    engine="lifelike",
                    preset="best",
                    status="succeeded",
                    media_seconds=10,
                    work_seconds=501.5,
                    gpu_seconds=0,
                    stored_bytes=0,
                    cost=0,
                    at=number,
                )
            )
    engine = EngineCatalog(EngineRegistry(points=POINTS)).choose("lifelike")
    learned = Pace(database).of(engine, scored=False, preset="best")
    assert (learned.samples, learned.rate.low) == (5, pytest.approx(50))
    assert Pace(database).of(engine, scored=False).samples == 0


def test_a_named_engine_is_taken_without_a_reason(database: sa.Engine) -> None:
    choice = chooser(database).choose(asked(engine="quick"))
    assert (choice.engine.id, choice.reason) == ("quick", "")
    with pytest.raises(UnknownEngine):
        chooser(database).choose(asked(engine="none"))


def test_a_text_s_length_is_guessed_by_its_letters(database: sa.Engine) -> None:
    text = asked(audio=None, text="word " * 4_000)
    assert chooser(database).choose(text).engine.id == "research"
    assert spoken("word " * 10, 2.0).high < spoken("word " * 10, None).high


def test_a_recording_s_length_is_guessed_by_its_size() -> None:
    assert recorded(None) == UNKNOWN
    assert recorded(SHORT).low == 0.5
    assert recorded({"bytes": 40_000, "content_type": "audio/mpeg"}).high == 10.0


def test_an_input_that_is_an_address_is_of_unknown_length(database: sa.Engine) -> None:
    url = asked(audio=Source(url="https://example.com/a.wav"))
    assert chooser(database, auto_seconds=5_000).choose(url).engine.id == "lifelike"
