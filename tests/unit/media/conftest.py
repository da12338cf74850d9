from collections.abc import Callable
from pathlib import Path

import pytest
from media_made_up import mp4


@pytest.fixture
def saved(tmp_path: Path) -> Callable[[str, bytes], Path]:
    """Write bytes under a name."""

    def save(name: str, data: bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return save


@pytest.fixture(scope="session")
def silent_mp4() -> bytes:
    """A second of pictures without a sound track."""
    return mp4(sound=False)
