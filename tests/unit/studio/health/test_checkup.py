import pytest

from talkies.errors import EngineFailure, MissingDependency
from talkies.studio.health.checkup import REINSTALL, State, Trial, examine
from talkies.studio.health.trials import TRIALS, python


def failing(error: Exception) -> Trial:
    def run() -> str:
        raise error

    return Trial(part="A part", run=run)


def test_a_part_that_works_says_what_it_is() -> None:
    (finding,) = examine([Trial(part="Python", run=python)])
    assert finding.state is State.OK
    assert finding.fact.startswith("3.")
    assert finding.mend == ""


def test_a_broken_part_says_what_mends_it() -> None:
    (finding,) = examine([failing(EngineFailure("It is worn.", hint="Oil it."))])
    assert (finding.state, finding.fact, finding.mend) == (State.PROBLEM, "It is worn.", "Oil it.")


def test_any_failure_is_a_finding_and_the_others_are_tried() -> None:
    first, second = examine([failing(OSError("no such library")), TRIALS[0]])
    assert (first.state, first.mend) == (State.PROBLEM, REINSTALL)
    assert first.fact == "OSError: no such library"
    assert second.state is State.OK


def test_an_optional_part_may_be_missing() -> None:
    def run() -> str:
        raise MissingDependency("not installed", hint="Install it.")

    (finding,) = examine([Trial(part="An extra", run=run, optional=True)])
    assert finding.state is State.MISSING


def test_parts_have_names_of_their_own() -> None:
    names = [trial.part for trial in TRIALS]
    assert len(names) == len(set(names)) > 10


@pytest.mark.parametrize(
    "part", ["Python", "Packages", "Processors", "Disk", "Models", "Engines", "Caption fonts"]
)
def test_quick_parts_work_here(part: str) -> None:
    (trial,) = (trial for trial in TRIALS if trial.part == part)
    (finding,) = examine([trial])
    assert finding.state is State.OK, finding
