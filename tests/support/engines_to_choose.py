"""Engines that differ in what a choice looks at: how lifelike, how fast, whose licence."""

from dataclasses import replace
from importlib.metadata import EntryPoint

from quick_engine import QuickEngine

from talkies.engines.base import Capabilities, Preset, Speed, VideoFormat
from talkies.engines.registry import GROUP


def speed(seconds: float) -> Speed:
    return Speed(device="a GPU", seconds_per_video_second=seconds, vram_gib=24, source="made up")


class Lifelike(QuickEngine):
    """Photoreal, and slow: one preset takes ten times the other."""

    @property
    def capabilities(self) -> Capabilities:
        return replace(
            super().capabilities,
            id="lifelike",
            quality=90,
            vram_gib=24,
            seconds_per_video_second=20,
            load_seconds=60,
            option_schema={"type": "object", "properties": {"preset": {"type": "string"}}},
            presets=(
                Preset(name="draft", summary="Quick.", speeds=(speed(20), speed(40))),
                Preset(name="best", summary="Slow.", speeds=(speed(400),)),
            ),
        )


class Research(QuickEngine):
    """More lifelike than others, and not for commercial use."""

    @property
    def capabilities(self) -> Capabilities:
        return replace(
            super().capabilities,
            id="research",
            quality=70,
            commercial_use=False,
            licence="LicenseRef-research",
            licence_note="Its weights are for research only.",
            formats=frozenset({VideoFormat.MP4}),
        )


POINTS = (
    EntryPoint("lifelike", "engines_to_choose:Lifelike", GROUP),
    EntryPoint("research", "engines_to_choose:Research", GROUP),
    EntryPoint("quick", "quick_engine:QuickEngine", GROUP),
    EntryPoint("broken", "quick_engine:Nothing", GROUP),
)
