"""The seed's speech: what one of our voices says, as its `/generate-tts` gave it out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from talkies.kit.files import private_folder
from talkies.media.samples import FULL_SCALE, Sound
from talkies.media.sound_encoder import STREAM_RATE, SoundEncoder
from talkies.media.sounds import save_sound
from talkies.studio.access.principal import Principal
from talkies.studio.audio.requests import SpeechSubmission
from talkies.studio.audio.service import Audio
from talkies.studio.face_rig.sounds import SeedSounds

#: Samples a second of the seed's WAVs, in one channel.
RATE: Final = 16_000

#: What names of ElevenLabs' voices look like; such a voice is said by our standard one.
_ELEVENLABS: Final = re.compile(r"[A-Za-z0-9]{20}")

#: Samples that are encoded at once.
_BLOCK: Final = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedSpeech:
    """What was said."""

    #: Of the WAV, and of the MP3.
    filename: str
    original: str
    seconds: float


class SeedVoice:
    """Says texts."""

    def __init__(self, audio: Audio, sounds: SeedSounds) -> None:
        self._audio = audio
        self._sounds = sounds

    def say(self, who: Principal, text: str, voice: str) -> SeedSpeech:
        """Let a voice say a text, and keep it; blocks as long as it takes to say.

        Raises:
            InvalidInput, InvalidOption: the text cannot be said.
            UnknownVoice: there is none of that name.
            Unavailable: everybody is speaking already.
        """
        asked = SpeechSubmission(
            input=text,
            voice=None if _ELEVENLABS.fullmatch(voice) else voice,
            response_format="pcm",
        )
        data = b"".join(self._audio.speak(who, asked).chunks)
        # A stream that was cut off may end in half a sample.
        levels = np.frombuffer(data, "<i2", count=len(data) // 2).astype(np.float32)
        levels /= FULL_SCALE
        sound = Sound(levels[:, None], STREAM_RATE)
        with private_folder() as folder:
            wav, mp3 = folder / "speech.wav", folder / "speech.mp3"
            save_sound(sound.resampled(RATE), wav)
            mp3.write_bytes(b"".join(_as_mp3(levels)))
            filename = self._sounds.keep(who, wav, filename=wav.name, origin="tts")
            original = filename.removesuffix(wav.suffix) + mp3.suffix
            self._sounds.keep_as(who, mp3, original)
        return SeedSpeech(filename=filename, original=original, seconds=sound.seconds)


def _as_mp3(levels: NDArray[np.float32]) -> Iterator[bytes]:
    encoder = SoundEncoder("mp3")
    for start in range(0, len(levels), _BLOCK):
        yield encoder.encode(levels[start : start + _BLOCK])
    yield encoder.finish()
