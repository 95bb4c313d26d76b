"""The command line without a translation: help, options, errors, progress and reports."""

import io
import json
import os
import resource
import subprocess
import sys
from types import SimpleNamespace

import pytest

from moocdb_fast.cli import build_parser, main
from moocdb_fast.cli.progress import Progress, bar, duration, line, size
from moocdb_fast.cli.report import report
from moocdb_fast.cli.run import options_of
from moocdb_fast.errors import EXIT_CODES, UsageError
from moocdb_fast.events import TYPES
from moocdb_fast.ledger import InputReport, Summary
from moocdb_fast.schema import TABLES
from moocdb_fast.sql import moocdb_sql


def outcome(capsys, *argv):
    try:
        code = main([str(a) for a in argv])
    except SystemExit as stop:
        code = stop.code
    out, err = capsys.readouterr()
    return code, out, err


def options(*argv):
    return options_of(build_parser().parse_args(["run", "x", *map(str, argv)]))


@pytest.mark.parametrize("command", [(), ("run",), ("load",), ("schema",), ("events",)])
def test_help_has_an_example_and_the_exit_codes(capsys, command):
    code, out, err = outcome(capsys, *command, "--help")
    assert (code, err) == (0, "")
    assert "example" in out
    assert "python -m moocdb_fast " in out.split("example")[-1]
    for exit_code, meaning in EXIT_CODES.items():
        assert f"{exit_code:3}  {meaning}" in out


def test_help_answers_at_once_and_imports_nothing_heavy():
    code = "import sys, moocdb_fast.cli as c\ntry: c.main(['run','--help'])\nexcept SystemExit: pass\n"
    code += "print(sorted({'pyarrow','numpy','zstandard'} & set(sys.modules)))"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.stdout.splitlines()[-1] == "[]"
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.5  # CPU seconds; about 0.1 on an idle machine


def test_version_names_the_simdjson_implementation(capsys):
    code, out, _ = outcome(capsys, "--version")
    assert code == 0
    assert out.startswith("moocdb_fast ")
    assert "simdjson" in out


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        ((), "COMMAND"),
        (("walk",), "walk"),
        (("run",), "what should be read?"),
        (("run", "x", "--out", "y", "--speed"), "--speed"),
        (("run", "x"), "where should the tables go?"),
        (("run", "x", "--out", "y", "--workers", "many"), "--workers cannot be 'many': it must be a whole number"),
        (("run", "x", "--out", "y", "--workers", "0"), "--workers cannot be 0: it must be a whole number of at least 1"),
        (("run", "x", "--out", "y", "--max-reject-rate", "2"), "--max-reject-rate cannot be 2.0"),
        (("run", "x", "--out", "y", "--format", "xlsx"), "--format cannot be ('xlsx',): choose from csv, parquet"),
        (("run", "x", "--out", "y", "--course", "abc"), "--course cannot be 'abc': a course id looks like"),
        (("run", "x", "--out", "y", "--shard-bytes", "big"), "--shard-bytes cannot be 'big'"),
        (("schema", "--format", "xml"), "xml"),
    ],
)
def test_wrong_use_is_one_line_and_code_2(capsys, argv, says):
    code, out, err = outcome(capsys, *argv)
    assert (code, out) == (2, "")
    assert says in err
    assert err.startswith("moocdb_fast: ")
    assert " - " in err
    assert err.count("\n") == 1


def test_options_reach_the_library():
    got = options(
        "--course", "A/b/c", "--course", "course-v1:X+Y+Z", "--split-by-course", "--workers", 3, "--format", "parquet,csv", "--overwrite",
        "--key-file", "k", "--geoip", "g.mmdb", "--keep-anonymous", "--keep-background", "--keep-duplicates", "--max-rejects", 5,
        "--max-reject-rate", 0.25, "--restricted", "r", "--shard-bytes", "64k",
    )  # fmt: skip
    assert got.courses == ("A/b/c", "course-v1:X+Y+Z")
    assert got.formats == ("csv", "parquet")
    assert (got.workers, got.max_rejects, got.max_reject_rate, got.shard_bytes) == (3, 5, 0.25, 65536)
    assert all((got.split_by_course, got.overwrite, got.keep_anonymous, got.keep_background, got.keep_duplicates))
    assert [str(path) for path in (got.key_file, got.geoip, got.restricted)] == ["k", "g.mmdb", "r"]


def test_config_file_and_command_line(tmp_path):
    (tmp_path / "c.toml").write_text("workers = 2\nkeep-anonymous = true\n")
    got = options("--config", tmp_path / "c.toml", "--workers", 7)
    assert (got.workers, got.keep_anonymous) == (7, True)
    with pytest.raises(UsageError):
        (tmp_path / "c.toml").write_text("worker = 2\n")
        options("--config", tmp_path / "c.toml")


@pytest.mark.parametrize("kind", ["md", "sql", "json"])
def test_schema_prints_every_table(capsys, kind):
    code, out, err = outcome(capsys, "schema", "--format", kind)
    assert (code, err) == (0, "")
    assert all(name in out for name in TABLES)
    if kind == "json":
        tables = {table["name"]: table for table in json.loads(out)}
        assert [*tables] == [*TABLES]
        assert [c["name"] for c in tables["users"]["columns"]] == TABLES["users"].names
    if kind == "sql":
        assert out == moocdb_sql()


@pytest.mark.parametrize("kind", ["md", "json"])
def test_events_prints_every_type(capsys, kind):
    code, out, err = outcome(capsys, "events", "--format", kind)
    assert (code, err) == (0, "")
    names = {name for t in TYPES for name in (t.name, *t.also)}
    if kind == "json":
        assert {name for family in json.loads(out)["families"] for t in family["types"] for name in (t["name"], *t["also"])} == names
    else:
        assert all(f"`{name}`" in out for name in names)


def test_dry_run_prints_the_plan_and_writes_nothing(capsys, tmp_path):
    (tmp_path / "a.json").write_text('{"username": "learner_1"}\n' * 10)
    (tmp_path / "notes.txt").write_text("x")
    code, out, err = outcome(capsys, "run", tmp_path, "--dry-run", "--out", tmp_path / "moocdb")
    assert (code, err) == (0, "")
    assert "1 input in 1 shard, 260 bytes" in out
    assert "passed over because of its name" in out
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.json", "notes.txt"]
    code, out, err = outcome(capsys, "run", tmp_path / "none", "--dry-run")
    assert (code, out) == (3, "")
    assert err == f"moocdb_fast: there is no file or folder {tmp_path}/none - check the spelling; relative paths start at the current folder\n"


@pytest.mark.promise("P25")
def test_a_bug_is_one_line_and_never_quotes_what_it_choked_on(capsys, monkeypatch):
    def bug(*_):
        raise ValueError("learner_1 wrote this")

    monkeypatch.delenv("MOOCDB_FAST_TRACEBACK", raising=False)
    monkeypatch.setattr("moocdb_fast.cli.render.schema_md", bug)
    code, _, err = outcome(capsys, "schema")
    assert code == 70
    assert err == "moocdb_fast: unexpected ValueError - this is a bug; set MOOCDB_FAST_TRACEBACK=1 and run again to see where\n"
    monkeypatch.setenv("MOOCDB_FAST_TRACEBACK", "1")
    with pytest.raises(ValueError, match="wrote this"):
        main(["schema"])


def test_a_reader_that_goes_away_is_no_error():
    command = f"{sys.executable} -m moocdb_fast schema --format json | head -c 10; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False, env=os.environ)
    assert done.stderr == ""
    assert done.returncode in (0, 141)


STATE = SimpleNamespace(phase="scan", bytes_done=1_250_000_000, bytes_total=2_500_000_000, events=4_100_000, elapsed=10.0)


def test_progress_bar_fits_the_terminal_and_tells_the_time_left():
    text = bar(STATE, 100)
    assert text == "scan [####################....................]  50%  1.2 GB of 2.5 GB  410,000 events/s  0:10 left"
    assert bar(STATE, 40).startswith("scan  50%")
    assert line(STATE) == "moocdb_fast: scan 50%, 1.2 GB of 2.5 GB, 410,000 events/s, 0:10 left"


def test_progress_at_the_edges():
    for done, total, events, elapsed in ((0, 0, 0, 0.0), (5, 0, 0, 1.0), (7, 5, 1, 100.0)):
        state = SimpleNamespace(phase="scan", bytes_done=done, bytes_total=total, events=events, elapsed=elapsed)
        assert "left" not in bar(state, 80)
        assert line(state)


class _Terminal(io.StringIO):
    def isatty(self):
        return True


def test_progress_draws_on_a_terminal_and_cleans_up():
    stream = _Terminal()
    with Progress(stream) as progress:
        progress(STATE)
        progress(STATE)  # too soon
    assert stream.getvalue().count("50%") == 1
    assert stream.getvalue().endswith("\r")
    assert stream.getvalue().split("\r")[-2].strip() == ""


def test_progress_elsewhere_is_a_line_every_ten_seconds(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("moocdb_fast.cli.progress.time.monotonic", lambda: now[0])
    stream = io.StringIO()
    with Progress(stream) as progress:
        for step in range(25):
            now[0] = 100.0 + step
            progress(STATE)
    assert stream.getvalue() == (line(STATE) + "\n") * 2
    silent = io.StringIO()
    with Progress(silent, quiet=True) as progress:
        now[0] += 100
        progress(STATE)
    assert silent.getvalue() == ""


def test_sizes_and_durations():
    assert [size(n) for n in (0, 999, 1000, 99_949, 99_960, 999_999, 2_500_000_000, 5e15)] == [
        "0 bytes", "999 bytes", "1.0 kB", "99.9 kB", "100 kB", "1.0 MB", "2.5 GB", "5,000.0 TB",
    ]  # fmt: skip
    assert [duration(s) for s in (0, 59.6, 61, 3600, 36_061)] == ["0:00", "1:00", "1:01", "1:00:00", "10:01:01"]


def test_report_tells_fates_families_tables_speed_and_warnings():
    summary = Summary(inputs=[InputReport("a.json", "a.json", 1_000_000, "f")], families={"video": 5, "page views": 7})
    summary.tables = {"users": 3, "surveys": 0}
    summary.inputs[0].counts.add(lines_read=20, events=12, bad_payload=2, extra_events=1)
    summary.inputs[0].counts.add_reasons("filtered", {"blank": 1, "echo": 5})
    summary.inputs[0].counts.add_reasons("rejected", {"cut": 2})
    summary.inputs[0].counts.add_reasons("salvaged", {"utf8": 1})
    summary.courses = {"X/Y/Z": 8, "": 4}
    summary.total()
    summary.warnings.append("several courses in one MOOCdb: X/Y/Z")
    run = summary.run
    run.taken = 1
    run.wall_seconds, run.cpu_seconds, run.peak_memory_bytes, run.peak_disk_bytes = 2.0, 4.0, 50_000_000, 1_500_000
    run.uncompressed_bytes, run.workers, run.out, run.key_file, run.key_created = 8_000_000, 2, "moocdb", "/k/pseudonym.key", True
    text = report(summary)
    rows = {words[0]: words[-1] for words in (row.split() for row in text.splitlines()) if len(words) > 1}
    assert (rows["read"], rows["translated"], rows["filtered"], rows["rejected"], rows["echo"], rows["cut"]) == ("20", "12", "6", "2", "5", "2")
    assert (rows["users"], rows["video"], rows["X/Y/Z"], rows["(none)"]) == ("3", "5", "8", "4")
    assert "surveys" not in text
    assert "8.0 MB of log in 2.0 s (4.0 s of CPU, 2 workers)" in text
    assert "4.0 MB/s, 2.0 MB per CPU second, 6 events/s" in text
    assert "peak memory 50.0 MB, peak disk 1.5 MB" in text
    assert "warning: several courses in one MOOCdb: X/Y/Z" in text
    assert "a new key for pseudonyms is in /k/pseudonym.key" in text
    assert text.endswith("output: moocdb\n")
