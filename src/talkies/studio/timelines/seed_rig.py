"""Everything that the seed's routes of characters (S22, S23) work with, as one value."""

from dataclasses import dataclass

from talkies.studio.timelines.seed_character import SeedCharacter
from talkies.studio.timelines.seed_emotions import Planner
from talkies.studio.timelines.seed_export import SeedExports
from talkies.studio.timelines.seed_frames import SeedFrames
from talkies.studio.timelines.seed_regeneration import SeedRegeneration
from talkies.studio.timelines.seed_sounds import SeedSounds
from talkies.studio.timelines.seed_voice import SeedVoice


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedRig:
    """One character, and what is done with it."""

    frames: SeedFrames
    character: SeedCharacter
    sounds: SeedSounds
    voice: SeedVoice
    exports: SeedExports
    regeneration: SeedRegeneration
    #: A model that plans emotions; None leaves them to the rules.
    planner: Planner | None = None
