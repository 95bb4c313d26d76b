"""Every promise of docs/explanation/guarantees.md has its word, and tests that are marked with it and that pytest runs."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "ci"))

import promises  # noqa: E402

PAGE = promises.PAGE.read_text(encoding="utf-8")
MARKED = promises.marked()


def test_the_page_tells_every_promise_once_with_its_word():
    told = re.findall(r"^\*\*(P\d+), (guaranteed|best effort|not promised)\. ", PAGE, re.MULTILINE)
    assert tuple(name for name, _ in told) == promises.PROMISES


@pytest.mark.parametrize("promise", promises.PROMISES)
def test_each_promise_has_a_test(promise):
    assert MARKED.get(promise), f"no test is marked with promise({promise!r})"


def test_no_test_holds_a_promise_that_nobody_made():
    assert set(MARKED) <= set(promises.PROMISES)


def test_pytest_collects_what_is_marked():
    """In a process of its own, which knows nothing of this one: marks in files that pytest passes over would hold nothing."""
    names = sorted({test for tests in MARKED.values() for test in tests})
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *names]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    collected = {line.partition("[")[0] for line in done.stdout.splitlines() if "::" in line}
    assert done.returncode == 0, done.stdout[-2000:]
    assert collected == set(names)


def test_marks_are_found_and_only_they(tmp_path):
    (tmp_path / "test_a.py").write_text(
        "import pytest\npytestmark = pytest.mark.promise('P1')\n"
        "@pytest.mark.promise('P2', 'P3')\ndef test_b(): pass\n"
        "@pytest.mark.promise('P4')\ndef no_test(): pass\n"
        "def test_c(): 'promise(P5)'\n"
    )
    name = f"{tmp_path.name}/test_a.py"
    assert promises.marked(tmp_path) == {"P1": [f"{name}::test_b", f"{name}::test_c"], "P2": [f"{name}::test_b"], "P3": [f"{name}::test_b"]}
