"""The rows of resolved partitions into sinks: CSV in worker processes, each partition for itself; other formats here, a file per table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain

import pyarrow as pa

from .resolving import Resolving, Spread, step
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
    pool = Threads(threads if all(sink.side_by_side for sink in here) else 1)
    for number in numbers if here else ():
        counts = pool.run([partial(put, here, batches) for batches in maker.tables(resolving.load(number))])
        yield from () if apart else counts
    measure()
    resolving.forget()


def _write_apart(resolving: Resolving, maker: RowMaker, sink: CsvSink, spread: Spread) -> list[Counts]:
    numbers = list(range(resolving.plan.partitions))
    counts = spread(step, (_write_partition, resolving, maker, sink), numbers)
    for number, tables in zip(numbers, counts, strict=True):
        for name in tables:
            sink.append(name, resolving.rows_file(number, name))
    return counts


def _write_partition(resolving: Resolving, number: int, maker: RowMaker, sink: CsvSink) -> Counts:
    """The rows of a partition, into files of their own."""
    return sink.write_apart(chain.from_iterable(maker.tables(resolving.load(number))), partial(resolving.rows_file, number))
