"""A whole output, loaded with the moocdb.sql that was written beside it: every cell of every table arrives."""

import csv
import json
import math
import shutil
from pathlib import Path

import pytest

from moocdb_fast import Options, translate
from moocdb_fast.schema import TABLES

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "tracking.log.gz"
ANSWERS = [
    "NULL",
    "null",
    "",
    r"\N",
    "it's",
    'say "hi"',
    "a,b",
    "two\nlines",
    "cr\rhere",
    "tab\there",
    r"back\slash",
    "π 😀",
    " blank ",
    "2013-03-05",
    "1e5",
]


def awkward_log(folder):
    """One check per answer, 15 minutes apart."""
    part = "i4x://X/Y/problem/p"
    lines = [
        {
            "username": "learner_1",
            "time": f"2013-03-05T{n // 4:02}:{n % 4 * 15:02}:00.5+00:00",
            "event_source": "server",
            "event_type": "problem_check",
            "context": {"course_id": "X/Y/Z"},
            "event": {"problem_id": part, "answers": {"i4x-X-Y-problem-p_2_1": answer}, "attempts": n},
        }
        for n, answer in enumerate(ANSWERS)
    ]
    (folder / "log.json").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder / "log.json"


@pytest.mark.parametrize("log", ["example", "awkward"])
def test_every_cell_arrives(server, database, tmp_path, log):
    source = shutil.copy(EXAMPLE, tmp_path) if log == "example" else awkward_log(tmp_path)
    out = tmp_path / "moocdb"
    summary = translate(source, out, Options(workers=1, key_file=tmp_path / "key"))
    script = (out / "moocdb.sql").read_text(encoding="utf-8").replace("`moocdb`", f"`{database}`")
    done = server.run(script, cwd=out)
    assert (done.returncode, done.stderr) == (0, "")
    for name, table in TABLES.items():
        with (out / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            written = [tuple(row[column] for column in table.names) for row in csv.DictReader(file)]
        assert len(written) == summary.tables[name]
        assert sorted(loaded(server, database, table)) == sorted(plain(table, row) for row in written)


def loaded(server, database, table):
    """The rows of a table in the database; hexadecimal, so that no cell can be taken for a column or line end."""
    cells = ", '|', ".join(f"IFNULL(HEX(CONVERT(`{column}` USING utf8mb4)), '')" for column in table.names)
    rows = server.rows(f"SELECT CONCAT({cells}) FROM {database}.`{table.name}`")
    return [plain(table, tuple(bytes.fromhex(cell).decode() for cell in row[0].split("|"))) for row in rows]


def plain(table, row):
    """Doubles by value: the database prints them in another way."""
    return tuple(
        float.hex(float(cell)) if column.type == "double" and cell and math.isfinite(float(cell)) else cell
        for column, cell in zip(table.columns, row, strict=True)
    )


def test_the_word_null_is_text(server, database, tmp_path):
    """MySQL reads the bare word NULL as SQL's NULL; an answer that reads so must not vanish."""
    out = tmp_path / "moocdb"
    translate(awkward_log(tmp_path), out, Options(workers=1, key_file=tmp_path / "key"))
    script = (out / "moocdb.sql").read_text(encoding="utf-8").replace("`moocdb`", f"`{database}`")
    assert server.run(script, cwd=out).returncode == 0
    assert server.rows(f"SELECT COUNT(*) FROM {database}.submissions WHERE submission_answer = 'NULL'") == [("1",)]
