"""What jobs of characters are called, and which files they take and leave."""

from typing import Final

CHARACTER_KIND: Final = "character"

#: Beginning of the id of a character, which is that of its job as well.
CHARACTER_PREFIX: Final = "chr"

#: Roles of what a character is made of: one drawing, or an archive of a tree of frames.
DRAWING: Final = "drawing"
ARCHIVE: Final = "archive"

#: The bundle that a job makes.
BUNDLE: Final = "character.zip"
BUNDLE_TYPE: Final = "application/zip"
