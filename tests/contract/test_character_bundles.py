"""Characters and real storages: drawings out of stored bundles, trees out of buckets."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
from character_play import bundled
from seaweed import Bucket
from seed_tree import write_tree

from talkies.errors import InvalidOption, StorageRefused
from talkies.rigs.tree.importing import import_tree
from talkies.settings import load
from talkies.storage.base import Storage
from talkies.studio.characters.drawing_memory import Drawings
from talkies.wiring.character_work import fetch_s3


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Mapping[str, Any]]:
    return bundled(tmp_path_factory.mktemp("bundle"))


def test_every_drawing_is_read_out_of_a_stored_bundle(
    storage: Storage, bundle: tuple[Path, Mapping[str, Any]]
) -> None:
    path, contents = bundle
    storage.put("inputs/robin", path, content_type="application/zip")
    drawings = Drawings(storage, lambda _: ("inputs/robin", path.stat().st_size))
    assert drawings.contents("robin") == contents
    for folder, files in list(contents["drawings"].items())[:3]:
        for file, place in files.items():
            expected = (path.parent / "robin" / "frames" / place).read_bytes()
            assert drawings.frame("robin", folder, file).content == expected
    storage.delete(["inputs/robin"])


def settings_of(bucket: Bucket, **changes: str) -> Any:
    given = {
        "S3_ENDPOINT": bucket.endpoint_url,
        "S3_ACCESS_KEY_ID": bucket.access_key_id,
        "S3_SECRET_ACCESS_KEY": bucket.secret_access_key,
    }
    return load({}, environ=given | changes)


def test_a_tree_of_a_bucket_is_brought_with_our_own_credentials(
    bucket: Bucket, tmp_path: Path
) -> None:
    client = boto3.client(
        "s3",
        endpoint_url=bucket.endpoint_url,
        aws_access_key_id=bucket.access_key_id,
        aws_secret_access_key=bucket.secret_access_key,
        region_name="us-east-1",
    )
    tree = write_tree(tmp_path / "tree")
    files = [path for path in tree.rglob("*") if path.is_file()]
    for path in files:
        key = f"robin/{path.relative_to(tree).as_posix()}"
        client.upload_file(str(path), bucket.name, key)
    heard: list[tuple[int, int]] = []
    url = f"s3://{bucket.name}/robin"
    fetch_s3(settings_of(bucket), url, tmp_path / "got", lambda *far: heard.append(far))
    assert heard[-1] == (len(files), len(files))
    assert import_tree(tmp_path / "got", tmp_path / "robin").report.drawings > 10


def test_what_we_may_not_read_is_refused(bucket: Bucket, tmp_path: Path) -> None:
    refused = settings_of(bucket, S3_ACCESS_KEY_ID="another")
    for settings, url, expected in (
        (refused, f"s3://{bucket.name}/robin", StorageRefused),
        (settings_of(bucket), "s3:///robin", InvalidOption),
    ):
        with pytest.raises(expected):
            fetch_s3(settings, url, tmp_path / "got", lambda *_: None)
