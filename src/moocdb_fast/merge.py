"""Many shards, one set of codes: dictionaries merged in canonical order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from . import _core
from .columns import Text, joined, load_table, picked, save_tables
from .shards import DICTIONARIES, ShardResult

Array = np.ndarray[Any, Any]
_DICTIONARY = {"dest": "panel", "about": "key", "target": "user"}  # of code columns that are not named after theirs
_CODES, _PLACED = "codes", "placed"  # files beside those of the scan
NO_MODE = 255  # of a type that no candidate of a shard has


@dataclass
class Modules:
    """What is known of modules, by code: as their shard saw them first."""

    course: Array
    id: Text
    category: Array  # codes of `categories`
    name: Text
    title: Array  # codes of `titles`, -1 for none
    categories: Text
    titles: Text

    def __len__(self) -> int:
        return len(self.course)

    def id_of(self, code: int) -> str:
        """One id."""
        return str(self.id.at(code))

    def ids(self) -> list[str]:
        """All ids."""
        return [str(text) for text in self.id.to_list()]

    def extend(self, course: Sequence[int], ids: Sequence[str], like: Sequence[int]) -> None:
        """Further modules: others over again, but for their courses and ids, and without titles."""
        old = np.array(like, np.int64)
        self.course = np.append(self.course, np.array(course, np.int32))
        self.id, self.name = joined((self.id, Text.of(ids))), joined((self.name, picked(self.name, old)))
        self.category = np.append(self.category, self.category[old])
        self.title = np.append(self.title, np.full(len(old), -1, np.int32))


@dataclass(frozen=True)
class MergedShard:
    """A shard and its place in the whole: `first_row` counts rows of the shards before it."""

    result: ShardResult
    input: int
    first_row: int
    rows: int

    def codes(self, name: str) -> Array | None:
        """The codes of the whole by those of the shard, for a code column; None where they are the same."""
        return self.all_codes((name,))[name]

    def all_codes(self, names: Sequence[str]) -> dict[str, Array | None]:
        """The same for some columns at once."""
        kept = load_table(self.result.folder / _CODES, "codes", {_DICTIONARY.get(name, name) for name in names})
        return {name: kept[_DICTIONARY.get(name, name)] for name in names}

    def column(self, name: str, columns: dict[str, Array]) -> Array:
        """A code column in the codes of the whole (-1 stays -1)."""
        return _translate(self.codes(name), columns[name])

    def save_placed(self, events: dict[str, Array], parts: dict[str, Array]) -> None:
        """Keep courses and modules that differ from those the scan saw (see placing.py)."""
        save_tables(self.result.folder / _PLACED, {"events": events, "parts": parts})

    def moved(self, name: str, *, of: str = "events") -> Array | None:
        """Course or module of events or parts after placing; None if nothing was moved in this shard."""
        if not (self.result.folder / _PLACED).exists():
            return None
        kept: Array = load_table(self.result.folder / _PLACED, of, (name,))[name]
        return kept

    def placed(self, name: str, columns: dict[str, Array], *, of: str = "events") -> Array:
        """Course or module of events or parts after placing."""
        moved = self.moved(name, of=of)
        return self.column(name, columns) if moved is None else moved


def _translate(codes: Array | None, column: Array) -> Array:
    return column if codes is None else _core.translate(column, codes)


@dataclass
class Merged:
    """The dictionaries of all shards."""

    shards: list[MergedShard] = field(default_factory=list)
    dictionaries: dict[str, Any] = field(default_factory=lambda: {name: _core.Dictionary() for name in DICTIONARIES})
    modules: Modules = field(default_factory=lambda: _ModulePieces().whole())
    type_modes: list[int] = field(default_factory=list)
    base_level: Array = field(default_factory=lambda: np.empty(0, np.uint8))
    base_place: Array = field(default_factory=lambda: np.empty(0, np.int32))
    alias: Array = field(default_factory=lambda: np.empty(0, np.int32))
    aliases: bool = False  # whether any code has another
    platform_ids: dict[int, str] = field(default_factory=dict)
    rows: int = 0

    @cached_property
    def course_texts(self) -> list[str]:
        """Course ids by code."""
        texts: list[str] = self.texts("course").to_pylist()
        return texts

    def courses_named(self, courses: Sequence[str]) -> frozenset[int]:
        """The codes of courses."""
        return frozenset(code for code, text in enumerate(self.course_texts) if text in courses)

    def users(self, shard: MergedShard, columns: dict[str, Array], name: str = "user") -> Array:
        """A column of users of a shard in the codes of the whole; platform ids that the log gives a name are that name."""
        return _translate(self.renamed(shard.codes(name)), columns[name])

    def renamed(self, codes: Array | None) -> Array | None:
        """Codes of users that `users` translates with."""
        if not self.aliases:
            return codes
        renamed: Array = self.alias if codes is None else self.alias[codes]
        return renamed

    def inputs(self, ordinals: Array) -> Array:
        """The input number of each row."""
        if self._input_numbers[0] == self._input_numbers[-1]:
            return np.full(len(ordinals), self._input_numbers[0])
        numbers: Array = self._input_numbers[np.searchsorted(self._first_rows, ordinals, side="right") - 1]
        return numbers

    @cached_property
    def _first_rows(self) -> Array:
        return np.array([shard.first_row for shard in self.shards], np.int64)

    @cached_property
    def _input_numbers(self) -> Array:
        return np.array([shard.input for shard in self.shards], np.int64)

    def texts(self, name: str) -> pa.LargeStringArray:
        """All strings of a dictionary, by code."""
        return self.text(name).arrow()

    def text(self, name: str) -> Text:
        """The same as a column."""
        ends, data = self.dictionaries[name].buffers()
        return Text(ends, np.frombuffer(data, np.uint8))


def merge(results: Sequence[ShardResult]) -> Merged:
    """Merge the dictionaries of shards given in canonical order. Memory grows with the distinct strings."""
    merged = Merged()
    taught, taught_users = _core.Dictionary(), []
    modules = _ModulePieces()
    levels, places = [], []
    for result in results:
        found = result.tables("strings", "bases", "types", "modules", "taught")
        codes, fresh = {}, {}
        for name in ("place", *(name for name in DICTIONARIES if name != "place")):  # bases refer to places
            before = len(merged.dictionaries[name])
            text = found["strings"][name]
            codes[name] = merged.dictionaries[name].intern(text.ends, text.data)
            fresh[name] = np.flatnonzero(codes[name] >= before)
        levels.append(found["bases"]["level"][fresh["base"]])
        places.append(_core.translate(found["bases"]["place"][fresh["base"]], codes["place"]))
        _merge_modes(merged.type_modes, codes["type"], found["types"]["mode"])
        modules.add(found["modules"], codes, fresh["module"])
        before, ids = len(taught), found["taught"]["id"]
        known = taught.intern(ids.ends, ids.data)
        _, first = np.unique(known, return_index=True)
        taught_users.append(codes["user"][found["taught"]["user"][first[known[first] >= before]]])
        rows = result.about["rows"]
        merged.shards.append(MergedShard(result, result.about["input"], merged.rows, rows))
        # Kept on disk: there may be very many shards.
        save_tables(result.folder / _CODES, {"codes": {name: None if _is_range(local) else local for name, local in codes.items()}})
        merged.rows += rows
    merged.modules = modules.whole()
    merged.base_level = np.concatenate(levels) if levels else merged.base_level
    merged.base_place = np.concatenate(places) if places else merged.base_place
    users = np.concatenate(taught_users).tolist() if taught_users else []
    _resolve_identities(merged, dict(zip(Text(*taught.buffers()).arrow().to_pylist(), users, strict=True)))
    return merged


def _is_range(codes: Array) -> bool:
    """Whether codes stay what they are."""
    return not len(codes) or (int(codes[-1]) == len(codes) - 1 and bool((codes == np.arange(len(codes))).all()))


def _merge_modes(modes: list[int], codes: Array, found: Array) -> None:
    """The activity mode of a type is that of its first candidate, which may stand in a later shard than its name."""
    for code, mode in zip(codes.tolist(), found.tolist(), strict=True):
        if code == len(modes):
            modes.append(mode)
        elif modes[code] == NO_MODE:
            modes[code] = mode


class _ModulePieces:
    """Modules, as shards bring them."""

    def __init__(self) -> None:
        self._categories = _core.Dictionary()
        self._title = np.empty(0, np.int32)
        self._modules = self._titles = 0
        nothing = np.empty(0, np.int32)
        self._pieces: dict[str, list[Any]] = {
            "course": [nothing],
            "id": [Text.of(())],
            "category": [nothing],
            "name": [Text.of(())],
            "titles": [Text.of(())],
        }

    def add(self, found: dict[str, Any], codes: dict[str, Array], fresh: Array) -> None:
        """Take in the modules of a shard, of which `fresh` are new, and the titles of those that had none."""
        category = picked(found["category"], fresh)
        new = {name: picked(found[name], fresh) for name in ("course", "id", "name")}
        new["course"] = _core.translate(new["course"], codes["course"])
        new["category"] = self._categories.intern(category.ends, category.data)
        self._modules += len(fresh)
        if self._modules > len(self._title):
            self._title = np.append(self._title, np.full(self._modules, -1, np.int32))
        titled = np.flatnonzero(found["title"].valid)
        titled = titled[self._title[codes["module"][titled]] < 0]
        self._title[codes["module"][titled]] = np.arange(self._titles, self._titles + len(titled))
        self._titles += len(titled)
        new["titles"] = picked(found["title"], titled)
        for name, column in new.items():
            self._pieces[name].append(column)

    def whole(self) -> Modules:
        """All of them."""
        columns = {name: joined(pieces) for name, pieces in self._pieces.items()}
        return Modules(**columns, title=self._title[: self._modules], categories=Text(*self._categories.buffers()))


def _resolve_identities(merged: Merged, taught: dict[str, int]) -> None:
    """Events that carry only a platform id belong to the name that the log gives that id."""
    users = merged.dictionaries["user"]
    merged.alias = np.arange(len(users), dtype=np.int32)
    for platform_id, code in taught.items():
        merged.platform_ids.setdefault(code, platform_id)
        numeric = users.find(b"i:" + platform_id.encode())
        if numeric >= 0:
            merged.alias[numeric] = code
            merged.aliases = True
