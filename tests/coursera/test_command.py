"""`coursera` as a person meets it: what it reads, writes, says and refuses, on generated exports."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import re
import shutil
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from moocdb_fast import check
from moocdb_fast.cli import main

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def place(tmp_path):
    """A folder with a key of its own, the same in every test."""
    (tmp_path / "key").write_text("ab" * 32)
    (tmp_path / "key").chmod(0o600)
    return tmp_path


def coursera(place, *argv, out="out"):
    """Run the command; its exit code, what it said, and the output folder."""
    stdout, stderr = io.StringIO(), io.StringIO()
    given = ["coursera", *map(str, argv), "--key-file", str(place / "key")]
    if "--course-url-id" not in argv and "--parameters" not in argv:
        given += ["--course-url-id", "synthetic-001"]
    if out:
        given += ["--out", str(place / out)]
    with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
        code = main(given)
    return SimpleNamespace(code=code, said=stderr.getvalue(), data=stdout.getvalue(), out=place / (out or "out"))


def content(folder):
    """The files of an output, but for what names the run and the layout."""
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    summary = json.loads(files.pop("summary.json"))
    del summary["run"], summary["export"]
    return files | {"summary": json.dumps(summary)}


def test_both_layouts_of_a_course_are_the_same_tables(exports, place):
    first, second = (coursera(place, exports[form], out=str(form)) for form in (1, 2))
    assert (first.code, second.code) == (0, 0), first.said + second.said
    assert content(first.out) == content(second.out)
    assert [finding for finding in check(first.out) if not finding.ok] == []
    told = [json.loads((r.out / "summary.json").read_text())["export"] for r in (first, second)]
    assert [about["format"] for about in told] == [1, 2]
    assert [sorted(file) for about in told for file in about["files"]] == [["bytes", "fingerprint", "name"]] * 6


@pytest.mark.parametrize("how", ["files", "gzip", "zip", "phpmyadmin", "rows"])
def test_every_way_to_name_dumps_gives_the_same_tables(exports, place, how):
    whole = coursera(place, exports[2], out="whole")
    dumps = {part: next(exports[2].glob(f"*{part}*.sql")) for part in ("hash_mapping", "general", "forum")}
    if how == "files":
        argv = [f"--{part.replace('_', '-')}={path}" for part, path in dumps.items()]
    elif how == "zip":
        with zipfile.ZipFile(place / "export.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for path in dumps.values():
                archive.write(path, f"algo/{path.name}")
        argv = [place / "export.zip"]
    else:
        from coursera_export import export  # conftest.py knows where it is
        from synthetic_coursera import Course, awkward

        layout = "mysqldump" if how == "gzip" else how
        export(awkward(Course(users=40)), 2, place / "dumps", layout=layout, suffix=".sql.gz" if how == "gzip" else ".sql")
        argv = [place / "dumps"]
    got = coursera(place, *argv)
    assert got.code == 0, got.said
    assert content(got.out) == content(whole.out)


@pytest.mark.parametrize("form", [1, 2])
def test_a_server_gives_the_same_tables(exports, place, server, form):
    dumps = [next(exports[form].glob(f"*{part}*.sql")) for part in ("hash_mapping", "general", "forum")]
    names = [f"algo_{form}_{place.name[-4:]}_{number}" for number in range(3)]
    for name, path in zip(names, dumps, strict=True):
        done = server.run(f"CREATE DATABASE `{name}`; USE `{name}`;\nSOURCE {path};\n")
        assert done.returncode == 0, done.stderr
    whole = coursera(place, exports[form], out="whole")
    live = coursera(place, "--from", server.url(",".join(names)), out="live")
    assert live.code == 0, live.said
    assert content(live.out) == content(whole.out)
    login = f'host = "{server.socket}"\nuser = "root"\n'
    given = "".join(f'{name}_db = "{base}"\n' for name, base in zip(("hash_mapping", "general", "forum"), names, strict=True))
    text = f'[source]\ncourse_url_id = "synthetic-001"\n{login}{given}[target]\n{login}db = "{names[0]}_moocdb"\n'
    moved = coursera(place, "--parameters", write(place, text), out="moved")
    assert moved.code == 0, moved.said
    assert content(moved.out) == content(whole.out)
    rows = json.loads((moved.out / "summary.json").read_text())["tables"]
    assert server.rows(f"SELECT COUNT(*) FROM `{names[0]}_moocdb`.submissions") == [(str(rows["submissions"]),)]


def test_the_report_tells_what_became_of_rows(exports, place):
    got = coursera(place, exports[2])
    assert got.data == "" and "rows of the export" in got.said and "no_user" in got.said
    summary = json.loads((got.out / "summary.json").read_text())
    assert f"{summary['lines_read']:,} rows to" in got.said
    assert summary["lines_read"] == summary["events"] + summary["filtered"] + summary["rejected"]
    assert coursera(place, exports[2], "--quiet", out="quiet").said == ""


def test_no_platform_id_leaves_the_restricted_folder(exports, place):
    got = coursera(place, exports[2], "--restricted", place / "pii")
    rows = [line.split(",") for line in (place / "pii" / "user_pii.csv").read_text().splitlines()[1:]]
    ids = {row[3] for row in rows}
    assert len(ids) > 30 and (place / "pii").stat().st_mode & 0o777 == 0o700
    names = (got.out / "users.csv").read_text() + (got.out / "rejects.jsonl").read_text()
    assert not [number for number in ids if f'"{number}"' in names or f",{number}," in names]
    keys = (got.out / "observed_events.csv").read_text()
    assert not [number for number in ids if f".{number}," in keys or f":{number}:all" in keys]


def test_formats(exports, place):
    import duckdb
    import pyarrow.parquet as pq

    got = coursera(place, exports[1], "--format", "csv,parquet,duckdb")
    assert [finding for finding in check(got.out) if not finding.ok] == []
    rows = json.loads((got.out / "summary.json").read_text())["tables"]
    with duckdb.connect(str(got.out / "moocdb.duckdb"), read_only=True) as base:
        for table in ("observed_events", "submissions", "collaborations", "resources"):
            assert base.execute(f"SELECT COUNT(*) FROM {table}").fetchone() == (rows[table],)
            assert pq.read_table(got.out / f"{table}.parquet").num_rows == rows[table] > 0


def test_a_sample_is_the_same_people_and_what_they_did(exports, place):
    whole, some, again = (coursera(place, exports[form], *more, out=name) for form, more, name in (
        (2, (), "whole"), (2, ("--sample-users", 9), "some"), (1, ("--sample-users", 9), "again"),
    ))  # fmt: skip
    assert content(some.out) == content(again.out)
    keys = {line.split(",")[1] for line in (some.out / "users.csv").read_text().splitlines()[1:]}
    everybody = [line.split(",")[1] for line in (whole.out / "users.csv").read_text().splitlines()[1:]]
    assert len(keys) == 9 and keys < set(everybody)
    chosen = {str(number) for number, key in enumerate(everybody, 1) if key in keys}
    for table in ("observed_events", "submissions"):
        user = 1
        all_rows = [line.split(",")[user] for line in (whole.out / f"{table}.csv").read_text().splitlines()[1:] if line.split(",")[0].isdigit()]
        mine = json.loads((some.out / "summary.json").read_text())["tables"][table]
        assert mine == sum(number in chosen for number in all_rows) > 0
    assert [finding for finding in check(some.out) if not finding.ok] == []
    summary = json.loads((some.out / "summary.json").read_text())
    assert summary["options"]["sample-users"] == 9 and summary["filtered_by_reason"]["sample"] > 0


def test_a_clickstream_beside_the_dumps_is_joined(exports, place):
    shutil.copytree(exports[2], place / "export")
    lines = [line.split("'") for line in next(exports[2].glob("*hash_mapping*")).read_text().splitlines() if line.startswith("INSERT")]
    name = lines[0][1]
    here, there, video = "https://class.coursera.org/synthetic-001/lecture", "https://elsewhere.example.org/x?who=me", "user.video.lecture.action"
    seek = json.dumps({"type": "seeked", "currentTime": 4, "prevTime": 9.5})
    clicks = [
        {"key": "pageview", "username": name, "timestamp": 1378150000123, "page_url": f"{here}/view?lecture_id=2"},
        {"key": video, "username": name.upper(), "timestamp": 1378150001999, "page_url": f"{here}/2#t", "value": seek},
        {"key": video, "username": name, "timestamp": 1378150002000, "page_url": there, "value": "{"},
        {"key": "pageview", "username": "nobody", "timestamp": 1378150000123, "page_url": ""},
        {"key": "pageview", "username": name, "timestamp": -5},
    ]
    (place / "export" / "clickstream_export.json").write_text("".join(json.dumps(line) + "\n" for line in clicks) + "\n[]\n{\n")
    got = coursera(place, place / "export")
    assert got.code == 0, got.said
    rows = [line.split(",") for line in (got.out / "observed_events.csv").read_text().splitlines() if ",click:" in line]
    assert [row[9] for row in rows] == ["page_view", "video_seek_back", "video_action"]
    assert rows[0][3] == rows[1][3] != "" == rows[2][3]
    assert [row[4][-6:] for row in rows] == ["123000", "999000", "000000"]
    (_, first, second) = (line.split(",") for line in (got.out / "click_events.csv").read_text().splitlines())
    assert (first[3], first[8:11]) == ("lecture:2", ["4.0", "9.5", "4.0"])
    assert second[3] == "https://elsewhere.example.org/x" and "who=me" not in (got.out / "urls.csv").read_text()
    report = next(r for r in json.loads((got.out / "summary.json").read_text())["inputs"] if r["name"] == "clickstream")
    assert report["rejected_by_reason"] == {"no_user": 1, "bad_line": 3} and report["events"] == 3 and report["filtered"] == 1
    assert [finding for finding in check(got.out) if not finding.ok] == []


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        ((), "which course should be read?"),
        (("--forum", "f.sql"), "--hash-mapping and --general is missing"),
        (("x", "--from", "mysql://u@h/a,b,c"), "a course has one source"),
        (("--from", "mysql://u@h/a"), "--from does not name three databases"),
        (("missing",), "there is no file or folder"),
        (("x", "--sample-users", "none"), "--sample-users cannot be 'none'"),
        (("x", "--sample-users", "0"), "--sample-users cannot be 0"),
        (("x", "--course-url-id", "a b/../c"), "is no course's name in addresses"),
        (("x", "--parameters", "missing.toml"), "there is no file or folder"),
    ],
)
def test_refusals(place, monkeypatch, argv, sentence):
    monkeypatch.chdir(place)
    got = coursera(place, *argv)
    assert got.code in (2, 3) and sentence in got.said and not got.out.exists()


def test_no_name_of_the_course(exports, place):
    with contextlib.redirect_stderr(io.StringIO()) as said:
        assert main(["coursera", str(exports[1]), "--out", str(place / "out")]) == 2
    assert "--course-url-id" in said.getvalue()


def test_an_earlier_output_stays(exports, place):
    coursera(place, exports[2])
    before = content(place / "out")
    assert coursera(place, exports[1]).code == 4
    assert content(place / "out") == before
    assert coursera(place, exports[1], "--overwrite").code == 0


def test_a_broken_dump_leaves_nothing(exports, place):
    shutil.copytree(exports[2], place / "export")
    general = next((place / "export").glob("*general*"))
    general.write_bytes(general.read_bytes().replace(b"INSERT INTO `users` VALUES (", b"INSERT INTO `users` VALUES (("))
    got = coursera(place, place / "export")
    assert got.code == 3 and general.name in got.said and not got.out.exists()


# ---------------------------------------------------------------- the parameter file


def write(place, text, mode=0o600):
    (place / "p.toml").write_text(text)
    (place / "p.toml").chmod(mode)
    return place / "p.toml"


def test_parameters_beside_dumps(exports, place):
    text = '[source]\nplatform_format = "coursera_1"\ncourse_id = "136"\ncourse_url_id = "synthetic-001"\n'
    text += "[options]\ndebug = true\nnum_users_debug_mode = 9\n"
    got = coursera(place, exports[1], "--parameters", write(place, text + "log_to_console = false\n"))
    assert (got.code, got.said) == (0, "")
    plain = coursera(place, exports[1], "--sample-users", 9, out="plain")
    assert content(got.out) == content(plain.out)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('[source]\nplatform_format = "novoed"\n', "platform_format cannot be 'novoed'"),
        ('[source]\nplatform_format = "coursera_1"\ncourse_url_id = "x"\n', "the export is of format 2, not 1"),
        ('[sauce]\nhost = "x"\n', "did you mean source?"),
        ('[source]\nhsot = "x"\n', "did you mean host?"),
        ('[source]\nhash_mapping_db = "x"\n', "does not name all three databases"),
        ('[source]\nhash_mapping_db = "x"\ngeneral_db = "y"\nforum_db = "z"\n', "does not say who logs in"),
        ("[source\n", "is not a TOML file"),
        ("source = 1\n", "source must be a section"),
        ('[source]\ncourse_id = "one"\n', "course_id must be a number"),
    ],
)
def test_parameters_that_make_no_sense(exports, place, text, sentence):
    got = coursera(place, exports[2], "--parameters", write(place, text), "--course-url-id", "x")
    assert got.code == 2 and sentence in got.said and not got.out.exists()


def test_a_parameter_file_with_a_password_is_private(exports, place):
    got = coursera(place, exports[2], "--parameters", write(place, '[source]\ncourse_url_id = "x"\npassword = "secret"\n', 0o644))
    assert got.code == 3 and "can be read or changed by other users" in got.said and "secret" not in got.said


def test_the_example_names_every_kind_of_value():
    from moocdb_fast.coursera.parameters import read_parameters

    given = read_parameters(ROOT / "examples" / "coursera.toml")
    assert given.format == 2 and given.databases and given.server and given.target and given.target_database and given.sample is None


def test_a_clickstream_that_breaks_off_is_said(exports, place):
    whole = gzip.compress(b"".join(json.dumps({"key": "pageview", "username": "x", "timestamp": n}).encode() + b"\n" for n in range(1, 50_000)))
    (place / "clickstream_export.gz").write_bytes(whole[: len(whole) // 2])
    got = coursera(place, exports[2], "--clickstream", place / "clickstream_export.gz")
    assert got.code == 5 and "the gzip data breaks off" in got.said
    assert [finding for finding in check(got.out) if not finding.ok] == []


def test_the_python_of_the_how_to_runs(exports, place, monkeypatch):
    page = (ROOT / "docs" / "how-to" / "coursera.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    monkeypatch.chdir(place)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(place / "config"))
    (place / "export").symlink_to(exports[2])
    with contextlib.redirect_stdout(io.StringIO()) as said:
        exec(text, {})
    assert int(said.getvalue().split()[0]) > 0
