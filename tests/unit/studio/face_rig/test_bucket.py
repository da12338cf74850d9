from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from seed_tree import write_tree
from small_character import small_character

from talkies.errors import CharacterInvalid, NotFound
from talkies.storage.base import BlobInfo
from talkies.storage.links import LinkSigner
from talkies.storage.local import LocalStorage
from talkies.studio.characters.contents import contents_of
from talkies.studio.face_rig.bucket import LISTED_SECONDS, BucketFrames


class PublicTree(LocalStorage):
    """A tree of files whose links are public addresses; counts how often it is listed."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, LinkSigner(b"s" * 32))
        self.listings = 0

    def list(self, prefix: str) -> Iterator[BlobInfo]:
        self.listings += 1
        return super().list(prefix)

    def link(self, key: str, **_: object) -> str:
        return f"https://cdn.example/frames/{key}"


class Hands:
    """A clock that stands."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def seeds_tree(folder: Path, **options: Any) -> Path:
    """A bucket's folder as the seed's uploader fills it."""
    frames = write_tree(folder, **options) / "frames"
    return (folder / "expressions.json").rename(frames / "expressions.json").parent


def frames_over(root: Path, hands: Hands | None = None) -> tuple[BucketFrames, PublicTree]:
    storage = PublicTree(root)
    return BucketFrames(storage, clock=hands or Hands()), storage


def test_a_bucket_shows_what_the_disk_would(tmp_path: Path) -> None:
    character = small_character(tmp_path / "robin")
    (tmp_path / "robin/frames/expressions.json").write_bytes(
        (tmp_path / "robin/expressions.json").read_bytes()
    )
    frames, _ = frames_over(tmp_path / "robin/frames")
    contents = contents_of(character)

    assert frames.sequences() == tuple(sorted(contents["manifests"]))
    for name, manifest in contents["manifests"].items():
        assert frames.manifest(name) == manifest
        for frame in manifest["frames"]:
            assert frames.frame(name, frame["file"]) == (
                f"https://cdn.example/frames/sequences/{name}/{frame['file']}"
            )
    assert frames.frame("endpoints", "neutral__center.png").endswith(
        "/frames/endpoints/neutral__center.png"
    )


def test_the_address_is_where_the_uploader_put_the_frame(tmp_path: Path) -> None:
    """The seed's own redirect left `sequences/` out, where its uploader put it."""
    root = seeds_tree(tmp_path, percents=[0, 50, 100])
    frames, _ = frames_over(root)

    for folder in ("neutral_to_blink__center", "sequences/neutral_to_blink__center"):
        assert frames.frame(folder, "050.png") == (
            "https://cdn.example/frames/sequences/neutral_to_blink__center/050.png"
        )


@pytest.mark.parametrize(
    ("folder", "file"),
    [
        ("neutral_to_blink__center", "051.png"),
        ("neutral_to_blink__center", "manifest.json"),
        ("neutral_to_blink__center", "../../../secret.png"),
        ("..", "expressions.json"),
        ("neutral_to_nothing__center", "050.png"),
        ("endpoints", "nobody__center.png"),
        ("", "expressions.json"),
    ],
)
def test_what_is_no_drawing_of_the_tree_has_no_address(
    tmp_path: Path, folder: str, file: str
) -> None:
    root = seeds_tree(tmp_path, percents=[0, 50, 100])

    with pytest.raises(NotFound):
        frames_over(root)[0].frame(folder, file)


def test_old_trees_without_a_folder_for_sequences_are_read(tmp_path: Path) -> None:
    root = seeds_tree(tmp_path, percents=[0, 50, 100], legacy=True)
    frames, _ = frames_over(root)

    assert frames.manifest("neutral_to_blink__center")["expr_end"] == "blink_closed"
    assert frames.frame("neutral_to_blink__center", "050.png").endswith(
        "/frames/neutral_to_blink__center/050.png"
    )


def test_a_bucket_is_listed_now_and_then(tmp_path: Path) -> None:
    root = seeds_tree(tmp_path, percents=[0, 100])
    hands = Hands()
    frames, storage = frames_over(root, hands)
    before, mark = frames.sequences(), frames.mark()
    (root / "sequences/neutral_to_blink__center/050.png").write_bytes(b"new")

    hands.now = LISTED_SECONDS - 1
    assert frames.mark() == mark
    assert storage.listings == 1
    hands.now = LISTED_SECONDS
    assert frames.mark() != mark
    assert frames.sequences() == before
    assert storage.listings == 2


def test_a_bucket_without_frames_says_so(tmp_path: Path) -> None:
    frames, _ = frames_over(tmp_path)

    assert frames.sequences() == ()
    with pytest.raises(NotFound):
        frames.manifest("neutral_to_blink__center")
    with pytest.raises(NotFound, match="no frames in the bucket"):
        frames.mark()


def test_words_that_cannot_be_read_are_told_of(tmp_path: Path) -> None:
    root = seeds_tree(tmp_path, percents=[0, 100])
    (root / "expressions.json").write_text("{")

    with pytest.raises(CharacterInvalid):
        frames_over(root)[0].sequences()


def test_without_words_of_its_own_a_tree_is_read_by_the_seeds(tmp_path: Path) -> None:
    root = seeds_tree(tmp_path, percents=[0, 100])
    (root / "sequences/sneezing__center").mkdir()
    (root / "sequences/sneezing__center/000.png").write_bytes(b"")
    known = frames_over(root)[0].sequences()
    (root / "expressions.json").unlink()

    assert frames_over(root)[0].sequences() == known
