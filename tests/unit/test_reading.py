"""moocdb_fast.open: the tables as other programs read them, with NULL and the empty text apart."""

from __future__ import annotations

import json

import duckdb
import pandas as pd
import pyarrow as pa
import pytest

import moocdb_fast
from moocdb_fast import MoocdbError, Options, translate
from moocdb_fast.errors import InputError, UsageError
from moocdb_fast.schema import TABLES

COURSE = "course-v1:X+Y+Z"
VIDEO = f"block-v1:{COURSE[10:]}+type@video+block@v1"
PAGE = f"https://lms.example.org/courses/{COURSE}/courseware/u/s/"
ANSWERS = [
    None,
    "",
    " ",
    "NULL",
    "null",
    "NA",
    "nan",
    "None",
    "\\N",
    "007",
    "1e5",
    "true",
    "-",
    "a,b",
    'say "hi"',
    '"',
    "''",
    "two\nlines",
    "cr\ralone",
    "dos\r\nlines",
    "\n",
    "line\u2028separator",
    "nél\u0085",
    "tab\t",
    "back\\slash\\",
    "中文 🎓",
    "\ufeffmark",
    "=1+1",
    "2024-03-05",
    "x" * 70_000,
]


def event(seconds, kind, source="browser", **more):
    made = {"username": f"learner_{seconds % 3}", "time": f"2024-03-05T10:{seconds // 60:02}:{seconds % 60:02}.25+00:00", "event_type": kind}
    return made | {"event_source": source, "context": {"course_id": COURSE}, "page": PAGE} | more


def check(number, answer):
    problem = f"block-v1:{COURSE[10:]}+type@problem+block@p{number}"
    part = f"p{number}_2_1"
    payload = {"problem_id": problem, "answers": {part: answer}, "correct_map": {part: {"correctness": "correct", "msg": answer}}}
    return event(number, "problem_check", "server", event=payload | {"attempts": number})


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """The same log as CSV and as Parquet."""
    folder = tmp_path_factory.mktemp("reading")
    log = [check(number, answer) for number, answer in enumerate(ANSWERS)]
    log += [event(100 + n, "play_video", event={"id": VIDEO, "currentTime": t}) for n, t in enumerate((0, 0.1, 1e-7, 123456789.123, None, 1 / 3))]
    log += [event(200, "seq_next", page=None), event(3000, "seq_next", agent='Strange, "agent"')]
    (folder / "log.json").write_text("".join(json.dumps(line) + "\n" for line in log))
    for name in ("csv", "parquet"):
        translate(folder / "log.json", folder / name, Options(formats=(name,), workers=1, key_file=folder / "key"))
    return folder


def cell(value):
    """A value as the CSV rules spell it."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float):
        return repr(value)
    return str(value) if isinstance(value, int) else f"{value:%Y-%m-%d %H:%M:%S.%f}"


def cells(table):
    return [tuple(map(cell, row.values())) for row in table.to_pylist()]


def test_answers_come_back_as_they_were_given(outputs):
    for name in ("csv", "parquet"):
        moocdb = moocdb_fast.open(outputs / name)
        submissions = moocdb.table("submissions")
        by_id = dict(zip(submissions["submission_id"].to_pylist(), submissions["submission_answer"].to_pylist(), strict=True))
        assert [by_id[n] for n in sorted(by_id)] == ANSWERS
        assert moocdb.table("submissions").schema.field("submission_attempt_number").type == pa.int32()
        feedback = moocdb.table("assessments").sort_by("assessment_id")["assessment_feedback"].to_pylist()
        assert feedback == [answer if answer and answer.strip(" \n") else None for answer in ANSWERS]


@pytest.mark.promise("P26")
@pytest.mark.parametrize("name", TABLES)
def test_csv_reads_as_in_pandas(outputs, name):
    """pandas does not tell an empty text from NULL."""
    frame = pd.read_csv(outputs / "csv" / f"{name}.csv", dtype=str, keep_default_na=False)
    ours = [tuple("" if value is None else value for value in row) for row in cells(moocdb_fast.open(outputs / "csv").table(name))]
    assert list(frame.columns) == TABLES[name].names
    assert list(frame.itertuples(index=False, name=None)) == ours


@pytest.mark.promise("P26")
@pytest.mark.parametrize("name", TABLES)
def test_csv_reads_as_in_duckdb(outputs, name):
    """DuckDB does: NULL is the unquoted nothing."""
    columns = ", ".join(f"'{column}': 'VARCHAR'" for column in TABLES[name].names)
    format = "delim=',', quote='\"', escape='\"', new_line='\\n', nullstr='', allow_quoted_nulls=false"
    options = f"auto_detect=false, header=true, columns={{{columns}}}, {format}"
    rows = duckdb.sql(f"SELECT * FROM read_csv('{outputs}/csv/{name}.csv', {options})").fetchall()
    assert rows == cells(moocdb_fast.open(outputs / "csv").table(name))


@pytest.mark.parametrize("name", TABLES)
def test_csv_and_parquet_give_equal_tables(outputs, name):
    from_csv, from_parquet = (moocdb_fast.open(outputs / kind).table(name) for kind in ("csv", "parquet"))
    assert from_csv.schema.equals(TABLES[name].arrow())
    assert from_parquet.schema.equals(TABLES[name].arrow())
    assert from_csv.equals(from_parquet)
    rows = duckdb.sql(f"SELECT * FROM read_parquet('{outputs}/parquet/{name}.parquet')").fetchall()
    assert [tuple(map(cell, row)) for row in rows] == cells(from_csv)


def test_no_table_is_empty_by_mistake(outputs):
    moocdb = moocdb_fast.open(outputs / "csv")
    assert {name: moocdb.table(name).num_rows for name in TABLES} == moocdb.summary["tables"]
    assert moocdb.table("submissions").num_rows == len(ANSWERS)
    assert moocdb.table("click_events").num_rows == 6


def test_an_answer_of_any_length(tmp_path):
    answers = ["short", "a long\n" * 500_000, "short again"]
    (tmp_path / "log.json").write_text("".join(json.dumps(check(n, answer)) + "\n" for n, answer in enumerate(answers)))
    translate(tmp_path / "log.json", tmp_path / "out", Options(workers=1, key_file=tmp_path / "key"))
    submissions = moocdb_fast.open(tmp_path / "out").table("submissions").sort_by("submission_id")
    assert submissions["submission_answer"].to_pylist() == answers


def test_a_table_that_does_not_exist(outputs):
    moocdb = moocdb_fast.open(outputs / "csv")
    for name in ("observed_event", "../log", "", "user_pii"):
        with pytest.raises(UsageError, match="there is no table") as caught:
            moocdb.table(name)
        assert "observed_events" in caught.value.hint


def test_a_folder_without_a_finished_output(outputs, tmp_path):
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "urls.csv").write_text("url_id,url\n")
    for folder in (tmp_path / "none", tmp_path, tmp_path / "half", outputs / "log.json"):
        with pytest.raises(InputError, match="is no finished output"):
            moocdb_fast.open(folder)


def test_a_table_that_is_not_there(outputs, tmp_path):
    translate(outputs / "log.json", tmp_path / "split", Options(split_by_course=True, workers=1, key_file=tmp_path / "key"))
    with pytest.raises(MoocdbError, match="has no table urls"):
        moocdb_fast.open(tmp_path / "split").table("urls")


def test_the_folder_of_a_course(outputs, tmp_path):
    translate(outputs / "log.json", tmp_path / "split", Options(split_by_course=True, workers=1, key_file=tmp_path / "key"))
    moocdb = moocdb_fast.open(tmp_path / "split" / "course-v1%3AX+Y+Z")
    assert moocdb.table("submissions").num_rows == len(ANSWERS)
