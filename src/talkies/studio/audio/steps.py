"""Speech and its timing in a process of their own: sound as it is made, and files in a folder."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from talkies.core.timing_json import alignment_to_json
from talkies.media.sound_encoder import STREAM_RATE, SoundEncoder
from talkies.media.sounds import SECONDS_MAX, Sound
from talkies.speech.text import cleaned, pieces
from talkies.studio.audio.recordings import align_recording
from talkies.studio.listening import Ears
from talkies.studio.progress import Listener, Reporter, Stage, ignore
from talkies.studio.speaking import Script, say, voice_of
from talkies.studio.videos.workbench import TIMING

#: What was asked for, as a file: a text can be longer than a message may be.
ORDER = "order.json"

#: The recording that is to be timed.
RECORDING = "audio"


def stream_speech(script: Mapping[str, Any], form: str) -> Iterator[bytes]:
    """The encoded speech of a script, in blocks as its sentences are made.

    Every sentence is as loud as the others, and has its own rests around it.
    """
    encoder = SoundEncoder(form)
    whole = Script(**script)
    for piece in pieces(cleaned(whole.text)):
        spoken = say(Script(**{**script, "text": piece.text}), Reporter())
        block = encoder.encode(_streamed(spoken.sound))
        if block:
            yield block
    yield encoder.finish()


def speak_in(folder: Path, listener: Listener = ignore) -> dict[str, Any]:
    """Speak the script that is ordered in a folder: encoded sound and timing, beside the order."""
    order = json.loads((folder / ORDER).read_text(encoding="utf-8"))
    reporter = Reporter(listener, stages=(Stage.SPEAK, Stage.DELIVER))
    reporter.begin(Stage.SPEAK)
    script = Script(**order["script"])
    spoken = say(script, reporter)
    encoder = SoundEncoder(order["format"])
    name = f"speech.{encoder.format.extension}"
    with (folder / name).open("wb") as file:
        samples = _streamed(spoken.sound)
        for start in range(0, len(samples), STREAM_RATE):
            file.write(encoder.encode(samples[start : start + STREAM_RATE]))
        file.write(encoder.finish())
    (folder / TIMING).write_text(alignment_to_json(spoken.alignment), encoding="utf-8")
    return {
        "files": [name, TIMING],
        "seconds": round(spoken.sound.seconds, 3),
        "language": spoken.alignment.language,
        "voice": voice_of(script, Reporter()).id,
    }


def align_in(folder: Path, ears: Ears, listener: Listener = ignore) -> dict[str, Any]:
    """Time the recording in a folder, as the order in it says."""
    order = json.loads((folder / ORDER).read_text(encoding="utf-8"))
    alignment = align_recording(
        folder / RECORDING,
        ears,
        transcript=order.get("transcript"),
        language=order.get("language"),
        max_seconds=order.get("max_seconds", SECONDS_MAX),
        listener=listener,
    )
    (folder / TIMING).write_text(alignment_to_json(alignment), encoding="utf-8")
    return {
        "files": [TIMING],
        "seconds": round(alignment.seconds, 3),
        "language": alignment.language,
    }


def _streamed(sound: Sound) -> NDArray[np.float32]:
    """The samples at the rate that is encoded."""
    return sound.resampled(STREAM_RATE).samples[:, 0]
