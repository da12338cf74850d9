"""Characters of the service, joined: their rows, their places on this machine, their jobs."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from talkies.net.download import download
from talkies.settings import Settings
from talkies.studio.characters.book import CharacterBook
from talkies.studio.characters.bucket import fetch_tree
from talkies.studio.characters.bucket_place import bucket_place
from talkies.studio.characters.drawing_memory import Drawings
from talkies.studio.characters.gallery import Gallery
from talkies.studio.characters.job import CharacterShop
from talkies.studio.characters.known_words import KnownWords
from talkies.studio.characters.passes import FramePasses
from talkies.studio.characters.places import CharacterPlaces
from talkies.studio.characters.shelf import Shelf
from talkies.studio.fetching import Fetcher
from talkies.wiring.characters import character_terms
from talkies.wiring.foundation import Foundation, client_of

#: Seconds that the download of an archive may take: 5 GB at 3 MB/s.
ARCHIVE_SECONDS: Final = 1_800.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CharacterParts:
    """What an installation has for characters, but for their jobs."""

    book: CharacterBook
    places: CharacterPlaces
    words: KnownWords
    gallery: Gallery
    shop: CharacterShop


def characters_over(base: Foundation) -> CharacterParts:
    """Build the parts; nothing is contacted."""
    terms = character_terms(base.settings)
    book = CharacterBook(base.engine)
    shelf = Shelf(terms.shelf, bytes_most=terms.shelf_bytes, fetch=base.assets.fetch)
    client = client_of(base.settings, hosts=base.settings.allowed_fetch_hosts)
    bring = partial(download, client, max_bytes=terms.archive_bytes, seconds=ARCHIVE_SECONDS)
    fetcher = Fetcher(base.assets, download=bring, require_safe=base.fetcher.require_safe)
    places = CharacterPlaces(shelf, terms.folder)
    return CharacterParts(
        book=book,
        places=places,
        words=KnownWords(base.storage, book.place, places.installed),
        gallery=Gallery(book, Drawings(base.storage, book.place), FramePasses(base.secret)),
        shop=CharacterShop(
            fetcher=fetcher,
            fetch_s3=partial(fetch_s3, base.settings),
            keeper=base.assets,
            workers=terms.workers,
        ),
    )


def fetch_s3(
    settings: Settings, url: str, folder: Path, progress: Callable[[int, int], None]
) -> None:
    """Bring the frames of `s3://bucket/prefix/`; raises as `fetch_tree`."""
    # What speaks to S3 is slow to load, and loaded where it is used.
    from talkies.wiring.remote_storage import tree_of  # noqa: PLC0415

    place = bucket_place(url)
    most = settings.max_character_bytes
    with contextlib.closing(tree_of(settings, place.bucket)) as tree:
        fetch_tree(tree, place.prefix, folder, progress, most_bytes=most)
