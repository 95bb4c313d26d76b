"""Our nine tables against those of the published stage, for the same synthetic logs: every difference has a name, and the names are counted."""

from __future__ import annotations

import json

import pytest

from moocdb_fast.relations.tables import TABLES

from . import compare
from .files import EVENT, NAMES, WIDTHS, ours, published
from .rules import RULES

COUNTS: dict[str, dict[str, int]] = json.loads(compare.EXPECTED.read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", NAMES)
def test_every_difference_has_a_name(case, tmp_path):
    report = compare.compare(case, compare.written(case, tmp_path))
    assert not report.unexplained, "\n".join(report.unexplained[:20])
    assert dict(report.counts) == COUNTS[case], "after a change that is meant: python -m relations.compare, in tests"


def test_every_rule_is_used_and_every_case_pinned():
    assert set().union(*COUNTS.values()) == set(RULES)
    assert list(COUNTS) == NAMES


def test_the_columns_are_the_published_ones():
    assert list(TABLES["EdxTrackEvent"].names) == EVENT
    assert {name: len(table.columns) for name, table in TABLES.items()} == WIDTHS
    for case in NAMES:
        for name, rows in published(case).tables.items():
            assert {len(row) for row in rows} <= {WIDTHS[name]}, (case, name)


def test_a_row_without_values_is_the_published_one():
    """A path that nothing is known of has the default in most columns."""
    row = next(event.first for event in published("book_pdf").events() if event.first["event_source"] == "server")
    empty = dict(zip(EVENT, TABLES["EdxTrackEvent"].line({}).strip().replace("'", "").split(","), strict=True))
    said = {"_id", "event_id", "agent", "event_source", "event_type", "ip_country", "time", "anon_screen_name", "downtime_for", "course_id"}
    said |= {"course_display_name", "load_info_fk"}
    assert {k: v for k, v in empty.items() if k not in said} == {k: v for k, v in row.items() if k not in said}


@pytest.mark.parametrize(
    ("said", "instead"), [("'choice_1'", "'choice_9'"), ("10:00:13.250000", "10:00:13.250001"), ("'incorrect',-1", "'correct',-1")]
)
def test_a_changed_cell_is_seen(said, instead, tmp_path):
    folder = compare.written("problem_server", tmp_path)
    changed = 0
    for path in (folder / "tables").glob("*.csv"):
        text = path.read_text(encoding="utf-8")
        changed += said in text
        path.write_text(text.replace(said, instead, 1), encoding="utf-8")
    assert changed
    assert compare.compare("problem_server", folder).unexplained


def test_ids_are_unique_and_lead_somewhere(tmp_path):
    """Also for every case: `events` follows all keys, and fails on one that leads nowhere."""
    for case in NAMES:
        (tmp_path / case).mkdir()
        folder = compare.written(case, tmp_path / case)
        tables = ours(folder / "tables", folder / "restricted")
        assert tables.events()
        for name in ("EdxTrackEvent", "Answer", "CorrectMap", "State", "InputState"):
            ids = [row[0] for row in tables.tables[name]]
            assert len(ids) == len(set(ids)), (case, name)
