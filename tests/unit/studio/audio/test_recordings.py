import wave
from pathlib import Path

import numpy as np

from talkies.studio.audio.recordings import align_recording
from talkies.studio.progress import Event, Warned
from talkies.wiring.library import ears


def test_a_clipped_recording_is_told_once(tmp_path: Path) -> None:
    times = np.arange(16_000) / 16_000
    loud = np.clip(30 * np.sin(2 * np.pi * 150 * times), -1, 1)
    with wave.open(str(tmp_path / "loud.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes((loud * 32_767).astype("<i2").tobytes())
    events: list[Event] = []
    align_recording(tmp_path / "loud.wav", ears(), listener=events.append)
    told = [event.message for event in events if isinstance(event, Warned)]
    assert sum("clipped" in message for message in told) == 1
