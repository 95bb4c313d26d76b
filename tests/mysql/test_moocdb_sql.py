"""moocdb.sql against a real server: every table loads, values arrive as they are, faults stop the script."""

import re

import pytest

from moocdb_fast.schema import TABLES
from moocdb_fast.sql import moocdb_sql

# One row or more per table, written by hand. Referring columns point at rows that exist.
T = "2013-03-05 10:15:00.250000"
ROWS = {
    "observed_events": [
        f"1,1,1,1,{T},30,,1,1,seq_next,1,1:0,1,",
        '2,1,,,9999-12-31 23:59:59.999999,,,,,"odd, ""quoted""",1,1:250,0,idle',
    ],
    "observed_event_types": ["1,seq_next,observing"],
    "urls": ["1,https://lms.example.org/courses/X/Y/Z/courseware/u/s/1/"],
    "resources": [
        "1,,https://lms.example.org/,,0,,,,",
        "2,Ünïcödé 😀,https://lms.example.org/courses/,i4x://X/Y/problem/p,6,1,1,0,0001-01-01 00:00:00.000000",
    ],
    "resource_types": [f'{n},"{name}",{medium or ""},"{label}"' for n, name, medium, label in TABLES["resource_types"].pinned],
    "resources_urls": ["1,1,1", "2,2,1"],
    "os": ["1,Linux"],
    "agent": ["1,Firefox 20"],
    "click_events": [f"1,X/Y/Z,1,i4x://X/Y/video/v,{T},play_video,,abc,0.1,,1e+16,1.0,1.25"],
    "problems": [
        "1,X/Y/problem/p/,,,0,i4x://X/Y/problem/p,,,,,,,,2,",
        "2,X/Y/problem/p/2/1/,1,1,0,i4x://X/Y/problem/p_2_1,multiplechoiceresponse,,,,3,,0.5,2,",
    ],
    "problem_types": [f"{n},{name}" for n, name in TABLES["problem_types"].pinned],
    "submissions": [
        f'1,1,2,{T},1,"line one\nline two",1,,1,1,1:500:1,1,',
        f"2,1,2,{T},,back\\slash \\n it's,1,,,,1:600:1,1,",
        f'3,1,2,{T},,"[""a"",""b""]",1,,,,1:700:1,1,',
        f"4,1,2,{T},,,3,,,,1:800:1,1,",
        f'5,1,2,{T},,"NULL",1,,,,1:900:1,1,',
        f"6,1,2,{T},,\"\ttab; \r 'apostrophe', \u2028\",1,,,,1:950:1,1,",
    ],
    "assessments": [f"1,1,,0.3333333333333333,3.0,,automatic,{T}"],
    "collaborations": [f"1,1,1,hello,{T},,,,,,,k1", f"2,1,2,reply,{T},1,1,,1,1,2,"],
    "collaboration_types": [f"{n},{name}" for n, name in TABLES["collaboration_types"].pinned],
    "surveys": [f"1,{T},"],
    "questions": ["1,Why?,choice,ref,1"],
    "answers": ["1,Because"],
    "feedbacks": [f"1,1,1,1,{T}"],
    "users": [f"1,{'a' * 40},,,,,,,,,{T},1,1,,,4,,,"],
    "user_types": [f"{n},{name}" for n, name in TABLES["user_types"].pinned],
}
COUNTS = {name: len(rows) for name, rows in ROWS.items()}


def write(folder, changed=None):
    for name, rows in (ROWS | (changed or {})).items():
        text = ",".join(TABLES[name].names) + "\n" + "".join(row + "\n" for row in rows)
        (folder / f"{name}.csv").write_text(text, encoding="utf-8", newline="\n")


def test_hand_written_rows_fit_every_table():
    assert set(ROWS) == set(TABLES)


@pytest.mark.promise("P21")
def test_every_table_loads_completely_and_without_warnings(server, database, tmp_path):
    write(tmp_path)
    done = server.run(moocdb_sql(database=database, rows=COUNTS), cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    printed = [tuple(line.split("\t")) for line in done.stdout.splitlines()]
    assert printed == [("table_name", "rows_loaded"), *((name, str(COUNTS[name])) for name in TABLES)]
    for name, count in COUNTS.items():
        assert server.rows(f"SELECT COUNT(*) FROM {database}.{name}") == [(str(count),)]


def test_values_arrive_as_they_are(server, database, tmp_path):
    write(tmp_path)
    assert server.run(moocdb_sql(database=database), cwd=tmp_path).returncode == 0
    one = lambda what, table, where: server.rows(f"SELECT {what} FROM {database}.{table} WHERE {where}")[0]  # noqa: E731
    assert one("observed_event_timestamp, observed_event_duration, observed_event_ip", "observed_events", "observed_event_id=1") == (T, "30", "NULL")
    assert one("url_id, observed_event_timestamp, observed_event_type, invalid_reason", "observed_events", "observed_event_id=2") == (
        "NULL", "9999-12-31 23:59:59.999999", 'odd, "quoted"', "idle",
    )  # fmt: skip
    assert one("resource_name, resource_release_timestamp", "resources", "resource_id=2") == ("Ünïcödé 😀", "0001-01-01 00:00:00.000000")
    assert one("HEX(submission_answer)", "submissions", "submission_id=1") == (b"line one\nline two".hex().upper(),)
    assert one("HEX(submission_answer)", "submissions", "submission_id=2") == (rb"back\slash \n it's".hex().upper(),)
    assert one("submission_answer", "submissions", "submission_id=3") == ('["a","b"]',)
    assert one("submission_answer IS NULL", "submissions", "submission_id=4") == ("1",)
    assert one("submission_answer = 'NULL'", "submissions", "submission_id=5") == ("1",)
    assert one("HEX(submission_answer)", "submissions", "submission_id=6") == ("\ttab; \r 'apostrophe', \u2028".encode().hex().upper(),)
    assert float(one("assessment_grade", "assessments", "assessment_id=1")[0]) == 1 / 3
    assert one("video_new_time = 1e16, video_old_time IS NULL", "click_events", "observed_event_id=1") == ("1", "1")


def test_declared_keys_and_references_exist(server, database, tmp_path):
    write(tmp_path)
    assert server.run(moocdb_sql(database=database), cwd=tmp_path).returncode == 0
    found = set(
        server.rows(
            "SELECT table_name, column_name, referenced_table_name FROM information_schema.key_column_usage "
            f"WHERE table_schema = '{database}' AND referenced_table_name IS NOT NULL"
        )
    )
    assert found == {(t.name, c.name, c.references) for t in TABLES.values() for c in t.columns if c.references}
    unset = server.rows(
        "SELECT table_name, column_name FROM information_schema.columns "
        f"WHERE table_schema = '{database}' AND character_set_name IS NOT NULL AND character_set_name <> 'utf8mb4'"
    )
    assert unset == []


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"os": ["1,Linux", "1,Linux"]}, "complete"),  # a repeated key: LOCAL would skip the row with a warning
        ({"os": ["one,Linux"]}, "complete"),  # no number
        ({"os": ["1," + "x" * 256]}, "complete"),  # longer than the column
        ({"os": []}, "complete"),  # rows missing
        ({"urls": []}, "complete"),
    ],
)
def test_a_bad_load_stops_the_script(server, database, tmp_path, changed, message):
    write(tmp_path, changed)
    done = server.run(moocdb_sql(database=database, rows=COUNTS), cwd=tmp_path)
    assert done.returncode != 0
    assert message in done.stderr


def test_a_dangling_reference_stops_the_script(server, database, tmp_path):
    write(tmp_path, {"assessments": [f"1,77,,1.0,,,automatic,{T}"]})
    done = server.run(moocdb_sql(database=database, rows=COUNTS), cwd=tmp_path)
    assert done.returncode != 0
    assert "foreign key" in done.stderr.lower()


@pytest.mark.promise("P15")
def test_loading_twice_never_doubles_rows(server, database, tmp_path):
    write(tmp_path)
    script = moocdb_sql(database=database, rows=COUNTS)
    assert server.run(script, cwd=tmp_path).returncode == 0
    again = server.run(script, cwd=tmp_path)
    assert again.returncode != 0
    assert "already exists" in again.stderr
    assert server.rows(f"SELECT COUNT(*) FROM {database}.submissions") == [("6",)]


@pytest.mark.promise("P20")
def test_without_local_infile_nothing_is_sent(server, database, tmp_path):
    write(tmp_path)
    done = server.run(moocdb_sql(database=database), cwd=tmp_path, local_infile=False)
    assert done.returncode != 0
    assert re.search(r"local|allowed", done.stderr, re.IGNORECASE)
