"""What the documents say is there."""

import re
from pathlib import Path

import pytest

from talkies import errors
from talkies.face.judging.gate import Reason

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\((?!https?://|mailto:)([^)#\s]+)")
MAKE = re.compile(r"\bmake ([a-z][a-z-]*)")


def every_error() -> list[type[errors.TalkiesError]]:
    found, queue = [], [errors.TalkiesError]
    while queue:
        kind = queue.pop()
        found.append(kind)
        queue += kind.__subclasses__()
    return [kind for kind in found if kind.__module__.startswith(f"{errors.__name__}.")]


def test_there_are_pages() -> None:
    assert len(PAGES) > 8


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_resolve(page: Path) -> None:
    broken = [link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()]
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_make_targets_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    code = "\n".join(re.findall(r"```.*?```|`[^`]+`", page.read_text(), re.DOTALL))
    assert set(MAKE.findall(code)) <= targets


class TestErrors:
    def test_there_are_errors(self) -> None:
        assert len(every_error()) > 50

    page = (ROOT / "docs/reference/errors.md").read_text()

    @pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.__name__)
    def test_is_documented(self, kind: type[errors.TalkiesError]) -> None:
        row = next((r for r in self.page.splitlines() if r.startswith(f"| `{kind.code}` |")), None)
        assert row is not None, f"{kind.code} is not in docs/reference/errors.md"
        cells = [cell.strip() for cell in row.split("|")]
        assert cells[2] == str(kind.exit_status)
        assert cells[3] == str(kind.status)

    @pytest.mark.parametrize("reason", Reason)
    def test_reasons_of_refused_faces_are_documented(self, reason: Reason) -> None:
        assert f"| `{reason}` |" in self.page

    def test_codes_are_unique(self) -> None:
        codes = [kind.code for kind in every_error()]
        assert len(codes) == len(set(codes))

    def test_the_tree_is_drawn_whole(self) -> None:
        drawn = errors.__doc__ or ""
        assert [k.__name__ for k in every_error() if k.__name__ not in drawn] == []
