"""Many small files below a prefix of a bucket: listed with their sums, sent, fetched."""

import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from talkies.errors import BlobMissing, StorageRefused, TalkiesError
from talkies.storage.s3 import PART_BYTES, TRANSFER, S3Options, open_client
from talkies.storage.s3_errors import translating

#: What a key needs to do each thing (IAM user guide, "Actions for Amazon S3").
LIST, PUT, GET = "s3:ListBucket", "s3:PutObject", "s3:GetObject"

#: Next steps, by the code of the answer.
_HINTS: Final = {
    "NoSuchBucket": "Create the bucket, or check --bucket and --endpoint.",
    "InvalidAccessKeyId": "Check the access key id: AWS_ACCESS_KEY_ID, or --profile.",
    "SignatureDoesNotMatch": "Check the secret access key: AWS_SECRET_ACCESS_KEY, or --profile.",
    "AuthorizationHeaderMalformed": "Check --region.",
    "PermanentRedirect": "Check --region and --endpoint.",
    "NoCredentialsError": "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give --profile.",
    "ProfileNotFound": "Check --profile: `aws configure list-profiles` lists what there is.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One object of a bucket."""

    key: str
    bytes: int
    #: As the service made it of the content: see `etag_of`.
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Headers:
    """What a reader of an object is told of it."""

    content_type: str
    cache_control: str


class S3Tree:
    """The objects of one bucket, by one client that all threads share.

    Every method may raise `StorageRefused`, naming the permission that is missing,
    `StorageUnavailable` and `StorageFull`.
    """

    def __init__(self, options: S3Options) -> None:
        """`options.prefix` is not used: keys are whole."""
        self._bucket = options.bucket
        with _explained(self._bucket, "", LIST):
            self._client = open_client(options)

    def list(self, prefix: str) -> Iterator[Stored]:
        """Every object whose key begins so, in order."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=prefix
        )
        with _explained(self._bucket, prefix, LIST):
            for page in pages:
                for found in page.get("Contents", []):
                    yield Stored(
                        key=found["Key"], bytes=found["Size"], etag=found["ETag"].strip('"')
                    )

    def send(self, path: Path, key: str, headers: Headers) -> None:
        """Store a file whole or not at all."""
        with _explained(self._bucket, key, PUT):
            if path.stat().st_size < PART_BYTES:
                # A transfer with its own threads would take twice the time of a small file.
                with path.open("rb") as file:
                    self._client.put_object(
                        Bucket=self._bucket,
                        Key=key,
                        Body=file,
                        ContentType=headers.content_type,
                        CacheControl=headers.cache_control,
                    )
                return
            about = {"ContentType": headers.content_type, "CacheControl": headers.cache_control}
            self._client.upload_file(str(path), self._bucket, key, ExtraArgs=about, Config=TRANSFER)

    def fetch(self, key: str, path: Path, most_bytes: int) -> int:
        """Write an object to `path`, and say how many bytes it has.

        Raises `ValueError` where they are more than `most_bytes`, whatever the list said.
        """
        with _explained(self._bucket, key, GET):
            body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"]
            done = 0
            with body, path.open("wb") as file:
                for piece in body.iter_chunks(256 << 10):
                    done += len(piece)
                    if done > most_bytes:
                        raise ValueError(f"{key} has more than {most_bytes} bytes")
                    file.write(piece)
        return done

    def close(self) -> None:
        self._client.close()


def etag_of(path: Path) -> str:
    """What S3 calls a file that came as ours do: its MD5, or one over those of its parts.

    A bucket that encrypts with keys of KMS makes others; files then look changed every time.
    """
    sums = []
    with path.open("rb") as file:
        while part := file.read(PART_BYTES):
            sums.append(hashlib.md5(part, usedforsecurity=False))
    if path.stat().st_size < PART_BYTES:
        whole = sums[0] if sums else hashlib.md5(b"", usedforsecurity=False)
        return whole.hexdigest()
    over = hashlib.md5(b"".join(one.digest() for one in sums), usedforsecurity=False)
    return f"{over.hexdigest()}-{len(sums)}"


@contextlib.contextmanager
def _explained(bucket: str, key: str, permission: str) -> Iterator[None]:
    """The storage's errors, with the bucket's name and what would help."""
    try:
        with translating(key):
            yield
    except (StorageRefused, BlobMissing) as error:
        raise _told(error, bucket, key, permission) from error


def _told(error: TalkiesError, bucket: str, key: str, permission: str) -> StorageRefused:
    reason = str(error.details.get("reason", "NoSuchKey"))
    details = {"reason": reason, "bucket": bucket, "permission": permission}
    if reason in {"AccessDenied", "403", "AllAccessDisabled"}:
        of = f"arn:aws:s3:::{bucket}" + ("" if permission == LIST else f"/{key}")
        return StorageRefused(
            f"The bucket {bucket} does not let this key do {permission} ({reason}).",
            hint=f"Allow {permission} on {of}, or use another key or --profile.",
            details=details,
        )
    return StorageRefused(
        f"The bucket {bucket} cannot be used ({reason}).",
        hint=_HINTS.get(reason, error.hint),
        details=details,
    )
