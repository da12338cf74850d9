"""Known breakages of engines' environments: what a message means, and what mends it.

Collected from the engines' own trackers; see `docs/guides/engines/` for each.
"""

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakage:
    """A message of an upstream program, and what is behind it."""

    #: Regular expression.
    pattern: str
    #: What it means.
    meaning: str
    #: What to do; "" where installing again does it.
    mend: str = ""


BREAKAGES: Final = (
    Breakage(
        pattern=r"cannot import name 'ArgSpec' from 'inspect'",
        meaning="InfiniteTalk needs Python 3.10: later versions have no inspect.ArgSpec.",
    ),
    Breakage(
        pattern=r"torch\.distributed\.tensor\.experimental|torch\.distributed\._?tensor",
        meaning="This xfuser is newer than its torch; xfuser 0.4.4 goes with torch 2.4.1.",
    ),
    Breakage(
        pattern=r"output_attentions.*attn_implementation",
        meaning="This transformers is too new for the wav2vec code; 4.49 to 4.52 go.",
    ),
    Breakage(
        pattern=r"torchvision\.transforms\.functional_tensor",
        meaning="basicsr 1.4.2 needs torchvision below 0.17.",
    ),
    Breakage(
        pattern=r"module 'numpy' has no attribute '(float|int|bool|VisibleDeprecationWarning)'",
        meaning="This numpy is too new for SadTalker; 1.23.4 goes.",
    ),
    Breakage(
        pattern=r"compiled using NumPy 1\.x cannot be run in NumPy 2|numpy\.dtype size changed",
        meaning="A package was built for another numpy than the one that is installed.",
    ),
    Breakage(
        pattern=r"mel\(\) takes 0 positional",
        meaning="Wav2Lip needs librosa below 0.10.",
    ),
    Breakage(
        pattern=r"No module named 'pyloudnorm'",
        meaning="EchoMimicV3's own requirements forget pyloudnorm; ours have it.",
    ),
    Breakage(
        pattern=r"flash_attn.*(undefined symbol|cannot open shared)|undefined symbol.*flash",
        meaning="flash-attn was built for another torch.",
        mend="Remove it (pip uninstall flash-attn in the environment) and install again.",
    ),
    Breakage(
        pattern=r"libGL\.so|libgthread|libSM\.so|libXext\.so|libXrender\.so",
        meaning="OpenCV needs a library of the system.",
        mend="apt-get install libgl1 libglib2.0-0",
    ),
    Breakage(
        pattern=r"libsndfile",
        meaning="soundfile needs a library of the system.",
        mend="apt-get install libsndfile1",
    ),
    Breakage(
        pattern=r"GLIBC(XX)?_[\d.]+' not found",
        meaning="A package was built for a newer system than this one.",
        mend="Use a newer system, such as Ubuntu 22.04.",
    ),
    Breakage(
        pattern=r"CUDA_HOME environment variable is not set|nvcc.*(not found|No such file)",
        meaning="A package is compiled for CUDA, and the CUDA toolkit (nvcc) is not here.",
        mend="Install the CUDA toolkit and set CUDA_HOME, or give a wheel of it with --wheels.",
    ),
    Breakage(
        pattern=r"(fatal error: Python\.h|Python\.h: No such file)",
        meaning="A package is compiled, and the headers of Python are not here.",
        mend="apt-get install python3-dev (of the version that the engine needs)",
    ),
    Breakage(
        pattern=r"error: command '\S*(gcc|g\+\+|cc)' failed: No such file|"
        r"unable to execute '?\S*(gcc|g\+\+|cc)\b",
        meaning="A package is compiled, and there is no compiler here.",
        mend="apt-get install build-essential",
    ),
    Breakage(
        pattern=r"No matching distribution found for|has no wheels with a matching|"
        r"no version of|not found in the package registry|No solution found",
        meaning="The package index has no build of a pinned version for this Python and system.",
        mend="Look at which package it is; engines are made for Linux on x86_64.",
    ),
    Breakage(
        pattern=r"ensurepip is not available|No module named ensurepip|No module named venv",
        meaning="This Python cannot make virtual environments.",
        mend="apt-get install python3-venv (of its version), or install uv.",
    ),
    Breakage(
        pattern=r"Could not resolve host|Name or service not known|Temporary failure in name|"
        r"Network is unreachable|Connection (refused|timed out|reset)|Read timed out|"
        r"[Dd]ns error|error sending request",
        meaning="The network, or a server in it, did not answer.",
        mend="Run the same command again: it goes on where it stopped.",
    ),
    Breakage(
        pattern=r"dubious ownership",
        meaning="git does not read a checkout that belongs to another user.",
        mend="Run it as that user, or let git trust it: git config --global safe.directory PATH",
    ),
    Breakage(
        pattern=r"Authentication failed|could not read Username|Permission denied \(publickey",
        meaning="The repository wants a login.",
        mend="Clone it yourself and give the folder with --repository.",
    ),
)


def explain(text: str) -> Breakage | None:
    """The first known breakage that a program's output shows."""
    return next((known for known in BREAKAGES if re.search(known.pattern, text)), None)
