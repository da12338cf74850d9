"""Blobs in a bucket of S3, or of a service that speaks its protocol: R2, SeaweedFS, MinIO."""

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from boto3.s3.transfer import TransferConfig
from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import ClientError

from talkies.errors import Misconfigured
from talkies.kit.files import replacing
from talkies.storage.base import LINK_SECONDS, BlobInfo, UploadLink
from talkies.storage.filenames import attachment
from talkies.storage.keys import checked, checked_prefix
from talkies.storage.pieces import PIECE_BYTES, batches, started, try_out
from talkies.storage.s3_errors import answered, translating

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

#: Files from this size on are sent and fetched in parts of this size, four at a time.
PART_BYTES: Final = 8 << 20
TRANSFER: Final = TransferConfig(
    multipart_threshold=PART_BYTES, multipart_chunksize=PART_BYTES, max_concurrency=4
)

#: Seconds until a connection stands, and between two pieces of an answer.
CONNECT_SECONDS: Final = 3
READ_SECONDS: Final = 30

#: Connections that are kept: one for each thread that a server answers with.
CONNECTIONS: Final = 40

#: Objects that one request may remove (API reference, DeleteObjects).
DELETE_MAX: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Options:
    """Where a bucket is, and who we are there."""

    bucket: str
    #: None is AWS itself.
    endpoint_url: str | None = None
    #: `auto` for R2.
    region: str = "us-east-1"
    #: None looks for the credentials of the machine, as an instance's role.
    access_key_id: str | None = None
    secret_access_key: str | None = field(default=None, repr=False)
    #: Belongs to temporary credentials.
    session_token: str | None = field(default=None, repr=False)
    #: The folder of the bucket that is ours.
    prefix: str = ""
    #: Where everybody can read the bucket, as through a CDN. Links then begin with it, and neither
    #: expire nor carry a file name.
    public_base_url: str | None = None
    #: `s3` or `r2`.
    name: str = "s3"
    #: The section of the machine's own AWS configuration to use in place of the credentials above.
    profile: str | None = None


class S3Storage:
    """Blobs in one bucket, by one client that all threads share."""

    def __init__(self, options: S3Options) -> None:
        self._options = options
        self._prefix = f"{checked(prefix)}/" if (prefix := options.prefix.strip("/")) else ""
        self._client = open_client(options)

    @property
    def name(self) -> str:
        return self._options.name

    def put(self, key: str, path: Path, *, content_type: str) -> None:
        with translating(key):
            self._client.upload_file(
                str(path),
                self._options.bucket,
                self._name(key),
                ExtraArgs={"ContentType": content_type},
                Config=TRANSFER,
            )

    def get(self, key: str, path: Path) -> None:
        with replacing(path) as partial, translating(key):
            self._client.download_file(
                self._options.bucket, self._name(key), str(partial), Config=TRANSFER
            )

    def read(self, key: str, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        if end is not None and end <= start:
            self.info(key)
            return iter(())
        return started(self._pieces(key, _range(start, end)))

    def info(self, key: str) -> BlobInfo:
        with translating(key):
            about = self._client.head_object(**self._object(key))
        return BlobInfo(
            key=key,
            bytes=about["ContentLength"],
            modified_at=int(about["LastModified"].timestamp() * 1000),
            content_type=about.get("ContentType", ""),
        )

    def list(self, prefix: str) -> Iterator[BlobInfo]:
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._options.bucket, Prefix=self._prefix + checked_prefix(prefix)
        )
        with translating(prefix):
            for page in pages:
                for found in page.get("Contents", []):
                    yield BlobInfo(
                        key=found["Key"].removeprefix(self._prefix),
                        bytes=found["Size"],
                        modified_at=int(found["LastModified"].timestamp() * 1000),
                        content_type="",
                    )

    def delete(self, keys: Iterable[str]) -> None:
        for batch in batches(keys, DELETE_MAX):
            self._delete(batch)

    def link(self, key: str, *, seconds: int = LINK_SECONDS, filename: str | None = None) -> str:
        if base := self._options.public_base_url:
            return f"{base.rstrip('/')}/{quote(self._name(key))}"
        wanted = self._object(key)
        if filename:
            wanted["ResponseContentDisposition"] = attachment(filename)
        return self._signed("get_object", wanted, seconds)

    def upload_link(
        self, key: str, *, content_type: str, size: int, seconds: int = 3600
    ) -> UploadLink:
        wanted = {**self._object(key), "ContentType": content_type, "ContentLength": size}
        url = self._signed("put_object", wanted, seconds)
        return UploadLink(url=url, headers={"Content-Type": content_type})

    def tidy(self, before: int) -> int:
        """Give up uploads in parts that nobody ended: their parts are stored, and cost."""
        removed = 0
        pages = self._client.get_paginator("list_multipart_uploads").paginate(
            Bucket=self._options.bucket, Prefix=self._prefix
        )
        with translating(), _where_implemented():
            for upload in (upload for page in pages for upload in page.get("Uploads", [])):
                if upload["Initiated"].timestamp() * 1000 < before:
                    self._client.abort_multipart_upload(
                        Bucket=self._options.bucket,
                        Key=upload["Key"],
                        UploadId=upload["UploadId"],
                    )
                    removed += 1
        return removed

    def check(self) -> None:
        try_out(self)

    def close(self) -> None:
        self._client.close()

    def _name(self, key: str) -> str:
        return self._prefix + checked(key)

    def _object(self, key: str) -> dict[str, Any]:
        return {"Bucket": self._options.bucket, "Key": self._name(key)}

    def _pieces(self, key: str, wanted: dict[str, Any]) -> Iterator[bytes]:
        with translating(key):
            try:
                body = self._client.get_object(**self._object(key), **wanted)["Body"]
            except ClientError as error:
                if error.response["Error"]["Code"] != "InvalidRange":
                    raise
                yield b""
                return
            with body:
                yield b""
                yield from body.iter_chunks(PIECE_BYTES)

    def _delete(self, keys: Sequence[str]) -> None:
        with translating():
            answer = self._client.delete_objects(
                Bucket=self._options.bucket,
                Delete={"Objects": [{"Key": self._name(key)} for key in keys], "Quiet": True},
            )
        for fault in answer.get("Errors", []):
            if fault.get("Code") != "NoSuchKey":
                raise answered({"Error": fault}, fault.get("Key", ""))

    def _signed(self, operation: str, wanted: dict[str, Any], seconds: int) -> str:
        with translating():
            return self._client.generate_presigned_url(operation, Params=wanted, ExpiresIn=seconds)


@contextlib.contextmanager
def _where_implemented() -> Iterator[None]:
    """Pass over what a relative of S3 does not know."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] != "NotImplemented":
            raise


def _range(start: int, end: int | None) -> dict[str, Any]:
    if not start and end is None:
        return {}
    return {"Range": f"bytes={start}-{'' if end is None else end - 1}"}


def open_client(options: S3Options) -> "S3Client":
    """A client of the bucket's service. Raises `Misconfigured` and `StorageRefused`."""
    config = Config(
        signature_version="s3v4",
        retries={"mode": "standard", "max_attempts": 3},
        # Checksums on every request are newer than most of S3's relatives.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        max_pool_connections=CONNECTIONS,
        s3={"addressing_style": "path" if options.endpoint_url else "auto"},
    )
    try:
        with translating():
            session = Session(profile_name=options.profile)
        return session.client(
            "s3",
            endpoint_url=options.endpoint_url,
            region_name=options.region,
            aws_access_key_id=options.access_key_id,
            aws_secret_access_key=options.secret_access_key,
            aws_session_token=options.session_token,
            config=config,
        )
    except ValueError as error:
        raise Misconfigured(
            f"The settings of the storage cannot be used: {error}.",
            hint="Give the endpoint as https://host[:port].",
        ) from error
