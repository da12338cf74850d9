"""Files and functions stay small enough to read at one sitting."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src/talkies"
MODULE_LINES = 400
FUNCTION_LINES = 40


def long_modules(folder: Path) -> list[str]:
    counts = {path: len(path.read_text().splitlines()) for path in folder.rglob("*.py")}
    assert counts, "no module was examined"
    return [f"{path.name}: {n} lines" for path, n in counts.items() if n > MODULE_LINES]


def long_functions(folder: Path) -> list[str]:
    found = []
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                length -= len((ast.get_docstring(node, clean=False) or "").splitlines())
                if path.parent.name == "cli":
                    length -= len(node.args.args)  # a command's parameters are its options
                if length > FUNCTION_LINES:
                    found.append(f"{path.name}:{node.lineno} {node.name}: {length} lines")
    return found


def test_no_module_is_over_budget() -> None:
    assert long_modules(SOURCE) == []


def test_no_function_is_over_budget() -> None:
    assert long_functions(SOURCE) == []


@pytest.mark.parametrize("lines", [FUNCTION_LINES - 1, FUNCTION_LINES])
def test_the_budgets_bite(tmp_path: Path, lines: int) -> None:
    (tmp_path / "planted.py").write_text("def f():\n" + "    pass\n" * lines)
    assert len(long_functions(tmp_path)) == (lines == FUNCTION_LINES)
    (tmp_path / "planted.py").write_text("pass\n" * (MODULE_LINES + 1))
    assert len(long_modules(tmp_path)) == 1


def test_every_module_opens_with_what_it_owns() -> None:
    silent = [p for p in SOURCE.rglob("*.py") if not ast.get_docstring(ast.parse(p.read_text()))]
    assert silent == []
