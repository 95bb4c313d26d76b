"""Both translators against the published pipeline's output: every difference has a name, and the names are counted."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from . import compare, run
from .rules import RULES

EXPECTED = json.loads((Path(__file__).parent / "expected_counts.json").read_text())


@pytest.mark.parametrize("case", compare.case_names())
@pytest.mark.parametrize("translator", run.TRANSLATORS)
def test_every_difference_has_a_name(translator: str, case: str, tmp_path: Path) -> None:
    folder = run.TRANSLATORS[translator](compare.log_of(case), tmp_path / "moocdb")
    report = compare.compare(case, folder, run.KEY)
    (tmp_path / "counts.json").write_text(json.dumps(report.counts, indent=1, sort_keys=True))
    print(table(case, report.counts))
    assert not report.unexplained, "\n".join(report.unexplained[:40])
    assert dict(report.counts) == EXPECTED[case]


def test_every_rule_is_used() -> None:
    used = set().union(*EXPECTED.values())
    assert used == set(RULES)


def table(case: str, counts: Counter[str]) -> str:
    """The counts of one case, for `pytest -s`."""
    return "\n".join([f"\n{case}", *(f"  {n:6} {name}" for name, n in sorted(counts.items()))])
