"""Everything that jobs of timelines work with: a database, a storage, makers, one character."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from made_once import migrated
from workshop_stage import WHO, Room, StepView, job, local, room

from talkies.core.rig.model import RigConfig
from talkies.db.engine import writing
from talkies.db.tables import job_outputs, jobs
from talkies.errors import UnknownCharacter
from talkies.jobs.kinds import Finished, JobKind
from talkies.jobs.records import Job, NewJob
from talkies.studio.access.principal import Principal
from talkies.studio.assets.assets import Assets
from talkies.studio.characters.records import CharacterRef
from talkies.studio.making import Makers
from talkies.studio.submissions import Source
from talkies.studio.timelines.book import TimelineBook
from talkies.studio.timelines.create import Planner
from talkies.studio.timelines.export_jobs import export_kind
from talkies.studio.timelines.jobs import TimelineParts, timeline_kind
from talkies.studio.timelines.kinds import timeline_id_of
from talkies.studio.timelines.records import TimelineRecord
from talkies.studio.timelines.requests import DocumentSubmission, TimelineSubmission
from talkies.studio.timelines.service import Surroundings, Timelines
from talkies.studio.timelines.steps import words_of

ROBIN = CharacterRef(id="robin", name="robin")


@dataclass
class AcceptedJobs:
    """Takes every job, and keeps it."""

    new: list[NewJob] = field(default_factory=list)

    def accept(self, new: NewJob) -> Job:
        self.new.append(new)
        return job(
            json.loads(json.dumps(new.request)),
            id=new.id,
            kind=new.kind,
            user_id=new.user_id,
            engine=None,
        )


@dataclass
class Cast:
    """One installed character, until it goes."""

    folder: Path
    gone: bool = False
    opened: int = 0

    def find(self, principal: Principal, named: str) -> CharacterRef:
        if named not in {"robin", "wren"}:
            raise UnknownCharacter(f"There is no {named}.")
        return replace(ROBIN, id=named, name=named)

    def words_of(self, ref: CharacterRef) -> RigConfig:
        if self.gone:
            raise UnknownCharacter(f"There is no {ref.name} any more.")
        return words_of(self.folder)

    @contextmanager
    def open(self, ref: CharacterRef) -> Iterator[Path]:
        if self.gone:
            raise UnknownCharacter(f"There is no {ref.name} any more.")
        self.opened += 1
        yield self.folder


@dataclass
class TimelineRoom:
    """What tests of timelines work with."""

    engine: sa.Engine
    room: Room
    assets: Assets
    cast: Cast
    jobs: AcceptedJobs
    book: TimelineBook
    timelines: Timelines
    planner: Planner | None = None

    def parts(self) -> TimelineParts:
        return TimelineParts(
            book=self.book,
            blobs=self.assets.blobs,
            open_character=self.cast.open,
            planner=self.planner,
        )

    def kind(self, asked: Job) -> JobKind:
        make = timeline_kind if asked.kind == "timeline" else export_kind
        return make(self.room.workshop, self.parts())

    def view(self, asked: Job) -> StepView:
        return self.room.context(asked)

    def work(
        self,
        asked: Job,
        *,
        until: str = "",
        before: Callable[[str], object] = lambda _: None,
        view: StepView | None = None,
    ) -> StepView:
        """A view of the job after its steps; `before` hears the name of each."""
        view = view or self.view(asked)
        for phase in self.kind(asked).phases:
            for step in phase.steps:
                if not step.applies(asked):
                    continue
                before(step.name)
                view.results[step.name] = json.loads(json.dumps(step.run(view)))
                if step.name == until:
                    return view
        return view

    def finish(self, view: StepView) -> Finished:
        """What the job's record gets, and its outputs as the ledger writes them."""
        ended = self.kind(view.job).finish(view.job, view.results)
        with writing(self.engine) as connection:
            connection.execute(sa.insert(jobs).values(_row(view.job)))
            for output in ended.outputs:
                values = {"job_id": view.job.id, "created_at": 1, **_values(output)}
                connection.execute(sa.insert(job_outputs).values(values))
        return ended


def _values(output: Any) -> Mapping[str, Any]:
    return {name: getattr(output, name) for name in output.__dataclass_fields__}


def _row(asked: Job) -> Mapping[str, Any]:
    return {
        "id": asked.id,
        "kind": asked.kind,
        "request": dict(asked.request),
        "metadata": {},
        "status": "succeeded",
        "warnings": [],
        "metrics": {},
        "queue": "audio",
        "created_at": 1,
    }


#: Keeps one and the same spoken timeline in a room.
Known = Callable[[TimelineRoom], TimelineRecord]


def known_timeline(room: TimelineRoom) -> Known:
    """A timeline that a voice of this room has spoken, for other rooms as well."""
    asked = room.timelines.create(
        WHO, TimelineSubmission(character="robin", text="Bob moves. Why?", fps=12)
    )
    view = room.work(asked)
    document = room.book.get(timeline_id_of(asked)).document

    def keep(other: TimelineRoom) -> TimelineRecord:
        digest = other.assets.keep(view.folder / "sound.wav", content_type="audio/wav")
        brought = DocumentSubmission(document=document, sound=Source(sha256=digest))
        return other.timelines.store(WHO, brought)

    return keep


def timeline_room(root: Path, makers: Makers, character: Path) -> TimelineRoom:
    """A room below `root` in which the character of a folder plays."""
    engine = migrated(root / "talkies.db")
    assets = Assets(engine, local(root))
    around = room(root, makers, kept=assets)
    cast, accepted = Cast(character), AcceptedJobs()

    def release(digests: Iterable[str], made_at: int) -> object:
        return assets.release(digests, made_at=made_at)

    book = TimelineBook(engine, release=release)
    timelines = Timelines(
        book,
        Surroundings(
            jobs=accepted,
            fetcher=around.workshop.fetcher,
            blobs=assets.blobs,
            characters=cast,
            words_of=cast.words_of,
            check_webhook=lambda url: url,
        ),
    )
    return TimelineRoom(engine, around, assets, cast, accepted, book, timelines)


__all__ = ["WHO", "Known", "TimelineRoom", "known_timeline", "timeline_room"]
