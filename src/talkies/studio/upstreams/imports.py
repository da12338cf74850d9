"""Whether the packages of an engine import in its own environment, and which versions they are."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from talkies.errors import EngineBroken
from talkies.studio.upstreams.breakages import explain
from talkies.studio.upstreams.programs import PACKAGES, Outcome, Programs

#: Seconds that all imports may take: torch from a cold network disk takes a minute.
PATIENCE_SECONDS: Final = 900.0

#: Runs in the environment, Python 3.8 and later. What modules print goes to the error stream.
_TRY: Final = """
import importlib, json, os, sys
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
def answer(**facts):
    answers.write(json.dumps(facts) + "\\n")
    answers.flush()
sys.path.append(sys.argv[1])
for name in sys.argv[2:]:
    answer(begins=name)
    try:
        module = importlib.import_module(name)
    except BaseException as error:
        answer(name=name, error="%s: %s" % (type(error).__name__, error))
    else:
        answer(name=name, version=str(getattr(module, "__version__", "")))
"""

_LIST: Final = """
from importlib.metadata import distributions
for one in distributions():
    if one.metadata["Name"]:
        print(one.metadata["Name"], one.version)
"""

_CUDA: Final = """
import json, torch
facts = {"torch": torch.__version__, "cuda": torch.version.cuda}
facts["available"] = torch.cuda.is_available()
facts["built_for"] = torch.cuda.get_arch_list()
if facts["available"]:
    facts["devices"] = ["sm_%d%d" % torch.cuda.get_device_capability(i)
                        for i in range(torch.cuda.device_count())]
print(json.dumps(facts))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What came of one import."""

    name: str
    #: Where the module tells it.
    version: str = ""
    #: Why it failed; empty where it did not.
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Modules:
    """Asks the Python of an environment; nothing is compiled into the checkout."""

    programs: Programs
    python: Path

    def tried(self, names: Sequence[str], repository: Path) -> tuple[Imported, ...]:
        """Every module imported in order, the repository last on the path.

        One that takes the process down is told from those behind it, which are tried again.
        """
        found: list[Imported] = []
        left = list(names)
        while left:
            answers = list(self._try(left, repository))
            found += answers
            done = len(answers)
            if done < len(left) and not (answers and answers[-1].error):
                raise EngineBroken(f"{self.python} does not run.", details={"module": left[0]})
            left = left[done:]
        return tuple(found)

    def packages(self) -> dict[str, str]:
        """Versions of the installed packages by name. Raises `EngineBroken`."""
        pairs = (line.partition(" ") for line in self._asked(_LIST))
        return {name: version for name, _, version in sorted(pairs)}

    def cuda(self) -> dict[str, Any]:
        """What torch says of the GPUs: `torch`, `cuda`, `available`, `built_for`, `devices`."""
        return dict(json.loads(self._asked(_CUDA)[-1]))

    def _try(self, names: Sequence[str], repository: Path) -> Iterator[Imported]:
        ended = self._run(_TRY, str(repository), *names)
        began = ""
        for line in ended.answer:
            facts = json.loads(line)
            began = facts.get("begins", "")
            if not began:
                yield Imported(**facts)
        if began:
            how = f"status {ended.status}: {ended.last_line}"
            yield Imported(name=began, error=f"It took its process down ({how})")

    def _asked(self, script: str) -> tuple[str, ...]:
        ended = self._run(script)
        if ended.status == 0:
            return ended.answer
        text = "\n".join(ended.said)
        known = explain(text)
        raise EngineBroken(
            f"{self.python} could not answer: {ended.last_line}."
            + (f" {known.meaning}" if known else ""),
            hint=(known and known.mend) or "Install the engine again: what is done is kept.",
            details={"output": text, "log": str(self.programs.log)},
        )

    def _run(self, script: str, *arguments: str) -> Outcome:
        return self.programs.outcome(
            [self.python, "-B", "-c", script, *arguments],
            passing=PACKAGES,
            also={"PYTHONUNBUFFERED": "1", "PYTHONNOUSERSITE": "1"},
            seconds=PATIENCE_SECONDS,
        )


def require_imports(found: Sequence[Imported], engine_id: str) -> None:
    """Raise `EngineBroken` where a module does not import, with what is known of its failure."""
    failed = [one for one in found if one.error]
    if not failed:
        return
    first = failed[0]
    known = explain(first.error)
    meaning = "" if known is None else f" {known.meaning}"
    mend = "" if known is None else known.mend
    raise EngineBroken(
        f"{first.name} cannot be imported in the environment of {engine_id}: {first.error}"
        f"{'' if first.error.endswith('.') else '.'}{meaning}",
        hint=mend or f"Run `talkies engines install {engine_id}` again.",
        details={"modules": [one.name for one in failed], "error": first.error},
    )
