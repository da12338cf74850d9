"""Characters as a worker makes them: inputs brought, a maker of its own, the bundle kept."""

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest
from seed_tree import write_tree
from workshop_stage import KeptInputs, Room, StepView, files_below, job

from talkies.core.rig.config_json import config_to_json
from talkies.core.rig.standard import STANDARD
from talkies.errors import (
    ArchiveUnsafe,
    Canceled,
    CharacterInvalid,
    CorruptMedia,
    FaceNotFound,
    StorageFull,
    TalkiesError,
)
from talkies.jobs.kinds import Finished, JobKind
from talkies.jobs.records import Document
from talkies.kit.files import sha256_of
from talkies.rigs.tree.opening import open_character
from talkies.studio.characters.bundle import unpack_bundle
from talkies.studio.characters.job import CharacterShop, character_kind
from talkies.studio.characters.requests import CharacterSubmission
from talkies.studio.submissions import Source, request_document

PORTRAIT = Path(__file__).parents[3] / "fixtures" / "portrait.png"


class Keeping(KeptInputs):
    """Keeps bundles, as assets do; the first so many times the storage is full."""

    def __init__(self, folder: Path, full: int = 0) -> None:
        super().__init__(folder)
        self.full = full

    def keep(  # type: ignore[override]
        self, path: Path, *, content_type: str, sha256: str | None = None
    ) -> str:
        assert content_type == "application/zip"
        assert sha256 == sha256_of(path)
        if self.full:
            self.full -= 1
            raise StorageFull
        return super().keep(path)


def kind_of(stage: Room, *, full: int = 0, s3: Path | None = None) -> tuple[JobKind, Keeping]:
    def fetch_s3(url: str, path: Path, _: Any) -> None:
        assert url == "s3://frames/robin/"
        assert s3 is not None
        shutil.copytree(s3, path)

    kept = Keeping(stage.root / "bundles", full)
    shop = CharacterShop(fetcher=stage.workshop.fetcher, fetch_s3=fetch_s3, keeper=kept, workers=1)
    return character_kind(stage.workshop, shop), kept


def asked_for(stage: Room, **given: Any) -> Document:
    return request_document(CharacterSubmission(name="Robin", **given))


def view_of(stage: Room, request: Document) -> StepView:
    return stage.context(job(request, id="chr_1", kind="character"))


def done(kind: JobKind, view: StepView) -> Finished:
    (phase,) = kind.phases
    assert phase.queue(view.job) == "characters"
    for step in phase.steps:
        view.results[step.name] = json.loads(json.dumps(step.run(view)))
    return kind.finish(view.job, view.results)


def archive(tmp_path: Path, tree: Path) -> Path:
    made = shutil.make_archive(str(tmp_path / "frames"), "zip", tree)
    return Path(made)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return write_tree(tmp_path / "tree", poses=["center"])


def test_an_archive_of_frames_becomes_a_bundle(stage: Room, tmp_path: Path, tree: Path) -> None:
    digest = stage.inputs.keep(archive(tmp_path, tree))
    kind, kept = kind_of(stage)
    view = view_of(stage, asked_for(stage, archive=Source(sha256=digest)))
    ended = done(kind, view)
    bundle = ended.result["character.zip"]
    path = kept.folder / bundle["sha256"]
    assert path.stat().st_size == bundle["bytes"]
    unpack_bundle(path, tmp_path / "robin")
    character = open_character(tmp_path / "robin")
    assert character.name == "Robin"
    assert (ended.result["width"], ended.result["height"]) == (96, 144)
    assert ended.result["sequences"] == len(character.rig.sequences)
    assert ended.result["key_color"] == "#00ff00"
    fractions = [fraction for _, fraction in view.told]
    assert fractions == sorted(fractions)
    assert {"fetch", "build", "deliver"} <= {name for name, _ in view.told}
    kind.purge(view.job)
    assert stage.stored("scratch/") == []


def test_the_same_frames_are_the_same_bundle(stage: Room, tmp_path: Path, tree: Path) -> None:
    digest = stage.inputs.keep(archive(tmp_path, tree))
    kind, _ = kind_of(stage, full=1)
    request = asked_for(stage, archive=Source(sha256=digest))
    first = done(kind, view_of(stage, request))
    # Another try in the same folder, and one on another machine.
    again = done(kind, view_of(stage, request))
    shutil.rmtree(stage.root / "work")
    elsewhere = done(kind, view_of(stage, request))
    assert first.result == again.result == elsewhere.result


def test_words_of_the_request_go_before_those_of_the_tree(
    stage: Room, tmp_path: Path, tree: Path
) -> None:
    digest = stage.inputs.keep(archive(tmp_path, tree))
    words = json.loads(config_to_json(STANDARD))
    request = asked_for(stage, archive=Source(sha256=digest), config=words, key_color="none")
    kind, kept = kind_of(stage)
    result = done(kind, view_of(stage, request)).result
    assert result["key_color"] is None
    with zipfile.ZipFile(kept.folder / result["character.zip"]["sha256"]) as bundle:
        assert set(json.loads(bundle.read("expressions.json"))["expressions"]) == set(
            STANDARD.expressions
        )


def test_a_tree_of_a_bucket_is_brought_by_the_worker(stage: Room, tree: Path) -> None:
    kind, _ = kind_of(stage, s3=tree)
    there = {"s3_url": "s3://frames/robin/", "published_url": "https://cdn.example.com/robin/"}
    result = done(kind, view_of(stage, asked_for(stage, **there))).result
    assert result["drawings"] > 10
    assert result["published_url"] == there["published_url"]


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"../../out.png": b"x"}, ArchiveUnsafe),
        ({"readme.txt": b"no frames"}, CharacterInvalid),
        ({}, CharacterInvalid),
    ],
)
def test_what_is_no_tree_is_refused_and_leaves_nothing(
    stage: Room, tmp_path: Path, members: dict[str, bytes], expected: type[TalkiesError]
) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as bad:
        for name, content in members.items():
            bad.writestr(name, content)
    kind, kept = kind_of(stage)
    view = view_of(stage, asked_for(stage, archive=Source(sha256=stage.inputs.keep(path))))
    with pytest.raises(expected):
        done(kind, view)
    assert files_below(kept.folder) == []
    assert not list((view.folder / "made").glob("*"))


def test_a_drawing_without_a_face_is_refused(stage: Room, tmp_path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (200, 300), "white").save(tmp_path / "white.png")
    digest = stage.inputs.keep(tmp_path / "white.png")
    kind, _ = kind_of(stage)
    with pytest.raises((FaceNotFound, CharacterInvalid)):
        done(kind, view_of(stage, asked_for(stage, drawing=Source(sha256=digest))))


def test_what_is_no_picture_is_refused(stage: Room, tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\nand nothing")
    digest = stage.inputs.keep(tmp_path / "bad.png")
    kind, _ = kind_of(stage)
    with pytest.raises(CorruptMedia):
        done(kind, view_of(stage, asked_for(stage, drawing=Source(sha256=digest))))


def test_a_character_is_built_of_a_drawing(stage: Room, tmp_path: Path) -> None:
    digest = stage.inputs.keep(PORTRAIT)
    build = {"size": "128x192", "sequences": False, "background": "green"}
    kind, kept = kind_of(stage)
    ended = done(kind, view_of(stage, asked_for(stage, drawing=Source(sha256=digest), build=build)))
    assert (ended.result["width"], ended.result["height"]) == (128, 192)
    assert "lips_closed" in ended.result["expressions"]
    assert ended.result["key_color"] is not None
    with zipfile.ZipFile(kept.folder / ended.result["character.zip"]["sha256"]) as bundle:
        assert bundle.read("contact-sheet.jpg")[:2] == b"\xff\xd8"


def test_a_build_is_stopped_where_its_job_is(stage: Room) -> None:
    digest = stage.inputs.keep(PORTRAIT)
    kind, kept = kind_of(stage)
    request = asked_for(stage, drawing=Source(sha256=digest), build={"size": "128x192"})
    view = view_of(stage, request)

    class Stopping(StepView):
        def progress(self, stage: str, fraction: float, eta_seconds: float | None = None) -> None:
            super().progress(stage, fraction, eta_seconds)
            if stage == "build" and fraction > 0.06:
                self.stop()

    stopping = Stopping(job=view.job, folder=view.folder, results={})
    with pytest.raises(Canceled):
        done(kind, stopping)
    assert files_below(kept.folder) == []
