"""Tables of characters and timelines."""

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text

from talkies.db.tables import DOCUMENT, metadata

characters: Final = Table(
    "characters",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("name", String(100), nullable=False),
    #: The job that makes it.
    Column("job_id", String(40), nullable=False),
    #: The bundle of its folder, a stored blob; None until it is made.
    Column("sha256", String(64), ForeignKey("blobs.sha256")),
    Column("bytes", BigInteger),
    #: What is in it: sizes, expressions, poses, sequences.
    Column("facts", DOCUMENT),
    Column("key_id", String(40)),
    Column("user_id", String(200)),
    Column("created_at", BigInteger, nullable=False),
    Index(None, "key_id", "created_at"),
    Index(None, "user_id"),
    Index(None, "job_id"),
    Index(None, "sha256"),
)

timelines: Final = Table(
    "timelines",
    metadata,
    Column("id", String(40), primary_key=True),
    #: Id of a character, or the name of one that every caller may use.
    Column("character_id", String(100), nullable=False),
    #: The timeline as JSON text, exactly as it is given out.
    Column("document", Text, nullable=False),
    #: Its sound, where that is kept here.
    Column("sound_sha256", String(64), ForeignKey("blobs.sha256")),
    #: Counts up with every edit.
    Column("revision", Integer, nullable=False, default=1),
    #: The job of its last export that succeeded.
    Column("exported_job_id", String(40)),
    Column("key_id", String(40)),
    Column("user_id", String(200)),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Index(None, "key_id", "created_at"),
    Index(None, "user_id"),
    Index(None, "character_id"),
    Index(None, "sound_sha256"),
)
