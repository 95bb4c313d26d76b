"""The rows of resolved partitions into sinks: CSV in worker processes, each partition for itself; other formats here, a file per table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import Any

import pyarrow as pa

from .errors import writing
from .resolving import Resolving, Spread
from .rows import RowMaker
from .sinks import Sink
from .sinks.csv import CsvSink
from .threads import Threads

Counts = dict[str, int]
"""Rows of tables."""


def put(sinks: Sequence[Sink], batches: Iterable[tuple[str, pa.RecordBatch]]) -> Counts:
    """Write batches to all sinks."""
    rows: Counter[str] = Counter()
    for name, batch in batches:
        rows[name] += batch.num_rows
        for sink in sinks:
            sink.write(name, batch)
    return dict(rows)


def fill_tables(
    resolving: Resolving, maker: RowMaker, sinks: Sequence[Sink], spread: Spread | None, measure: Callable[[], None], threads: int
) -> Iterator[Counts]:
    """Write the tables that have rows of events; gives their counts as it goes. `spread` is None if there are no other processes."""
    numbers = list(range(resolving.plan.partitions))
    apart = [sink for sink in sinks if isinstance(sink, CsvSink) and len(numbers) > 1 and spread is not None]
    here = [sink for sink in sinks if sink not in apart]
    for sink in apart:
        assert spread is not None
        yield from _write_apart(resolving, maker, sink, spread)
        measure()
    pool = Threads(threads if all(sink.side_by_side for sink in here) else 1)
    for number in numbers if here else ():
        counts = pool.run([partial(put, here, batches) for batches in maker.tables(resolving.load(number))])
        yield from () if apart else counts
        measure()
    resolving.forget()


def _write_apart(resolving: Resolving, maker: RowMaker, sink: CsvSink, spread: Spread) -> list[Counts]:
    numbers = list(range(resolving.plan.partitions))
    counts = spread(_writer, (resolving, maker, sink), numbers)
    for number, tables in zip(numbers, counts, strict=True):
        for name in tables:
            sink.append(name, resolving.rows_file(number, name))
    return counts


def _writer(resolving: Resolving, maker: RowMaker, sink: CsvSink) -> Callable[..., Counts]:
    """Writing the rows of a partition to files of their own, as the work of a worker process."""

    def work(number: int, _report: Any) -> Counts:
        with writing(resolving.folder):
            return sink.write_apart(chain.from_iterable(maker.tables(resolving.load(number))), partial(resolving.rows_file, number))

    return work
