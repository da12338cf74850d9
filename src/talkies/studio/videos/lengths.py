"""How long the speech of a request is, as far as that shows before a byte of it is read."""

from collections.abc import Mapping
from typing import Final

from talkies.studio.videos.speeds import Range

#: Characters of a text that a voice says in a second at normal speed, slow and quick: eight of ten
#: English sentences lie between. Scripts that write syllables take longer for each.
CHARACTERS_A_SECOND: Final = (12.0, 18.0)
WIDE_CHARACTERS_A_SECOND: Final = (3.5, 6.0)
#: Code points from here on are of such scripts, nearly all: kana, Han, Hangul.
WIDE_FROM: Final = 0x3040

#: Bytes of a second of speech, few and many: 16-bit PCM at 16 kHz mono and at 48 kHz stereo, and
#: anything that is compressed at 32 to 320 kbit/s.
PCM_BYTES: Final = (32_000.0, 192_000.0)
PACKED_BYTES: Final = (4_000.0, 40_000.0)
PCM_TYPES: Final = frozenset({"audio/wav", "audio/x-wav", "audio/vnd.wave", "audio/flac"})

#: What is taken where nothing is known: four of five clips that people make are as long.
UNKNOWN: Final = Range(low=5.0, high=45.0)


def spoken(text: str, speed: float | None) -> Range:
    """How long a text lasts when it is said, by its letters. Seconds."""
    wide = sum(ord(letter) >= WIDE_FROM for letter in text)
    slow, quick = (
        wide / syllables + (len(text) - wide) / letters
        for syllables, letters in zip(WIDE_CHARACTERS_A_SECOND, CHARACTERS_A_SECOND, strict=True)
    )
    rate = speed or 1.0
    return Range(low=round(quick / rate + 0.4, 2), high=round(slow / rate + 0.6, 2))


def recorded(facts: Mapping[str, object] | None) -> Range:
    """How long a kept recording is, by its `bytes` and `content_type`. Seconds."""
    if facts is None:
        return UNKNOWN
    size = float(str(facts["bytes"]))
    few, many = PCM_BYTES if facts["content_type"] in PCM_TYPES else PACKED_BYTES
    return Range(low=round(size / many, 2), high=round(size / few, 2))
