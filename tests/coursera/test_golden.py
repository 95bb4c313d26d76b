"""The synthetic courses that come with the published translator's output; skipped where they are not there."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

import moocdb_fast
from moocdb_fast import check
from moocdb_fast.coursera.detect import open_export
from moocdb_fast.coursera.run import Course, translate_export
from moocdb_fast.options import Options

from .published import GOLDEN, compare, rows

pytestmark = pytest.mark.skipif(not GOLDEN.is_dir(), reason="the golden courses are not on this machine")
EXPECTED = json.loads((Path(__file__).parent / "expected_counts.json").read_text())


@pytest.fixture(scope="module")
def translated(tmp_path_factory):
    """The output of a golden course, made once."""
    place = tmp_path_factory.mktemp("golden")
    made = {}

    def translate(name):
        if name not in made:
            out = place / name
            made[name] = out, translate_export(lambda: open_export(GOLDEN / name), out, Course("synth-001"), Options(key_file=place / "key"))
        return made[name]

    return translate


@pytest.mark.parametrize("name", ["coursera_1_clean", "coursera_2_clean"])
def test_clean_course_is_as_published_but_for_named_differences(name, translated, capsys):
    out, summary = translated(name)
    counts = compare(GOLDEN / name / "moocdb", out)
    with capsys.disabled():
        print(f"\n{name}")
        for difference, number in sorted(counts.items()):
            print(f"{number:>7,}  {difference}")
    assert dict(sorted(counts.items())) == EXPECTED[name]
    assert summary.rejected == 0


@pytest.mark.parametrize("name", ["coursera_1_clean", "coursera_2_clean", "coursera_2"])
def test_output_keeps_the_rules(name, translated):
    assert [finding for finding in check(translated(name)[0]) if not finding.ok] == []


@pytest.mark.parametrize("name", ["coursera_1_clean", "coursera_2_clean"])
def test_the_dialect_shows_the_published_events(name, translated):
    """Row for row the same numbers of events of each type, but for what the published translator did not read."""
    out, summary = translated(name)
    old = Counter(int(row["observed_event_type_id"]) for row in rows(GOLDEN / name / "moocdb" / "observed_events.csv", published=True))
    columns = "observed_event_type_id AS type, COUNT(*) AS events"
    answer = moocdb_fast.open(out).sql(f"SELECT {columns} FROM observed_events GROUP BY 1", dialect="coursera")
    new = Counter({row["type"]: row["events"] for row in answer.to_pylist()})
    visit, submission, forum = 1, 6, 15
    nowhere = summary.counts.salvaged["no_resource"]  # of the activity log: about threads and forums that the export does not hold
    new[visit] -= nowhere
    new[forum] -= sum(number for kind, number in summary.event_types.items() if kind.startswith("forum.")) - nowhere
    new[submission] -= summary.tables["submissions"] - old[submission]  # unchanged and saved answers, assignments, peer assessment
    assert +new == old
