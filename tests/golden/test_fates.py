"""Every line has one fate: translated, filtered or rejected, and the sums are those of the file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from . import compare, run
from .ours import rows
from .source import open_log, read_lines

SAMPLES = Path(__file__).resolve().parents[2].parent / "shared" / "samples"
LOGS = [compare.log_of(case) for case in compare.case_names()]
GIVEN = sorted(SAMPLES.glob("*.jsonl")) if SAMPLES.is_dir() else []


def _lines(log: Path) -> int:
    data = open_log(log)
    return data.count(b"\n") + (not data.endswith(b"\n") and bool(data))


@pytest.mark.promise("P1", "P2")
@pytest.mark.parametrize("log", [*LOGS, *GIVEN], ids=lambda p: p.parent.name if p.name.startswith("log.") else p.stem)
def test_the_sums_are_those_of_the_file(log: Path, tmp_path: Path) -> None:
    folder = run.compiled(log, tmp_path / "moocdb")
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    rejects = [json.loads(line) for line in (folder / "rejects.jsonl").read_text(encoding="utf-8").splitlines()]
    for counts in (summary, *summary["inputs"]):
        assert counts["lines_read"] == _lines(log)
        assert counts["lines_read"] == counts["events"] + counts["filtered"] + counts["rejected"]
    assert len(rejects) == summary["rejected"]
    assert len({r["line"] for r in rejects}) == len(rejects)
    lines = read_lines(log)
    for reject in rejects:  # what is JSON is never called bad
        assert lines[reject["line"] - 1].offset == reject["offset"]
        assert (lines[reject["line"] - 1].strict is None) == (reject["reason"] in ("bad_json", "cut")), reject
    scores = sum(summary["event_types"].get(name, 0) for name in ("edx.grades.course.grade_calculated", "edx.grades.problem.submitted"))
    placed = _translated(folder, {r["offset"] for r in rejects})
    assert placed - summary["extra_events"] <= summary["events"] <= placed + scores  # a score or final grade has no row with a key


def _translated(folder: Path, rejected: set[int]) -> int:
    """How many places of the log the tables have rows of; none of them may be rejected. Events may give several kinds of rows."""
    others = len(list(rows(folder, "collaborations"))) + len({(r["user_id"], r["feedback_timestamp"]) for r in rows(folder, "feedbacks")})
    keys = [r["observed_event_key"] for r in rows(folder, "observed_events")] + [r["submission_key"] for r in rows(folder, "submissions")]
    places = {int((key or "").split(":")[1]) for key in keys}
    assert not places & rejected
    return len(places) + others


@pytest.mark.promise("P1", "P2")
@pytest.mark.parametrize("log", [*LOGS, *GIVEN], ids=lambda p: p.parent.name if p.name.startswith("log.") else p.stem)
def test_the_twin_gives_each_line_the_same_fate(log: Path, tmp_path: Path) -> None:
    from twin.translate import translate

    result = translate([(log.name.removesuffix(".gz"), open_log(log))], run.KEY)
    assert [number for _, number, _, _ in result.fates] == list(range(1, _lines(log) + 1))
    folder = run.compiled(log, tmp_path / "moocdb")
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    for name in ("lines_read", "events", "filtered_by_reason", "rejected_by_reason", "salvaged_by_reason"):
        assert summary[name] == result.summary[name], name
