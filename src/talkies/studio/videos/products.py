"""The files that one video comes with, and their names."""

from dataclasses import dataclass, fields
from pathlib import Path

from talkies.studio.videos.request import VideoRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Products:
    """Paths of one video and of what stands beside it; None is not made."""

    video: Path
    #: Words, phonemes and visemes.
    timing: Path | None = None
    #: What a character does.
    timeline: Path | None = None
    captions_srt: Path | None = None
    captions_vtt: Path | None = None
    score: Path | None = None
    score_picture: Path | None = None
    contact_sheet: Path | None = None

    @property
    def paths(self) -> tuple[Path, ...]:
        """All that are made, the video first."""
        every = (getattr(self, field.name) for field in fields(self))
        return tuple(path for path in every if path is not None)


def products(request: VideoRequest) -> Products:
    """What this request will write: `talk.mp4`, and beside it `talk.timing.json` and so on."""
    video, wanted = request.output, request.sidecars
    captions = request.look.captions == "sidecar"
    return Products(
        video=video,
        timing=video.with_suffix(".timing.json") if wanted.timing else None,
        timeline=video.with_suffix(".timeline.json") if _directed(request) else None,
        captions_srt=video.with_suffix(".srt") if captions else None,
        captions_vtt=video.with_suffix(".vtt") if captions else None,
        score=video.with_suffix(".score.json") if wanted.score else None,
        score_picture=video.with_suffix(".score.png") if wanted.score else None,
        contact_sheet=video.with_suffix(".sheet.png") if wanted.contact_sheet else None,
    )


def _directed(request: VideoRequest) -> bool:
    """Whether a timeline is made that the user can go on with."""
    return request.character is not None and request.timeline is None and request.sidecars.timing
