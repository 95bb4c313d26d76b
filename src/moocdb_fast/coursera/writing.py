"""Rows on their way to the sinks: batches of the schema, observed events with their ids, user agents by number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from ..agents import names_of
from ..schema import TABLES
from ..sinks import Sink
from ..tabular import batch, empty_batch, numbered
from .columns import NONE, stamps
from .kinds import EVENTS
from .ledger import Ledger
from .reasons import Note

Array = np.ndarray[Any, Any]
_ROWS = 1 << 16


@dataclass
class Writer:
    """Gives batches to the sinks and counts rows."""

    sinks: Sequence[Sink]
    rows: dict[str, int] = field(default_factory=lambda: dict.fromkeys(TABLES, 0))

    def put(self, table: str, columns: dict[str, pa.Array], rows: int) -> None:
        """Rows of a table; columns that are not given hold their default or NULL."""
        for start in range(0, rows, _ROWS):
            size = min(_ROWS, rows - start)
            piece = batch(table, {name: column.slice(start, size) for name, column in columns.items()}, size)
            self._write(table, piece)

    def put_table(self, name: str, table: pa.Table) -> None:
        """A whole table."""
        for piece in table.to_batches(max_chunksize=_ROWS):
            self._write(name, piece)

    def finish(self) -> None:
        """Tables without rows get their header; the sinks are closed."""
        for name in TABLES:
            if not self.rows[name]:
                self._write(name, empty_batch(name))
        for sink in self.sinks:
            sink.close()

    def _write(self, table: str, piece: pa.RecordBatch) -> None:
        self.rows[table] += piece.num_rows
        for sink in self.sinks:
            sink.write(table, piece)


class Agents:
    """Operating systems and browsers, in the order in which they are met."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, int]] = {}
        self._systems: dict[str, int] = {}
        self._browsers: dict[str, int] = {}

    def of(self, texts: pa.Array) -> tuple[pa.Array, pa.Array]:
        """os and agent ids of user agent strings."""
        coded = texts.dictionary_encode()
        pairs = [self._pair(text) for text in coded.dictionary.to_pylist()]
        at = coded.indices.fill_null(len(pairs))
        systems, browsers = (pa.array([*(pair[i] or None for pair in pairs), None], pa.int32()) for i in (0, 1))
        return systems.take(at), browsers.take(at)

    def _pair(self, text: str) -> tuple[int, int]:
        if not text.strip():
            return 0, 0
        if text not in self._known:
            system, browser = names_of(text)
            self._known[text] = (
                self._systems.setdefault(system, len(self._systems) + 1),
                self._browsers.setdefault(browser, len(self._browsers) + 1),
            )
        return self._known[text]

    def tables(self) -> dict[str, pa.Table]:
        """os and agent."""
        return {"os": numbered("os", {"os_name": list(self._systems)}), "agent": numbered("agent", {"agent_name": list(self._browsers)})}


class Events:
    """Writes observed events; their types get numbers in the order in which they are met."""

    def __init__(self, writer: Writer, ledger: Ledger, url_ids: Array) -> None:
        self._writer, self._ledger, self._url_ids = writer, ledger, url_ids
        self._types: dict[str, str] = {}
        self.counts: dict[str, int] = {}

    def add(
        self,
        source: str,
        names: str | pa.DictionaryArray,
        users: Array,
        times: Array,
        resources: Array,
        keys: pa.Array,
        *,
        micros: Array | None = None,
        urls: Array | None = None,
        agents: tuple[pa.Array, pa.Array] | None = None,
    ) -> Array:
        """Events of one source table: of one type, or of the type named in each row. Those without a time are left out and noted.

        The ids of the events; 0 for those left out.
        """
        kept = times != NONE
        self._ledger.note(source, Note.NO_EVENT_TIME, int(np.sum(~kept)))
        chosen = np.flatnonzero(kept)
        first = self._writer.rows["observed_events"] + 1
        kind, numbers = self._kinds(names, chosen)
        place = resources[chosen]
        url = self._url_ids[place] if urls is None else urls[chosen]
        moments = stamps(times[chosen]) if micros is None else pa.array(micros[chosen]).cast(pa.timestamp("us"))
        rows = pa.array(chosen)
        columns = {
            "observed_event_id": pa.array(np.arange(first, first + len(chosen))),
            "user_id": pa.array(users[chosen]),
            "url_id": pa.array(url, mask=url == 0),
            "resource_id": pa.array(place, mask=place == 0),
            "observed_event_timestamp": moments,
            "observed_event_type": kind,
            "observed_event_type_id": numbers,
            "observed_event_key": keys.take(rows) if len(chosen) < len(kept) else keys,
        }
        if agents is not None:
            columns["observed_event_os"], columns["observed_event_agent"] = (column.take(rows) for column in agents)
        self._writer.put("observed_events", columns, len(chosen))
        ids = np.zeros(len(kept), np.int64)
        ids[chosen] = np.arange(first, first + len(chosen))
        return ids

    def _kinds(self, names: str | pa.DictionaryArray, chosen: Array) -> tuple[pa.Array, pa.Array]:
        """The types of events and their numbers, dictionary-coded."""
        codes = np.zeros(len(chosen), np.int32)
        listed = [names] if isinstance(names, str) else names.dictionary.to_pylist()
        if not isinstance(names, str):
            codes = names.indices.to_numpy()[chosen].astype(np.int32)
        counts = np.bincount(codes, minlength=len(listed)).tolist() if len(chosen) else [0] * len(listed)
        for name, count in zip(listed, counts, strict=True):
            if count:
                self._types.setdefault(name, EVENTS[name].mode if name in EVENTS else "observing")
                self.counts[name] = self.counts.get(name, 0) + count
        order = list(self._types)
        numbers = np.array([order.index(name) + 1 if name in self._types else 0 for name in listed], np.int32)
        return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(listed, pa.string())), pa.array(numbers[codes])

    def table(self) -> pa.Table:
        """observed_event_types."""
        return numbered(
            "observed_event_types",
            {"observed_event_type_name": list(self._types), "observed_event_type_activity_mode": list(self._types.values())},
        )
