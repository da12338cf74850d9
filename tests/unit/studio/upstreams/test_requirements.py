from pathlib import Path

import pytest

from talkies.engines.registry import LIBRARY
from talkies.errors import Misconfigured
from talkies.studio.upstreams.requirements import read_requirements

TEXT = """\
# What this is for.
--extra-index-url https://download.example.com/cu121
torch==2.4.1

numpy==1.26.4
# stage: no-build-isolation, flash-attn compiles for an hour
flash-attn==2.7.4
# stage:
xfuser==0.4.4
"""


def test_a_file_is_installed_in_stages(tmp_path: Path) -> None:
    path = tmp_path / "r.txt"
    path.write_text(TEXT)
    first, second, third = read_requirements(path).stages
    index = "--extra-index-url https://download.example.com/cu121"
    assert (first.lines, first.said, first.isolated) == (
        (index, "torch==2.4.1", "numpy==1.26.4"),
        "",
        True,
    )
    assert (second.lines, second.said, second.isolated) == (
        (index, "flash-attn==2.7.4"),
        "flash-attn compiles for an hour",
        False,
    )
    assert (third.packages, third.isolated) == (("xfuser==0.4.4",), True)


def test_another_text_is_known_by_its_sum(tmp_path: Path) -> None:
    one, two = tmp_path / "1", tmp_path / "2"
    one.write_text("a==1\n")
    two.write_text("a==2\n")
    assert read_requirements(one).sha256 != read_requirements(two).sha256


def test_a_file_that_is_not_there_is_the_description_s_fault(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot be read"):
        read_requirements(tmp_path / "missing.txt")


@pytest.mark.parametrize("path", sorted(LIBRARY.glob("*.txt")), ids=lambda path: path.stem)
def test_every_package_of_our_own_files_is_pinned(path: Path) -> None:
    packages = read_requirements(path).packages
    assert packages
    assert [name for name in packages if "==" not in name and not name.startswith("https")] == []
