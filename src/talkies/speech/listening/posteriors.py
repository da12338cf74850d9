"""hama's phoneme posteriors for a recording of any length."""

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from talkies.core.timing import SPEECH_RATE
from talkies.errors import MissingDependency

#: Tokens of hama 1.7, the last of them the blank of CTC.
TOKENS = 191

#: Log probabilities below this carry no information (hama writes them with 6 digits).
FLOOR = -12.0


class PosteriorModel:
    """hama's waveform model, loaded at first use and kept.

    Source: hama 1.7.0 (Apache-2.0), a CTC phoneme model of 4.7 MB with its own native engine.
    """

    def __init__(self) -> None:
        self._hama: Any = None

    def load(self) -> None:
        """Bring the model into memory. Raises `MissingDependency` where hama has no engine."""
        if self._hama is None:
            self._hama = _opened()

    @property
    def tokens(self) -> tuple[str, ...]:
        """What each column of the log probabilities stands for."""
        self.load()
        return tuple(self._hama.decoder_tokens)

    def log_probabilities(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Log probability of every token, (hops, TOKENS), for up to 30 s of 16 kHz samples."""
        self.load()
        waveform = np.ascontiguousarray(samples[None], dtype=np.float32)
        lengths = np.array([waveform.shape[1]], dtype=np.int64)
        answer, _ = self._hama.session.run(
            ["log_probs", "out_lengths"], {"waveform": waveform, "waveform_lengths": lengths}
        )
        rows: NDArray[np.float32] = np.maximum(answer[0], FLOOR)
        return rows


def _opened() -> Any:
    try:
        from hama import ASRModel  # noqa: PLC0415 - loads a native library

        return ASRModel(model_sample_rate=SPEECH_RATE)
    except (ImportError, RuntimeError, OSError) as error:
        raise MissingDependency(
            "Speech cannot be recognised here: `hama` has no engine for this system.",
            hint="Use Linux or macOS (on Windows: WSL), or give the timing with the speech.",
            details={"system": sys.platform, "reason": str(error)},
        ) from error
