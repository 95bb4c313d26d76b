"""Many shards, one set of codes: dictionaries merged in canonical order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from . import _core
from .shards import DICTIONARIES, ShardResult, text_array, text_buffers, write_table

Array = np.ndarray[Any, Any]
_DICTIONARY = {"dest": "panel", "about": "key", "target": "user"}  # of code columns that are not named after theirs
NO_MODE = 255  # of a type that no candidate of a shard has


@dataclass(frozen=True)
class Module:
    """A module, as its shard saw it first."""

    course: int
    id: str
    category: str
    name: str


@dataclass(frozen=True)
class MergedShard:
    """A shard and its place in the whole: `first_row` counts rows of the shards before it."""

    result: ShardResult
    input: int
    first_row: int
    rows: int

    def column(self, name: str, columns: dict[str, Array]) -> Array:
        """A code column in the codes of the whole (-1 stays -1)."""
        return _translate(np.load(self.result.folder / f"codes-{_DICTIONARY.get(name, name)}.npy"), columns[name])

    def save_placed(self, events: pa.Table, parts: pa.Table) -> None:
        """Keep courses and modules that differ from those the scan saw (see placing.py)."""
        write_table(self.result.folder, "placed", events)
        write_table(self.result.folder, "placed_parts", parts)

    def placed(self, name: str, columns: dict[str, Array], *, of: str = "placed") -> Array:
        """Course or module of events (or, `of="placed_parts"`, of parts) after placing."""
        if (self.result.folder / f"{of}.arrow").exists():
            kept: Array = self.result.table(of).column(name).to_numpy()
            return kept
        return self.column(name, columns)


def _translate(codes: Array, column: Array) -> Array:
    if not len(codes):
        return column
    return np.where(column < 0, np.int32(-1), codes[column])


@dataclass
class Merged:
    """The dictionaries of all shards."""

    shards: list[MergedShard] = field(default_factory=list)
    dictionaries: dict[str, Any] = field(default_factory=lambda: {name: _core.Dictionary() for name in DICTIONARIES})
    modules: list[Module] = field(default_factory=list)
    titles: dict[int, str] = field(default_factory=dict)
    type_modes: list[int] = field(default_factory=list)
    base_level: Array = field(default_factory=lambda: np.empty(0, np.uint8))
    base_place: Array = field(default_factory=lambda: np.empty(0, np.int32))
    alias: Array = field(default_factory=lambda: np.empty(0, np.int32))
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
        user = shard.column(name, columns)
        return np.where(user >= 0, self.alias[user], user) if len(self.alias) else user

    def inputs(self, ordinals: Array) -> Array:
        """The input number of each row."""
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
        offsets, data = self.dictionaries[name].buffers()
        return text_array(offsets, data)


def merge(results: Sequence[ShardResult]) -> Merged:
    """Merge the dictionaries of shards given in canonical order. Memory grows with the distinct strings."""
    merged = Merged()
    taught: dict[str, int] = {}
    levels, places = [], []
    for result in results:
        strings = result.strings()
        codes = {}
        for name in DICTIONARIES:
            before = len(merged.dictionaries[name])
            codes[name] = merged.dictionaries[name].intern(*text_buffers(strings[name].column(0)))
            fresh = codes[name] >= before
            if name == "base":
                bases = result.columns("bases")
                levels.append(bases["level"][fresh])
                places.append(_translate(codes_of_places(merged, strings), bases["place"][fresh]))
            elif name == "type":
                _merge_modes(merged.type_modes, codes[name], result.columns("types")["mode"])
        _merge_modules(merged, result, codes)
        for user, platform_id in zip(*(result.table("taught").column(c).to_pylist() for c in ("user", "id")), strict=True):
            taught.setdefault(platform_id, int(codes["user"][user]))
        rows = result.about["rows"]
        merged.shards.append(MergedShard(result, result.about["input"], merged.rows, rows))
        for name, local in codes.items():  # kept on disk: there may be very many shards
            np.save(result.folder / f"codes-{name}.npy", local)
        merged.rows += rows
    merged.base_level = np.concatenate(levels) if levels else merged.base_level
    merged.base_place = np.concatenate(places) if places else merged.base_place
    _resolve_identities(merged, taught)
    return merged


def _merge_modes(modes: list[int], codes: Array, found: Array) -> None:
    """The activity mode of a type is that of its first candidate, which may stand in a later shard than its name."""
    for code, mode in zip(codes.tolist(), found.tolist(), strict=True):
        if code == len(modes):
            modes.append(mode)
        elif modes[code] == NO_MODE:
            modes[code] = mode


def codes_of_places(merged: Merged, strings: dict[str, pa.RecordBatch]) -> Array:
    """The places of a shard in the codes of the whole: bases refer to them before their own turn comes."""
    codes: Array = merged.dictionaries["place"].intern(*text_buffers(strings["place"].column(0)))
    return codes


def _merge_modules(merged: Merged, result: ShardResult, codes: dict[str, Array]) -> None:
    table = result.table("modules").to_pydict()
    for local, code in enumerate(codes["module"].tolist()):
        if code == len(merged.modules):
            course = table["course"][local]
            merged.modules.append(
                Module(int(codes["course"][course]) if course >= 0 else -1, table["id"][local], table["category"][local], table["name"][local])
            )
        title = table["title"][local]
        if title:
            merged.titles.setdefault(code, title)


def _resolve_identities(merged: Merged, taught: dict[str, int]) -> None:
    """Events that carry only a platform id belong to the name that the log gives that id."""
    users = merged.dictionaries["user"]
    merged.alias = np.arange(len(users), dtype=np.int32)
    for platform_id, code in taught.items():
        merged.platform_ids.setdefault(code, platform_id)
        numeric = users.find(b"i:" + platform_id.encode())
        if numeric >= 0:
            merged.alias[numeric] = code
