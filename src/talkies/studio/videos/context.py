"""What an engine works with while it renders."""

from dataclasses import dataclass
from pathlib import Path

from talkies.studio.progress import Reporter


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """A `RenderContext` that passes progress on."""

    work_dir: Path
    reporter: Reporter
    preview: Path | None = None

    def progress(self, done: int, total: int) -> None:
        self.reporter.advance(done, total)

    def warn(self, *messages: str) -> None:
        self.reporter.warn(*messages)
