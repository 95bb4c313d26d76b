"""`check`: each rule holds of a good output, and each can fail."""

from __future__ import annotations

import json

import duckdb
import pytest
from damages import statements
from filled import filled, write_output

import moocdb_fast
from moocdb_fast import Options, translate
from moocdb_fast.check_rules import rules
from moocdb_fast.checking import Counted, check_tables
from moocdb_fast.cli import main
from moocdb_fast.portable import spelled
from moocdb_fast.schema import TABLES
from moocdb_fast.sinks.duckdb import TYPES

RULES = list(rules())


def test_the_tables_of_every_rule_class_are_covered():
    """Every key, every reference, every bound and every pinned table of the schema has its rule."""
    told = {(rule.table, rule.sentence) for rule in RULES}
    assert len(told) == len(RULES)
    for table in TABLES.values():
        assert (table.name, f"{', '.join(table.key)} is unique") in told
        assert all((table.name, f"{', '.join(columns)} is unique") in told for columns in table.unique)
        for column in table.columns:
            if column.references:
                assert (table.name, f"{column.name} leads to a row of {column.references}") in told
            if column.least is not None:
                assert any(rule[0] == table.name and rule[1].startswith(f"{column.name} is") for rule in told)
    assert ("assessments", "assessment_grade is from 0 to 1") in told
    assert ("observed_events", "observed_event_duration is 0 or more") in told
    assert ("submissions", "submission_is_submitted is from 0 to 3") in told


@pytest.fixture(scope="module")
def database():
    """Tables that nothing protects, filled with rows that break no rule."""
    with duckdb.connect() as connection:
        for name, rows in filled().items():
            columns = ", ".join(f'"{c.name}" {TYPES[c.type]}' for c in TABLES[name].columns)
            connection.execute(f"CREATE TABLE {name} ({columns})")
            connection.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(TABLES[name].columns))})", rows)
        yield connection


def broken(connection):
    return {(f.table, f.rule) for f in check_tables(lambda s: connection.execute(s).fetchall(), "duckdb", "main", "", Counted()) if not f.ok}


def test_good_tables_keep_every_rule(database):
    assert broken(database) == set()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.table}: {rule.sentence}")
def test_each_rule_can_fail(database, rule):
    for statement in statements(rule):
        database.execute("BEGIN")
        database.execute(spelled(statement, "duckdb", "main").format(year="TIMESTAMP '10000-01-01 00:00:00'"))
        assert database.execute(spelled(rule.broken, "duckdb", "main")).fetchall()[0][0] > 0, statement
        database.execute("ROLLBACK")


def test_empty_tables_keep_every_rule(tmp_path):
    assert [f for f in moocdb_fast.check(write_output(tmp_path / "out", {})) if not f.ok] == []


# ---------------------------------------------------------------- files


@pytest.mark.parametrize("suffix", ["csv", "parquet", "duckdb"])
def test_every_format_is_checked(tmp_path, suffix):
    rows = filled()
    grade = TABLES["assessments"].names.index("assessment_grade")
    rows["assessments"][1] = (*rows["assessments"][1][:grade], 1.5, *rows["assessments"][1][grade + 1 :])
    out = write_output(tmp_path / "out", rows, (suffix,))
    found = [f for f in moocdb_fast.check(out) if not f.ok]
    assert [(f.where, f.table, f.rule, f.broken) for f in found] == [(suffix, "assessments", "assessment_grade is from 0 to 1", 1)]


def test_every_format_that_is_there(tmp_path):
    out = write_output(tmp_path / "out", filled(), ("csv", "parquet", "duckdb"))
    assert {f.where for f in moocdb_fast.check(out)} == {"summary", "csv", "parquet", "duckdb"}


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_a_row_that_is_gone(tmp_path):
    out = write_output(tmp_path / "out", filled())
    lines = (out / "surveys.csv").read_text().splitlines(keepends=True)
    (out / "surveys.csv").write_text("".join(lines[:2]))
    found = {(f.table, f.rule): f.broken for f in moocdb_fast.check(out) if not f.ok}
    assert found == {("surveys", "it has 2 rows, as the summary says"): 1, ("questions", "survey_id leads to a row of surveys"): 1}


def test_a_row_that_cannot_be_read_is_told_by_its_line_alone(tmp_path, capsys):
    out = write_output(tmp_path / "out", filled())
    edit(out / "answers.csv", "2,answer_content2", "two,a secret answer")
    assert main(["check", str(out), "--quiet"]) == 8
    said = capsys.readouterr()
    assert "BROKEN  csv      answers: " in said.out and "line 3 cannot be read" in said.out
    assert "secret" not in said.out + said.err


def test_a_file_that_is_no_database(tmp_path, capsys):
    out = write_output(tmp_path / "out", filled(), ("duckdb",))
    (out / "moocdb.duckdb").write_bytes(b"not a database" * 1000)
    assert main(["check", str(out)]) == 3
    assert "moocdb.duckdb cannot be opened" in capsys.readouterr().err


# ---------------------------------------------------------------- summary


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """A run with rejects, and its folder."""
    folder = tmp_path_factory.mktemp("example")
    event = {"username": "a", "event_source": "browser", "event_type": "seq_next", "page": "https://x.org/courses/course-v1:X+Y+Z/courseware/u/s/"}
    for name in ("one", "two"):
        lines = [json.dumps(event | {"time": f"2024-03-05T10:00:0{n}+00:00"}) for n in range(5)] + [
            '{"broken" 1}',
            "",
            '["no event"]',
            lines_salvaged(event),
        ]
        (folder / f"{name}.json").write_text("\n".join(lines) + "\n")
    translate([folder / "one.json", folder / "two.json"], folder / "out", Options(workers=1, key_file=folder / "key"))
    return folder / "out"


def lines_salvaged(event):
    return "prefix " + json.dumps(event | {"time": "2024-03-05T10:00:09+00:00"})


def test_a_run_keeps_its_rules(example):
    assert [f for f in moocdb_fast.check(example) if not f.ok] == []


REJECTS_RULE = "rejects.jsonl has a row for each rejected line"
FATES = "lines read are translated, filtered or rejected"
INPUT_FATES = "lines read of each input are translated, filtered or rejected"


@pytest.mark.promise("P1")
@pytest.mark.parametrize(
    ("change", "rules"),
    [
        (lambda s: s.update(lines_read=99), {FATES, "lines read of the inputs add up"}),
        (lambda s: s["inputs"][1].update(lines_read=99), {INPUT_FATES, "lines read of the inputs add up"}),
        (lambda s: s.update(events=99), {FATES, "events of the inputs add up"}),
        (lambda s: s.update(rejected=99), {FATES, "rejected of the inputs add up", "rejected by reason add up", REJECTS_RULE}),
        (lambda s: s.update(salvaged=99), {"salvaged of the inputs add up", "salvaged by reason add up"}),
        (lambda s: s["filtered_by_reason"].update(blank=99), {"filtered by reason add up"}),
        (lambda s: s["inputs"][0]["rejected_by_reason"].update(bad_json=99), {"rejected by reason add up"}),
        (lambda s: s["inputs"][0].update(filtered=99), {INPUT_FATES, "filtered of the inputs add up", "filtered by reason add up"}),
        (lambda s: s["tables"].update(users=99), {"it has 99 rows, as the summary says"}),
    ],
)
def test_sums_that_do_not_add_up(example, tmp_path, change, rules):
    for path in example.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    summary = json.loads((tmp_path / "summary.json").read_text())
    change(summary)
    (tmp_path / "summary.json").write_text(json.dumps(summary))
    assert {f.rule for f in moocdb_fast.check(tmp_path) if not f.ok} == rules


@pytest.mark.promise("P2")
def test_rejects_that_are_gone(example, tmp_path):
    for path in example.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    rows = (tmp_path / "rejects.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "rejects.jsonl").write_text("".join(rows[1:]))
    found = [f for f in moocdb_fast.check(tmp_path) if not f.ok]
    assert [(f.rule, f.broken) for f in found] == [(REJECTS_RULE, 1)]


def test_an_output_that_was_split(tmp_path):
    event = {"username": "a", "event_source": "browser", "event_type": "seq_next", "time": "2024-03-05T10:00:00+00:00"}
    pages = [f"https://x.org/courses/{course}/courseware/u/s/" for course in ("course-v1:X+Y+Z", "X/Y/Z")]
    (tmp_path / "log.json").write_text("".join(json.dumps(event | {"page": page}) + "\n" for page in pages))
    out = tmp_path / "out"
    translate(tmp_path / "log.json", out, Options(workers=1, key_file=tmp_path / "key", split_by_course=True))
    assert [f for f in moocdb_fast.check(out) if not f.ok] == []
    lines = (out / "X%2FY%2FZ" / "users.csv").read_text().splitlines(keepends=True)
    (out / "X%2FY%2FZ" / "users.csv").write_text(lines[0])
    found = {(f.where, f.table, f.rule) for f in moocdb_fast.check(out) if not f.ok}
    assert found == {
        ("X%2FY%2FZ/csv", "observed_events", "user_id leads to a row of users"),
        ("csv", "users", "the courses have 2 rows together, as the summary says"),
    }
    assert {f.where for f in moocdb_fast.check(out / "X%2FY%2FZ")} == {"csv"}


# ---------------------------------------------------------------- command


def test_a_line_per_rule(example, capsys):
    assert main(["check", str(example)]) == 0
    said = capsys.readouterr()
    assert len(said.out.splitlines()) == len(moocdb_fast.check(example)) > len(RULES)
    assert all(line.startswith("ok ") for line in said.out.splitlines())
    assert "rules hold" in said.err
    assert main(["check", str(example), "--quiet"]) == 0
    assert capsys.readouterr().out == ""


def test_a_summary_that_is_no_json(tmp_path, capsys):
    out = write_output(tmp_path / "out", filled())
    (out / "summary.json").write_text("{")
    assert main(["check", str(out)]) == 3
    assert "summary.json is damaged" in capsys.readouterr().err


def test_no_output_to_check(tmp_path, capsys):
    assert main(["check", str(tmp_path)]) == 3
    assert "is no finished output" in capsys.readouterr().err
