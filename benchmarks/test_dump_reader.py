"""What reading dumps costs, on a synthetic export of 2,000 learners: pytest benchmarks/test_dump_reader.py

Results are checked, seconds are not: they depend on the machine.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from coursera_export import export
from synthetic_coursera import Course

from moocdb_fast.coursera.detect import open_export
from moocdb_fast.coursera.php import php_answers

Benchmark = Any  # the fixture of pytest-benchmark
ROUNDS = 5


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the three dumps."""
    made: Path = tmp_path_factory.mktemp("export")
    export(Course(users=2_000, lectures=100, quizzes=60), 2, made)
    return made


def megabytes(folder: Path) -> float:
    """How much there is to read."""
    return round(sum(path.stat().st_size for path in folder.iterdir()) / 1e6, 1)


def test_index(benchmark: Benchmark, folder: Path) -> None:
    """Finding the statements."""
    source = benchmark.pedantic(open_export, (folder,), rounds=ROUNDS, warmup_rounds=1)
    benchmark.extra_info["megabytes"] = megabytes(folder)
    assert source.format == 2


def test_all_rows(benchmark: Benchmark, folder: Path) -> None:
    """Finding the statements, and every column of every table."""

    def read() -> int:
        source = open_export(folder)
        rows = sum(batch.num_rows for table, columns in source.tables().items() for batch in source.rows(table, [column.name for column in columns]))
        source.close()
        return rows

    rows = benchmark.pedantic(read, rounds=ROUNDS, warmup_rounds=1)
    benchmark.extra_info.update(megabytes=megabytes(folder), rows=rows)
    assert rows > 60_000


def test_answers(benchmark: Benchmark, folder: Path) -> None:
    """The values of quiz submissions as columns."""
    source = open_export(folder)
    table = pa.Table.from_batches(source.rows("kvs.quiz", ["key", "value"]))
    wanted = pc.starts_with(table["key"], "submission.")
    values = table.filter(wanted)["value"].combine_chunks()
    found = benchmark.pedantic(php_answers, (values,), rounds=ROUNDS, warmup_rounds=1)
    benchmark.extra_info.update(values=len(values))
    assert not found["status"].any()
