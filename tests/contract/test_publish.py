"""Frames go to a real bucket, and come back from it."""

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from seaweed import Bucket
from seed_tree import face, write_tree

from talkies.errors import (
    ArchiveUnsafe,
    Canceled,
    CharacterInvalid,
    InvalidOption,
    StorageRefused,
    StorageUnavailable,
)
from talkies.rigs.character import Character
from talkies.rigs.tree.importing import ImportOptions, import_tree
from talkies.rigs.tree.opening import open_character
from talkies.storage.s3 import PART_BYTES, S3Options
from talkies.storage.s3_tree import Headers, S3Tree, etag_of
from talkies.studio.characters.bucket import fetch_tree, is_wanted
from talkies.studio.characters.bucket_place import BucketPlace, bucket_place
from talkies.studio.characters.publish import Published, PublishOptions, publish


def options(place: Bucket, **changes: Any) -> S3Options:
    known = {
        "bucket": place.name,
        "endpoint_url": place.endpoint_url,
        "access_key_id": place.access_key_id,
        "secret_access_key": place.secret_access_key,
    }
    return S3Options(**(known | changes))


@contextlib.contextmanager
def tree_of(place: Bucket, **changes: Any) -> Iterator[S3Tree]:
    with contextlib.closing(S3Tree(options(place, **changes))) as tree:
        yield tree


@pytest.fixture
def tree(bucket: Bucket) -> Iterator[S3Tree]:
    with tree_of(bucket) as opened:
        yield opened


@pytest.fixture(scope="module")
def client(bucket: Bucket) -> Iterator[Any]:
    """The bucket as another program sees it."""
    made = boto3.client(
        "s3",
        endpoint_url=bucket.endpoint_url,
        aws_access_key_id=bucket.access_key_id,
        aws_secret_access_key=bucket.secret_access_key,
        region_name="us-east-1",
        config=Config(s3={"addressing_style": "path"}),
    )
    yield made
    made.close()


@pytest.fixture
def character(tmp_path: Path) -> Character:
    return open_character(write_tree(tmp_path / "robin", percents=[0, 50, 100]))


@pytest.fixture
def prefix(request: pytest.FixtureRequest) -> str:
    """A folder of the bucket for one test alone."""
    return f"{request.node.name[:60]}/frames/".replace("[", "-").replace("]", "")


def send(character: Character, tree: S3Tree, prefix: str, **chosen: Any) -> Published:
    return publish(character, tree, PublishOptions(prefix=prefix, **chosen))


def keys_of(tree: S3Tree, prefix: str) -> list[str]:
    return [stored.key.removeprefix(prefix) for stored in tree.list(prefix)]


def test_frames_lie_where_the_seeds_players_look_for_them(
    character: Character, tree: S3Tree, client: Any, bucket: Bucket, prefix: str
) -> None:
    counts: list[tuple[int, int]] = []
    published = publish(
        character, tree, PublishOptions(prefix=prefix), lambda *count: counts.append(count)
    )
    frames = character.folder / "frames"
    files = {str(path.relative_to(frames)) for path in frames.rglob("*") if path.is_file()}
    assert set(keys_of(tree, prefix)) == files
    assert (len(published.sent), published.kept, published.strange) == (len(files), 0, ())
    assert published.bytes == sum((frames / name).stat().st_size for name in files)
    assert counts == [(done, len(files)) for done in range(len(files) + 1)]
    name = "sequences/neutral_to_blink__center/050.png"
    found = client.get_object(Bucket=bucket.name, Key=prefix + name)
    assert found["CacheControl"] == "public, max-age=31536000"
    assert found["ContentType"] == "image/png"
    assert found["Body"].read() == (frames / name).read_bytes()
    words = client.head_object(
        Bucket=bucket.name, Key=f"{prefix}sequences/neutral_to_blink__center/manifest.json"
    )
    assert (words["CacheControl"], words["ContentType"]) == ("no-cache", "application/json")


def test_webps_have_their_own_type(
    tmp_path: Path, tree: S3Tree, client: Any, bucket: Bucket, prefix: str
) -> None:
    character = open_character(write_tree(tmp_path / "r", suffix="webp", percents=[50]))
    send(character, tree, prefix)
    key = f"{prefix}endpoints/neutral__center.webp"
    assert client.head_object(Bucket=bucket.name, Key=key)["ContentType"] == "image/webp"


def test_a_dry_run_says_what_would_be_sent_and_sends_nothing(
    character: Character, tree: S3Tree, prefix: str
) -> None:
    published = send(character, tree, prefix, dry_run=True)
    assert f"{prefix}endpoints/neutral__center.png" in published.sent
    assert keys_of(tree, prefix) == []


def test_only_what_changed_is_sent_again(character: Character, tree: S3Tree, prefix: str) -> None:
    first = send(character, tree, prefix)
    face(0.77).save(character.path("endpoints/neutral__center.png"))
    second = send(character, tree, prefix)
    assert second.sent == (f"{prefix}endpoints/neutral__center.png",)
    assert second.kept == len(first.sent) - 1
    assert send(character, tree, prefix).sent == ()


def test_a_stopped_run_is_gone_on_with(character: Character, tree: S3Tree, prefix: str) -> None:
    def stop(done: int, _total: int) -> None:
        if done == 5:
            raise Canceled

    with pytest.raises(Canceled):
        publish(character, tree, PublishOptions(prefix=prefix), stop)
    there = len(keys_of(tree, prefix))
    assert there >= 5
    assert not any(key.endswith(".json") for key in keys_of(tree, prefix))
    assert not [one.name for one in threading.enumerate() if one.name.startswith("publish")]
    published = send(character, tree, prefix)
    assert published.kept == there


def test_parts_can_be_left_out_and_the_words_sent_too(
    character: Character, tree: S3Tree, prefix: str
) -> None:
    send(character, tree, prefix, skip_sequences=True, upload_config=True)
    tops = {key.partition("/")[0] for key in keys_of(tree, prefix)}
    assert tops == {"endpoints", "expressions.json"}
    published = send(character, tree, prefix, skip_endpoints=True)
    assert all("/sequences/" in key for key in published.sent)
    assert published.strange == ()


def test_what_the_character_does_not_have_stays_and_is_told_of(
    character: Character, tree: S3Tree, client: Any, bucket: Bucket, prefix: str
) -> None:
    for name in ("endpoints/old__center.png", "notes.txt"):
        client.put_object(Bucket=bucket.name, Key=prefix + name, Body=b"x")
    assert send(character, tree, prefix).strange == (f"{prefix}endpoints/old__center.png",)
    assert "endpoints/old__center.png" in keys_of(tree, prefix)


def test_a_legacy_tree_is_published_in_the_places_of_today(
    tmp_path: Path, tree: S3Tree, prefix: str
) -> None:
    character = open_character(write_tree(tmp_path / "r", legacy=True, percents=[50]))
    send(character, tree, prefix)
    assert "sequences/neutral_to_blink__center/manifest.json" in keys_of(tree, prefix)


def test_large_files_are_known_again_by_the_sums_of_their_parts(
    tree: S3Tree, tmp_path: Path, prefix: str
) -> None:
    headers = Headers(content_type="image/png", cache_control="no-cache")
    for size in (0, 10, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1):
        path = tmp_path / str(size)
        path.write_bytes(bytes(size))
        tree.send(path, f"{prefix}{size}", headers)
        stored = next(one for one in tree.list(prefix) if one.key == f"{prefix}{size}")
        assert (stored.bytes, stored.etag) == (size, etag_of(path)), size


@pytest.mark.parametrize("bad", ["a//b", "../x", "a/./b", "x" * 600, "a\nb"])
def test_prefixes_that_are_none_are_refused(character: Character, tree: S3Tree, bad: str) -> None:
    with pytest.raises(InvalidOption):
        send(character, tree, bad)


def test_a_key_that_may_not_write_hears_which_permission_is_missing(
    character: Character, bucket: Bucket, prefix: str
) -> None:
    with (
        tree_of(bucket, access_key_id=bucket.reader_key_id) as tree,
        pytest.raises(StorageRefused, match="s3:PutObject") as caught,
    ):
        send(character, tree, prefix)
    assert caught.value.details["permission"] == "s3:PutObject"
    assert bucket.name in caught.value.message
    assert f"arn:aws:s3:::{bucket.name}/{prefix}" in caught.value.hint


def test_a_key_that_may_not_list_hears_which_permission_is_missing(
    character: Character, bucket: Bucket, prefix: str
) -> None:
    with (
        tree_of(bucket, access_key_id=bucket.stranger_key_id) as tree,
        pytest.raises(StorageRefused, match="s3:ListBucket"),
    ):
        send(character, tree, prefix)


def test_a_bucket_that_is_not_there_is_named(
    character: Character, bucket: Bucket, prefix: str
) -> None:
    with (
        tree_of(bucket, bucket="no-such-bucket") as tree,
        pytest.raises(StorageRefused, match="no-such-bucket") as caught,
    ):
        send(character, tree, prefix)
    assert caught.value.details["reason"] == "NoSuchBucket"
    assert "Create the bucket" in caught.value.hint


def test_wrong_secrets_and_unknown_profiles_are_told_of(
    character: Character, bucket: Bucket, prefix: str
) -> None:
    with (
        tree_of(bucket, secret_access_key=bucket.name) as tree,
        pytest.raises(StorageRefused) as caught,
    ):
        send(character, tree, prefix)
    assert caught.value.details["reason"] == "SignatureDoesNotMatch"
    with pytest.raises(StorageRefused) as caught, tree_of(bucket, profile="nobody"):
        pass
    assert caught.value.details["reason"] == "ProfileNotFound"


def test_a_service_that_is_not_there_can_be_tried_again(
    character: Character, bucket: Bucket, prefix: str
) -> None:
    with (
        tree_of(bucket, endpoint_url="http://127.0.0.1:9") as tree,
        pytest.raises(StorageUnavailable),
    ):
        send(character, tree, prefix)


def test_what_was_published_is_imported_again(
    character: Character, tree: S3Tree, client: Any, bucket: Bucket, prefix: str, tmp_path: Path
) -> None:
    send(character, tree, prefix, upload_config=True)
    for name in ("a b/c.png", "readme.txt", "frames.pack", "endpoints/.hidden.png"):
        client.put_object(Bucket=bucket.name, Key=prefix + name, Body=b"x")
    came: list[tuple[int, int]] = []
    fetched = tmp_path / "fetched"
    fetched.mkdir()
    fetch_tree(tree, prefix, fetched, lambda *count: came.append(count))
    names = {str(path.relative_to(fetched)) for path in fetched.rglob("*") if path.is_file()}
    frames = character.folder / "frames"
    files = {str(path.relative_to(frames)) for path in frames.rglob("*") if path.is_file()}
    assert names == files | {"expressions.json"}
    assert came == [(done, len(names)) for done in range(1, len(names) + 1)]
    again = import_tree(fetched, tmp_path / "again", ImportOptions(workers=1)).character
    assert again.rig == character.rig


def test_fetching_what_is_no_tree_is_refused(
    tree: S3Tree, client: Any, bucket: Bucket, prefix: str, tmp_path: Path
) -> None:
    with pytest.raises(CharacterInvalid) as caught:
        fetch_tree(tree, prefix, tmp_path)
    assert caught.value.details["reason"] == "no_frames"
    client.put_object(Bucket=bucket.name, Key=f"{prefix}endpoints/a__b.png", Body=bytes(5000))
    with pytest.raises(ArchiveUnsafe):
        fetch_tree(tree, prefix, tmp_path, most_bytes=100)
    with pytest.raises(ValueError, match="more than"):
        tree.fetch(f"{prefix}endpoints/a__b.png", tmp_path / "a", 100)
    with pytest.raises(StorageRefused):
        tree.fetch(f"{prefix}nobody", tmp_path / "a", 100)


@pytest.mark.parametrize(
    "name", ["../x.png", "a/../b.png", "/x.png", "a//b.png", "a\\b.png", ".x.png", "x.txt", ""]
)
def test_keys_that_lead_out_or_are_no_frames_are_not_fetched(name: str) -> None:
    assert not is_wanted(name)
    assert is_wanted("sequences/neutral_to_blink__center/050.png")


def test_places_in_buckets_are_read() -> None:
    assert bucket_place("s3://bucket") == BucketPlace(bucket="bucket", prefix="")
    assert bucket_place("s3://my-bucket/a/b/") == BucketPlace(bucket="my-bucket", prefix="a/b/")
    for bad in ("s3://", "s3:///x", "s3://B", "s3://a/b"):
        with pytest.raises(InvalidOption):
            bucket_place(bad)
