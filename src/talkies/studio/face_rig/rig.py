"""Everything that the seed's routes of characters (S22, S23) work with, as one value."""

from dataclasses import dataclass

from talkies.studio.face_rig.character import SeedCharacter
from talkies.studio.face_rig.export import SeedExports
from talkies.studio.face_rig.frames import SeedFrames
from talkies.studio.face_rig.regeneration import SeedRegeneration
from talkies.studio.face_rig.sounds import SeedSounds
from talkies.studio.face_rig.voice import SeedVoice
from talkies.studio.timelines.create import Planner


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
