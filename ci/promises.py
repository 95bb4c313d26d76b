"""Which tests hold which promise: reads the marks `promise("P1", ...)` of the tests, and writes the table of docs/explanation/guarantees.md."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "explanation" / "guarantees.md"
PROMISES = tuple(f"P{number}" for number in range(1, 28))
_TABLE = re.compile(r"(?<=<!-- tests -->\n).*?(?=<!-- /tests -->)", re.DOTALL)


def marked(tests: Path = ROOT / "tests") -> dict[str, list[str]]:
    """Promise → ids of the test functions that are marked with it (`tests/file.py::test_name`), as pytest would collect them."""
    found: dict[str, list[str]] = {}
    for path in sorted(tests.rglob("test_*.py")):
        name = f"{tests.name}/{path.relative_to(tests).as_posix()}"
        for test, promises in _tests(ast.parse(path.read_text(encoding="utf-8"))):
            for promise in promises:
                found.setdefault(promise, []).append(f"{name}::{test}")
    return found


def _tests(module: ast.Module) -> Iterator[tuple[str, list[str]]]:
    """The tests of a module, each with what it and the module are marked with."""
    every: list[str] = []
    for node in module.body:
        if isinstance(node, ast.Assign) and any(isinstance(target, ast.Name) and target.id == "pytestmark" for target in node.targets):
            every = [name for mark in _elements(node.value) for name in _names(mark)]
    for node in module.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node.name, list(dict.fromkeys(every + [name for mark in node.decorator_list for name in _names(mark)]))


def _elements(value: ast.expr) -> list[ast.expr]:
    return list(value.elts) if isinstance(value, ast.List | ast.Tuple) else [value]


def _names(mark: ast.expr) -> list[str]:
    """The promises of a mark; nothing for other decorators."""
    if not isinstance(mark, ast.Call) or ast.unparse(mark.func) != "pytest.mark.promise":
        return []
    return [ast.literal_eval(name) for name in mark.args]


def table() -> str:
    """The table: promise, files with tests that are marked with it."""
    rows = ["| promise | tests in |", "| --- | --- |"]
    found = marked()
    for promise in PROMISES:
        files = dict.fromkeys(test.partition("::")[0].removeprefix("tests/") for test in found.get(promise, []))
        rows.append(f"| {promise} | {', '.join(f'`{name}`' for name in files)} |")
    return "\n".join(rows) + "\n"


def page() -> str:
    """guarantees.md with the table as it is now."""
    return _TABLE.sub(lambda _: table(), PAGE.read_text(encoding="utf-8"))
