"""The signing secret: the one that was given, or one that is made once and kept beside the data."""

import contextlib
import os
import secrets
from pathlib import Path
from typing import Final

from talkies.errors import Misconfigured
from talkies.settings.model import Settings

NAME: Final = "secret.key"

#: Random bytes of a secret that we make; it is kept as text in hexadecimal.
BYTES: Final = 32


def signing_secret(settings: Settings) -> bytes:
    """SECRET_KEY, or the secret of the data folder, which only its owner may read.

    Of many processes that start at once, one makes it and all get the same. Raises
    `Misconfigured` where it cannot be read or written.
    """
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value().encode()
    path = settings.data_dir / NAME
    try:
        return _kept(path) or _made(path)
    except OSError as error:
        raise Misconfigured(
            f"The signing secret {path} cannot be read or written: {error.strerror}.",
            hint="Set SECRET_KEY, or another DATA_DIR.",
        ) from error


def _kept(path: Path) -> bytes:
    try:
        kept = path.read_bytes().strip()
    except FileNotFoundError:
        return b""
    if len(kept) < BYTES:
        raise Misconfigured(
            f"The signing secret {path} is damaged.",
            hint="Remove it: a new one is made, and links that were given out end.",
        )
    return kept


def _made(path: Path) -> bytes:
    """Write a secret to a file of its own and link it there, where nobody was quicker."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{NAME}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_hex(BYTES).encode())
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    return _kept(path)
