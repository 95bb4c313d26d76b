"""Both translators against the published pipeline's output: every difference has a name, and the names are counted."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from . import compare, run
from .legacy import dict_order, ripemd160
from .rules import RULES

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
EXPECTED: dict[str, dict[str, int]] = json.loads((HERE / "expected_counts.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", compare.case_names())
@pytest.mark.parametrize("translator", run.TRANSLATORS)
def test_every_difference_has_a_name(translator: str, case: str, tmp_path: Path) -> None:
    folder = run.TRANSLATORS[translator](compare.log_of(case), tmp_path / "moocdb")
    report = compare.compare(case, folder, run.KEY)
    (tmp_path / "counts.txt").write_text(_table(case, report.counts), encoding="utf-8")
    print(_table(case, report.counts))
    assert not report.unexplained, "\n".join(report.unexplained[:20])
    assert dict(report.counts) == EXPECTED[case], "after a change that is meant: python ci/golden_report.py --update"


def _table(case: str, counts: Counter[str]) -> str:
    """The counts of one case, to be seen with `pytest -s`."""
    return "\n".join([f"\n{case}", *(f"  {number:6} {name}" for name, number in sorted(counts.items()))]) + "\n"


def test_every_rule_is_used_and_every_case_pinned() -> None:
    assert set().union(*EXPECTED.values()) == set(RULES)
    assert list(EXPECTED) == compare.case_names()


def test_the_page_is_current() -> None:
    done = subprocess.run([sys.executable, ROOT / "ci" / "golden_report.py", "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_changed_row_is_seen(tmp_path: Path) -> None:
    """The comparison itself: one answer, one time and one row of ours spoiled, and each shows."""
    case = "problem_server"
    for spoil in (("choice_1", "choice_9"), ("10:00:13.250000", "10:00:13.250001"), ("play_video", "stop_video")):
        folder = run.twin(compare.log_of(case), tmp_path / spoil[1].replace(":", ""))
        for table in ("submissions", "observed_events"):
            path = folder / f"{table}.csv"
            path.write_bytes(path.read_bytes().replace(spoil[0].encode(), spoil[1].encode(), 1))
        assert compare.compare(case, folder, run.KEY).unexplained


def test_legacy_habits() -> None:
    """Known digests of RIPEMD-160 (from its authors), and an order that CPython 2.7 prints."""
    assert ripemd160(b"") == "9c1185a5c5e9fc54612808977ee8f548b2258d31"
    assert ripemd160(b"abc") == "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"
    assert ripemd160(b"1234567890" * 8) == "9b752e45573d4b39f4dbd3323cab82bf63326bfb"
    assert dict_order(["one", "two", "three", "four", "five"]) == ["four", "three", "five", "two", "one"]
