"""Courses for events that name none: server events of 2012-13 know only their i4x module (rules, section 6)."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from . import _core
from .merge import Merged, MergedShard

Array = np.ndarray[Any, Any]
_I4X = "i4x://"


def place_courses(merged: Merged) -> None:
    """Give each event without a course the one it must belong to; shards in which anything changes get a file `placed`."""
    modules = merged.modules
    if not any(modules.id_of(code).startswith(_I4X) for code in np.flatnonzero(modules.course < 0).tolist()):
        return
    numbers: dict[str, int] = {}  # "org/number" → code
    of_module = np.array([numbers.setdefault(_number_of(m), len(numbers)) if m.startswith(_I4X) else -1 for m in modules.ids()], np.int32)
    of_course = np.array([_course_number(text, numbers) for text in merged.texts("course").to_pylist()], np.int32)
    placer = _core.Placer()
    for shard in merged.shards:
        user, course, _ = _columns(merged, shard)
        placer.see(user, course, _core.translate(course, of_course))
    moved = _Moved(merged)
    for shard in merged.shards:
        user, course, module = _columns(merged, shard)
        placed = placer.place(user, course, _core.translate(course, of_course), _core.translate(module, of_module))
        changed = placed != course
        if changed.any():
            _write(shard, placed, module, changed, moved)
    moved.keep()


def _number_of(module_id: str) -> str:
    return _html("/".join(module_id.removeprefix(_I4X).split("/")[:2]))


def _course_number(course: str, numbers: dict[str, int]) -> int:
    return -1 if ":" in course else numbers.get(_html(course.rsplit("/", 1)[0]), -1)


def _html(text: str) -> str:
    """Organisation and number as a dashed id spells them, with the slash between."""
    return re.sub(r"[^\w/\x80-\U0010ffff-]", "_", text, flags=re.ASCII)


def _columns(merged: Merged, shard: MergedShard) -> tuple[Array, Array, Array]:
    columns = shard.result.columns("events", ("user", "course", "module"))
    return merged.users(shard, columns), shard.column("course", columns), shard.column("module", columns)


def _write(shard: MergedShard, placed: Array, module: Array, changed: Array, moved: _Moved) -> None:
    """Save the columns as they are now: the event's course and module, and the modules of its parts."""
    rows = np.flatnonzero(changed)
    module = module.copy()
    module[rows] = moved.modules(module[rows], placed[rows])
    parts = shard.result.columns("parts", ("row", "module"))
    part_module = shard.column("module", parts).copy()
    mine = np.flatnonzero(changed[parts["row"]])
    part_module[mine] = moved.modules(part_module[mine], placed[parts["row"][mine]])
    shard.save_placed({"course": placed, "module": module}, {"module": part_module})


class _Moved:
    """Modules in the courses of their events, each pair looked at once."""

    def __init__(self, merged: Merged) -> None:
        self._merged = merged
        self._pairs = _core.PairTable()  # (module, course)
        self._found: list[int] = []  # by pair
        self._made: list[tuple[int, str, int]] = []  # new modules: course, id, the one it was made of

    def modules(self, module: Array, course: Array) -> Array:
        """The codes of modules in courses; those that have a course stay."""
        pairs = self._pairs.see(module, course, np.zeros(len(module), np.int64))
        modules, courses = self._pairs.pairs()
        for number in range(len(self._found), len(self._pairs)):
            self._found.append(self._moved(int(modules[number]), int(courses[number])))
        return np.array(self._found, np.int32)[pairs]

    def keep(self) -> None:
        """Tell the new modules to the others."""
        if self._made:
            self._merged.modules.extend(*zip(*self._made, strict=True))

    def _moved(self, module: int, course: int) -> int:
        merged = self._merged
        if module < 0 or merged.modules.course[module] >= 0:
            return module
        old, text = merged.modules.id_of(module), merged.course_texts[course]
        # A dashed id does not tell `6_002x` from `6.002x`; the course does.
        module_id = "/".join([_I4X.rstrip("/"), "", *text.split("/")[:2], *old.removeprefix(_I4X).split("/")[2:]]) if old.startswith(_I4X) else old
        code: int = merged.dictionaries["module"].add(f"{text}\x1f{module_id}".encode())
        if code == len(merged.modules) + len(self._made):
            self._made.append((course, module_id, module))
        return code
