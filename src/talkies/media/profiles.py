"""How each container is filled: codecs, their options, their formats of pictures and sound."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """How a container is filled."""

    container: str
    video_codec: str
    video_options: Mapping[str, str]
    alpha_options: Mapping[str, str] = field(default_factory=dict)
    #: What the codec takes, opaque and with alpha.
    pixel_formats: tuple[str, str] = ("yuv420p", "yuva420p")
    audio_codec: str
    audio_options: Mapping[str, str] = field(default_factory=dict)
    #: Sample format the audio encoder takes.
    audio_format: str
    #: Bits per second for one and for two channels.
    audio_rates: tuple[int, int]
    muxer_options: Mapping[str, str] = field(default_factory=dict)

    def pixel_format(self, *, alpha: bool) -> str:
        return self.pixel_formats[alpha]

    def options(self, *, alpha: bool) -> dict[str, str]:
        """Of the video codec."""
        return {**self.video_options, **(self.alpha_options if alpha else {})}


#: H.264 for players of every age: 4:2:0, constant frame rate, index at the front. `veryfast` is the
#: knee of size against time for portraits; 20 is free of visible loss. Sound at rates where AAC is
#: transparent for speech.
MP4: Final = Profile(
    container="mp4",
    video_codec="libx264",
    # Chroma location 1: in the middle of the pixels, as `yuv` makes it.
    video_options={"preset": "veryfast", "crf": "20", "x264-params": "chromaloc=1"},
    audio_codec="aac",
    audio_format="fltp",
    audio_rates=(128_000, 192_000),
    muxer_options={"movflags": "+faststart"},
)

#: The same with a key frame every 25 frames: quick to read backwards. 16 leaves the loss to what is
#: made of it.
SEEKABLE: Final = replace(MP4, video_options={**MP4.video_options, "crf": "16", "g": "25"})

#: VP9 at the size and quality of the MP4 and about its speed: `good` would halve the size at a
#: quarter of the speed.
WEBM: Final = Profile(
    container="webm",
    video_codec="libvpx-vp9",
    video_options={"deadline": "realtime", "cpu-used": "6", "crf": "28", "b": "0", "row-mt": "1"},
    # libvpx refuses alpha together with alternate reference frames.
    alpha_options={"auto-alt-ref": "0"},
    audio_codec="libopus",
    audio_format="flt",
    audio_rates=(96_000, 160_000),
)

#: ProRes 4444 with its 16 bits of alpha, what editing programs take; sound as it is.
MOV: Final = Profile(
    container="mov",
    video_codec="prores_ks",
    video_options={"profile": "4444", "vendor": "apl0"},
    alpha_options={"alpha_bits": "16"},
    pixel_formats=("yuv444p10le", "yuva444p10le"),
    audio_codec="pcm_s16le",
    audio_format="s16",
    audio_rates=(768_000, 1_536_000),
)
