"""`load` on the command line, without a server: what is refused, and what a load says of itself. tests/mysql loads."""

import pytest

from moocdb_fast.cli import main
from moocdb_fast.cli.load import progress_line, report
from moocdb_fast.database.load import Loaded, LoadProgress


def outcome(capsys, *argv):
    try:
        code = main([str(a) for a in argv])
    except SystemExit as stop:
        code = stop.code
    return code, *capsys.readouterr()


@pytest.mark.promise("P24")
@pytest.mark.parametrize("command", [("load", "out"), ("run", "log", "--out", "out")])
@pytest.mark.parametrize(
    ("more", "why"),
    [
        (("--to", "mysql://ann:hunter2@db/course"), "holds a password"),
        (("--to", "mysql://db"), "names no database"),
        (("--to", "mysql://ann@db/course", "--connections", "many"), "--connections"),
        (("--to", "mysql://ann@db/course", "--connections", "0"), "--connections"),
        (("--to", "mysql://ann@db/course", "--connections", "99"), "--connections"),
        (("--to", "mysql://ann@db/course", "--connections", "100"), "--connections"),
        (("--to", "mysql://ann@db/course", "--connections", "9" * 5000), "--connections"),
        (("--to", "mysql://ann@db/course", "--connections", "-1"), "--connections"),
        (("--to", "mysql://ann@db/course", "--tls", "maybe"), "--tls"),
    ],
)
def test_wrong_use_is_refused_before_anything_is_done(capsys, tmp_path, monkeypatch, command, more, why):
    monkeypatch.chdir(tmp_path)
    code, out, err = outcome(capsys, *command, *more)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert why in err
    assert "hunter2" not in err
    assert not list(tmp_path.iterdir())


def test_a_load_needs_to_know_where_to(capsys):
    code, _, err = outcome(capsys, "load", "out")
    assert code == 2
    assert "--to" in err


def test_a_folder_that_is_no_output(capsys, tmp_path, monkeypatch):
    import moocdb_fast
    from moocdb_fast.errors import InputError

    with pytest.raises(InputError, match="no finished output"):
        moocdb_fast.load(tmp_path, "mysql://nobody@127.0.0.1:1/course")


def test_the_report_tells_rows_and_seconds():
    loaded = Loaded("course", "db:3306", "10.11", seconds={"rows": 20.04, "keys": 27.5, "total": 48.0})
    loaded.tables |= {"observed_events": 1_234_567, "os": 8}
    text = report(loaded)
    assert "loaded into course at db:3306 (10.11)\n" in text
    assert "1,234,567\n" in text
    assert "surveys" not in text  # no rows
    assert text.endswith("1,234,575 rows in 48.0 s (rows 20.0 s, keys 27.5 s)\n")


def test_progress_in_a_line():
    assert progress_line(LoadProgress("rows", 1_200_000, 5_000_000, 4.0)) == "load: rows, 1,200,000 of 5,000,000, 300,000 rows/s"
    assert progress_line(LoadProgress("rows", 1, 5, 0.5)) == "load: rows, 1 of 5"
    assert progress_line(LoadProgress("keys", 5, 5, 75.0)) == "load: keys, 1:15"
