"""A character's frames in a bucket, for players and a CDN: only what changed is sent."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final, TypeAlias

from talkies.core.rig.naming import ENDPOINTS, SEQUENCES
from talkies.errors import InvalidOption
from talkies.rigs.character import CONFIG, Character
from talkies.rigs.tree.copying import in_place
from talkies.rigs.tree.listing import MANIFEST
from talkies.storage.s3_tree import Headers, S3Tree, Stored, etag_of

#: Drawings are named by what they show and change rarely; words about them change with them.
DRAWING_CACHE: Final = "public, max-age=31536000"
WORDS_CACHE: Final = "no-cache"
_TYPES: Final = {".png": "image/png", ".webp": "image/webp", ".json": "application/json"}

#: Files that are sent at a time.
AT_ONCE: Final = 8

#: Longest prefix; a key has at most 1024 bytes.
PREFIX_MAX: Final = 500

#: Hears how many files are in the bucket as they should be, and of how many. It may raise to stop.
PublishProgress: TypeAlias = Callable[[int, int], None]


def ignore(_done: int, _total: int) -> None:
    """For those who do not want to hear."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishOptions:
    """What is sent, and where to."""

    #: Before every key; a slash is added where there is none.
    prefix: str = "frames/"
    #: Say what would be sent, and send nothing.
    dry_run: bool = False
    #: Also send `expressions.json`.
    upload_config: bool = False
    skip_sequences: bool = False
    skip_endpoints: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What was sent, or would be."""

    #: Before every key: empty, or with a slash at its end.
    prefix: str
    #: Keys, in order.
    sent: tuple[str, ...]
    bytes: int
    #: How many were in the bucket already, as they are here.
    kept: int
    #: Keys below the prefix of drawings that this character does not have. They stay.
    strange: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """One file that belongs into the bucket."""

    key: str
    path: Path
    bytes: int

    @property
    def headers(self) -> Headers:
        kind = _TYPES[self.path.suffix]
        cache = WORDS_CACHE if self.path.suffix == ".json" else DRAWING_CACHE
        return Headers(content_type=kind, cache_control=cache)


def publish(
    character: Character,
    bucket: S3Tree,
    options: PublishOptions,
    progress: PublishProgress = ignore,
) -> Published:
    """Bring a character's frames into a bucket, under `{prefix}endpoints/` and `sequences/`.

    What is there with the same size and sum is not sent again, so a run that was stopped goes on.
    Manifests come after the drawings that they name. `progress` may raise to stop.

    Raises:
        InvalidOption: the prefix cannot be one.
        StorageRefused: the bucket lacks, or keeps from us, what is named.
        StorageUnavailable, StorageFull: as they say.
    """
    prefix = checked_prefix(options.prefix)
    files = list(_files(character, prefix, options))
    there = {stored.key: stored for stored in bucket.list(prefix)}
    changed = [file for file in files if not _is_there(file, there.get(file.key))]
    ours = {file.key for file in files} | _skipped(character, prefix, options)
    done = len(files) - len(changed)
    progress(done, len(files))
    if not options.dry_run:
        # First drawings, then what names them.
        for words in (False, True):
            part = [file for file in changed if (file.path.suffix == ".json") is words]
            for _ in _sent(bucket, part):
                done += 1
                progress(done, len(files))
    return Published(
        prefix=prefix,
        sent=tuple(file.key for file in changed),
        bytes=sum(file.bytes for file in changed),
        kept=len(files) - len(changed),
        strange=tuple(sorted(key for key in there if key not in ours and _is_frame(key, prefix))),
    )


def checked_prefix(prefix: str) -> str:
    """The prefix with a slash at its end; raises `InvalidOption`."""
    bare = prefix.strip("/")
    parts = bare.split("/") if bare else []
    if len(prefix) > PREFIX_MAX or not prefix.isprintable() or {"", ".", ".."} & set(parts):
        raise InvalidOption(
            f"{prefix[:60]!r} cannot be a prefix of keys.",
            hint="Give a path such as frames/ or characters/robin/.",
            details={"option": "prefix"},
        )
    return f"{bare}/" if bare else ""


def _files(character: Character, prefix: str, options: PublishOptions) -> Iterator[_File]:
    every = [(copy.target, character.path(copy.source)) for copy in in_place(character.rig)]
    for sequence in character.rig.sequences:
        folder = character.path(sequence.stops[0].drawing).parent
        every.append((f"{SEQUENCES}/{sequence.id}/{MANIFEST}", folder / MANIFEST))
    if options.upload_config:
        every.append((CONFIG, character.folder / CONFIG))
    skipped = _skipped_folders(options)
    for name, path in every:
        if PurePosixPath(name).parts[0] not in skipped and path.is_file():
            yield _File(key=prefix + name, path=path, bytes=path.stat().st_size)


def _skipped_folders(options: PublishOptions) -> set[str]:
    chosen = ((SEQUENCES, options.skip_sequences), (ENDPOINTS, options.skip_endpoints))
    return {folder for folder, skip in chosen if skip}


def _skipped(character: Character, prefix: str, options: PublishOptions) -> set[str]:
    """Keys of the character that are not sent this time."""
    skipped = _skipped_folders(options)
    names = [copy.target for copy in in_place(character.rig)]
    names += [f"{SEQUENCES}/{sequence.id}/{MANIFEST}" for sequence in character.rig.sequences]
    return {prefix + name for name in names if PurePosixPath(name).parts[0] in skipped}


def _is_frame(key: str, prefix: str) -> bool:
    return key.removeprefix(prefix).startswith((f"{ENDPOINTS}/", f"{SEQUENCES}/"))


def _is_there(file: _File, stored: Stored | None) -> bool:
    return stored is not None and stored.bytes == file.bytes and stored.etag == etag_of(file.path)


def _sent(bucket: S3Tree, files: Iterable[_File]) -> Iterator[_File]:
    """Each file when it has come; after a failure or a stop nothing new is begun."""
    with _pool() as pool:
        waiting: dict[Future[None], _File] = {
            pool.submit(bucket.send, file.path, file.key, file.headers): file for file in files
        }
        for future in as_completed(waiting):
            future.result()
            yield waiting[future]


@contextmanager
def _pool() -> Iterator[ThreadPoolExecutor]:
    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="publish")
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
