# ruff: noqa: INP001 - part of a program; see run.py
"""Turns speech into the features that video models hear: wav2vec, one set for each frame."""

from __future__ import annotations

from typing import Any

from talkies.engines.hosts import shims

#: The rate that features are made from, and that of the videos.
SOUND_RATE = 16000
FPS = 25

#: Loudness that speech is brought to, LUFS; what is further from 0 than the second is silence.
LOUDNESS = -23.0
SILENCE = 100.0


class SpeechEncoder:
    """A wav2vec model on the CPU, as the upstream's own module changes it."""

    def __init__(self, module: str, folder: str) -> None:
        """`module` has the upstream's `Wav2Vec2Model`; the weights are in `folder`."""
        self._model = shims.eager(shims.module(module).Wav2Vec2Model, folder).to("cpu")
        self._model.feature_extractor._freeze_parameters()  # noqa: SLF001 - as upstreams do
        extractor = shims.module("transformers").Wav2Vec2FeatureExtractor
        self._extractor = extractor.from_pretrained(folder, local_files_only=True)

    def features(self, sound: str, frames: int | None = None) -> Any:
        """A tensor (frames, layers, width); without `frames` for as many as the sound fills."""
        numpy, torch = shims.module("numpy"), shims.module("torch")
        samples = samples_of(sound)
        if frames is not None:
            samples = samples[: int(frames / FPS * SOUND_RATE)]
        inputs = self._extractor(samples, sampling_rate=SOUND_RATE).input_values
        given = torch.from_numpy(numpy.squeeze(numpy.asarray(inputs))).float().unsqueeze(0)
        length = int(len(samples) / SOUND_RATE * FPS) if frames is None else frames
        with torch.no_grad():
            found = self._model(given, seq_len=length, output_hidden_states=True)
        layers = torch.stack(found.hidden_states[1:], dim=1).squeeze(0)
        return layers.permute(1, 0, 2).cpu().detach()


def samples_of(sound: str) -> Any:
    """The samples of a WAV, as loud as upstreams bring all speech."""
    samples, rate = shims.module("librosa").load(sound, sr=SOUND_RATE)
    loudness = shims.module("pyloudnorm")
    measured = loudness.Meter(rate).integrated_loudness(samples)
    if abs(measured) > SILENCE:
        return samples
    return loudness.normalize.loudness(samples, measured, LOUDNESS)
