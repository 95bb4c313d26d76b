"""Every command that writes tables, in two surroundings that have nothing in common but the logs and the key: not a byte differs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest
from synthetic import made

KEY = "0123456789abcdef" * 4
COMMANDS = (
    ("run", "{logs}", "--out", "plain", "--format", "csv,parquet,duckdb", "--restricted", "people", "--payloads"),
    ("run", "{logs}", "--out", "courses", "--split-by-course", "--format", "csv,parquet", "--keep-anonymous", "--spreadsheet-safe"),
    ("run", "{old}", "--out", "days", "--append"),
    ("run", "{new}", "--out", "days", "--append"),
    ("relations", "{logs}", "--out", "relations", "--restricted", "relations-people"),
    ("run", "--from-relations", "relations", "--out", "again"),
)
HERE = {"TZ": "XYZ-13:45", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "1", "COLUMNS": "40"}
THERE = {"TZ": "America/St_Johns", "LC_ALL": "C", "LANG": "tr_TR", "PYTHONUTF8": "0", "PYTHONHASHSEED": "4294967295"}


def write_all(folder: Path, *, relative: bool, workers: int, umask: int, environment: dict[str, str], age: int) -> Path:
    """All outputs, below a folder of their own. `age`: how old the logs look."""
    logs, outputs = folder / "logs", folder / "outputs"
    logs.mkdir(parents=True)
    outputs.mkdir()
    for name, era, seed in (("2013-03.json", "legacy", 7), ("2024-09.json", "modern", 8)):
        (logs / name).write_bytes(made(300_000, era, seed))
        os.utime(logs / name, (time.time() - age,) * 2)
    key = folder / "key"
    key.write_text(KEY + "\n")
    key.chmod(0o600)
    base = Path("..") if relative else folder
    names = {"logs": base / "logs", "old": base / "logs" / "2013-03.json", "new": base / "logs" / "2024-09.json"}
    for words in COMMANDS:
        command = [sys.executable, "-m", "moocdb_fast", *(word.format(**names) for word in words)]
        command += ["--key-file", str(base / "key"), "--workers", str(workers), "--quiet"]
        env = os.environ | {"HOME": str(folder), "TMPDIR": str(folder)} | environment
        subprocess.run(command, cwd=outputs, env=env, umask=umask, check=True, timeout=120)
    return outputs


@pytest.fixture(scope="module")
def here_and_there(tmp_path_factory):
    """Both, with other workers, paths, permissions, clocks and names of folders too."""
    here = write_all(tmp_path_factory.mktemp("h"), relative=True, workers=1, umask=0o000, environment=HERE, age=0)
    there = write_all(tmp_path_factory.mktemp("th ere"), relative=False, workers=2, umask=0o077, environment=THERE, age=10**8)
    return here, there


def content(path: Path) -> object:
    """What must not differ: of a summary all but `run`, of a database the rows in their order, of any other file the bytes."""
    if path.name == "summary.json":
        return {name: value for name, value in json.loads(path.read_bytes()).items() if name != "run"}
    if path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as connection:
            tables = [name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables() ORDER BY 1").fetchall()]
            return {name: connection.execute(f'SELECT * FROM "{name}"').fetchall() for name in tables}
    return path.read_bytes()


def files(folder: Path) -> dict[str, Path]:
    """All files but those of the state, whose folders are named at random."""
    return {str(p.relative_to(folder)): p for p in sorted(folder.rglob("*")) if p.is_file() and "days.state" not in p.parts}


@pytest.mark.promise("P10")
def test_no_byte_differs(here_and_there):
    here, there = map(files, here_and_there)
    assert list(here) == list(there)
    assert {"plain/moocdb.duckdb", "people/user_pii.csv", "people/event_payloads.parquet", "relations/EdxTrackEvent.csv", "again/users.csv"} < set(
        here
    )
    assert sum(name.endswith("/submissions.parquet") for name in here) > 4  # one per course, and those of no course
    assert [name for name in here if content(here[name]) != content(there[name])] == []
    assert min(here[name].stat().st_size for name in ("days/submissions.csv", "again/submissions.csv", "plain/observed_events.csv")) > 2_000


@pytest.mark.promise("P10")
def test_no_table_holds_a_clock_or_a_name_of_this_machine(here_and_there):
    """Neither the year of today, nor folders, nor the host."""
    words = {time.strftime("%Y-%m-%d", time.gmtime()).encode(), *(str(place.parent).encode() for place in here_and_there)}
    words |= {os.uname().nodename.encode()} if len(os.uname().nodename) > 8 else set()  # a short one stands in packed files by chance
    for name, path in files(here_and_there[0]).items():
        if not name.endswith("summary.json"):
            assert [word for word in words if word in path.read_bytes()] == [], name
