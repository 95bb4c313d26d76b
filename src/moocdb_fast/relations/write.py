"""A run that writes the nine tables: what the scan kept is read again, shard by shard, and the pieces are put together in order."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from .. import _core
from ..counts import rows_array
from ..events import families_of
from ..fates import count_lines, count_unselected
from ..identities import pseudonym
from ..inputs import longest_first, shards
from ..merge import Merged, merge
from ..placing import place_courses
from ..plan import selected
from ..pool import run_tasks
from ..translate import Run
from .people import People
from .repeats import find_repeats
from .shard import Task, Whole, make_writer
from .tables import FILES, LOAD_INFO, TABLES

Array = np.ndarray[Any, Any]
_EXTRA = _core.FLAGS["extra"]


def write(run: Run, *, header: bool = False) -> None:
    """Write the tables of what was scanned to the staging folder."""
    run.clock.say("merge")
    merged = merge(run.results)
    place_courses(merged)
    if run.options.courses:
        count_unselected(merged, run.options.courses, run.reports)
    dropped = _dropped(run, merged)
    _count(run, merged, dropped)
    whole = Whole(run.staging.work / "whole")
    keys = _pseudonyms(run, merged)
    people = People(run.key, {})
    ids = {number: keys[code] if keys[code] else people.of_id(number) for code, number in merged.platform_ids.items()}
    whole.save(keys, merged.alias, dropped, merged.course_texts, ids)
    tasks = list(_tasks(run, merged))
    order = sorted(range(len(tasks)), key=lambda i: longest_first(tasks[i].shard))
    run.clock.say("write")
    make = partial(make_writer, whole, run.key, run.options)
    done = run_tasks(make, (), [tasks[i] for i in order], run.summary.run.workers, lambda *_: run.clock.say("write"))
    _put_together(run, tasks, done, header)


def _dropped(run: Run, merged: Merged) -> Array:
    """Which rows, by ordinal, are not written: repeats, and other courses than those selected."""
    repeats = find_repeats(merged, run.staging.work)
    dropped = rows_array(run.staging.work, "dropped", merged.rows, np.bool_)
    wanted = merged.courses_named(run.options.courses)
    for shard in merged.shards:
        place = slice(shard.first_row, shard.first_row + shard.rows)
        columns = shard.result.columns("events", ("course", "flags"))
        if run.options.courses:
            others = np.ones(shard.rows, np.bool_)
            others[selected(shard.placed("course", columns), wanted)] = False
            dropped[place] = others
        if not run.options.keep_duplicates:
            repeated = repeats[place] & ~dropped[place]
            lines = (columns["flags"] & _EXTRA) == 0
            count_lines(run.reports, {shard.input: int((repeated & lines).sum())}, "duplicate")
            dropped[place] |= repeated
    return dropped


def _count(run: Run, merged: Merged, dropped: Array) -> None:
    """Count what is written: lines per input, course, type and family."""
    types: Counter[int] = Counter()
    courses: Counter[int] = Counter()
    for shard in merged.shards:
        columns = shard.result.columns("events", ("course", "type", "flags"))
        rows = np.flatnonzero(((columns["flags"] & _EXTRA) == 0) & ~dropped[shard.first_row : shard.first_row + shard.rows])
        count_lines(run.reports, {shard.input: len(rows)}, None)
        for counter, codes in ((types, shard.column("type", columns)), (courses, shard.placed("course", columns))):
            found, numbers = np.unique(codes[rows], return_counts=True)
            counter.update(dict(zip(found.tolist(), numbers.tolist(), strict=True)))
    names = merged.texts("type").to_pylist()
    texts = {-1: "", **dict(enumerate(merged.course_texts))}
    summary = run.summary
    summary.event_types = {names[code]: types[code] for code in sorted(types)}
    summary.courses = {texts[code]: courses[code] for code in sorted(courses, key=lambda c: texts[c].encode())}
    summary.families = families_of(summary.event_types)


def _pseudonyms(run: Run, merged: Merged) -> list[str]:
    """By user code; nobody has none."""
    return ["" if actor == "a" else pseudonym(run.key, actor.encode()) for actor in merged.texts("user").to_pylist()]


def _tasks(run: Run, merged: Merged) -> Iterator[Task]:
    """The shards of the scan, each with the folders that it left, in canonical order."""
    pieces = run.staging.work / "pieces"
    pieces.mkdir()
    left = list(merged.shards)
    for shard in shards(run.inputs, run.options.shard_bytes):
        mine = []
        while left and left[0].result.folder.name.startswith(f"{shard.name}-"):
            mine.append(left.pop(0))
        yield Task(shard, tuple(mine), pieces)
    assert not left


def _put_together(run: Run, tasks: list[Task], done: list[dict[str, int]], header: bool) -> None:
    run.summary.tables = {name: sum(counts[name] for counts in done) for name in TABLES}
    run.staging.measure()
    for name, table in TABLES.items():
        folder = run.staging.restricted_target("") if table.restricted else run.staging.target("")
        if folder is None:
            continue
        path = folder / FILES[name]
        with path.open("wb") as file:
            if header:
                file.write(table.header.encode())
            for task in tasks:
                piece = task.piece(name)
                with piece.open("rb") as source:
                    shutil.copyfileobj(source, file, 1 << 20)
                piece.unlink()
            if name == LOAD_INFO:
                lines = (table.line({"load_info_id": str(i.number), "load_file": i.name}) for i in run.inputs)
                file.write("".join(lines).encode("utf-8", "replace"))
        if table.restricted:
            path.chmod(0o600)
    run.summary.tables[LOAD_INFO] = len(run.inputs)
    run.staging.measure()
