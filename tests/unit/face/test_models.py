import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from talkies.errors import EngineFailure
from talkies.face.finding.models import FACE_DETECTION, MODELS, Model, Network, read_model


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.file)
def test_every_vendored_network_is_the_published_one(model: Model) -> None:
    assert len(read_model(model)) > 200_000


def test_a_damaged_network_is_refused() -> None:
    with pytest.raises(EngineFailure, match="damaged"):
        Network(replace(FACE_DETECTION, sha256="0" * 64))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.file)
def test_every_network_takes_and_gives_what_its_row_says(model: Model) -> None:
    outputs = Network(model)(np.zeros(model.input_shape, np.float32))
    assert len(outputs) == len(model.outputs)
    assert all(np.isfinite(output).all() for output in outputs)


def test_loading_a_network_says_nothing_and_keeps_what_others_say() -> None:
    program = (
        "import os\n"
        "from talkies.face.finding.models import FACE_DETECTION, Network, _without_chatter\n"
        "Network(FACE_DETECTION)\n"
        "with _without_chatter():\n"
        "    os.write(2, b'something real\\n')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, env=dict(os.environ)
    )
    assert done.stderr == b"something real\n"


def test_importing_the_room_does_not_load_the_runtime() -> None:
    program = "import sys, talkies.face.finding.landmarks; print('ai_edge_litert' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.strip() == b"False"
