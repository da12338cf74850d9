"""A stand-in for nvidia-smi: answers the questions that we ask, from a file a test writes."""

import json
import os
import sys
from pathlib import Path

from talkies.studio.upstreams.gpus import Gpus
from talkies.studio.upstreams.programs import Programs

_PROGRAM = """\
#!{python} -IS
import json, sys
told = json.load(open({facts!r}))
query = next((word for word in sys.argv[1:] if word.startswith("--query")), "--banner")
if told.get("old") and "compute_cap" in query:
    sys.exit('Field "compute_cap" is not a valid field to query.')
if query.startswith("--query-compute-apps"):
    print(told["processes"], end="")
elif query == "--query-gpu=memory.used":
    print(told["used"])
elif query == "--query-gpu=memory.total":
    print(told["cards"].split(", ")[2])
elif query.startswith("--query-gpu"):
    count = query.count(",") + 1
    for line in told["cards"].splitlines():
        print(", ".join(line.split(", ")[:count]))
else:
    print("| NVIDIA-SMI 550.54.15   Driver Version: 550.54.15   CUDA Version: 12.4 |")
sys.exit(told.get("status", 0))
"""

H100 = "NVIDIA H100 80GB HBM3, 550.54.15, 81559, 4, 9.0"
L4 = "NVIDIA L4, 535.1, 23034, 0, 8.9"


def put_gpu(folder: Path, cards: str = H100, **told: object) -> Path:
    """Put an nvidia-smi into a folder; it answers what was told last."""
    folder.mkdir(parents=True, exist_ok=True)
    facts = folder / "facts.json"
    facts.write_text(json.dumps({"cards": cards, "processes": "", "used": 0, **told}))
    program = folder / "nvidia-smi"
    # A shebang holds no blank.
    program.write_text(_PROGRAM.format(python=Path(sys.executable).resolve(), facts=str(facts)))
    program.chmod(0o755)
    return program


def gpus(folder: Path, cards: str = H100, **told: object) -> Gpus:
    """What asks that nvidia-smi."""
    program = put_gpu(folder, cards, **told)
    programs = Programs(log=folder / "log", environ={"PATH": os.environ["PATH"]})
    return Gpus(programs=programs, command=str(program))


def no_gpus(folder: Path) -> Gpus:
    programs = Programs(log=folder / "log", environ={"PATH": "/nowhere"})
    return Gpus(programs=programs)
