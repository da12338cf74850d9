"""The seed's routes of characters, joined: whose frames they show, and who does their work."""

import time

from talkies.settings import Settings
from talkies.storage.base import Storage
from talkies.studio.audio.service import Audio
from talkies.studio.characters.service import Characters
from talkies.studio.face_rig.bucket import BucketFrames
from talkies.studio.face_rig.character import BucketCharacter, NamedCharacter, SeedCharacter
from talkies.studio.face_rig.export import SeedExports
from talkies.studio.face_rig.frames import CharacterFrames, SeedFrames
from talkies.studio.face_rig.regeneration import SeedRegeneration
from talkies.studio.face_rig.rig import SeedRig
from talkies.studio.face_rig.sounds import SeedSounds
from talkies.studio.face_rig.voice import SeedVoice
from talkies.studio.timelines.service import Timelines
from talkies.wiring.characters import FramesInBucket, character_terms, frames_in_bucket
from talkies.wiring.installation import Installation


def face_rig_of(
    parts: Installation, characters: Characters, timelines: Timelines, audio: Audio
) -> SeedRig:
    """Build it; nothing is contacted."""
    base, work, settings = parts.base, parts.work, parts.settings
    named = character_terms(settings).seed_character
    sounds = SeedSounds(base.assets)
    place = frames_in_bucket(settings)
    frames: SeedFrames = CharacterFrames(
        characters, work.characters.gallery, named, clock=time.monotonic
    )
    character: SeedCharacter = NamedCharacter(named)
    if place is not None:
        bucket = BucketFrames(frames_storage(settings, place), clock=time.monotonic)
        url = f"s3://{place.bucket}/{place.prefix}/"
        frames, character = bucket, BucketCharacter(characters, work.jobs, bucket, url)
    return SeedRig(
        frames=frames,
        character=character,
        sounds=sounds,
        voice=SeedVoice(audio, sounds),
        exports=SeedExports(timelines, base.assets),
        regeneration=SeedRegeneration(work.characters.places, None if place is not None else named),
        planner=work.timelines.planner,
    )


def frames_storage(settings: Settings, place: FramesInBucket) -> Storage:
    """The tree in the bucket, whose links are the addresses that everybody reads it at."""
    # What speaks to others is slow to load, and loaded where it is used.
    from talkies.wiring.remote_storage import frames_bucket  # noqa: PLC0415

    return frames_bucket(settings, place)
