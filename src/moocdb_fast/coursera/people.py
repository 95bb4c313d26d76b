"""Who is who: users, and the names under which other tables know them."""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..countries import Countries
from ..identities import pseudonym
from ..schema import USER_PII
from ..sinks.csv import CsvSink
from ..tabular import filled
from .columns import NONE, Frame, Reader, real_times, stamps
from .kinds import STUDENT, UNKNOWN_USER, USER_TYPES
from .reasons import Drop, Note, Skip

Array = np.ndarray[Any, Any]
UNKNOWN, UNSAMPLED = 0, -1
"""Instead of a user_id: nobody that hash_mapping knows, and somebody outside the sample."""
_SOME_WINTER = datetime(2014, 1, 1, tzinfo=UTC)


@dataclass
class People:
    """user_id by name. A look-up gives UNKNOWN or UNSAMPLED for those without."""

    platform_ids: Array  # by user_id - 1
    keys: list[str]
    addresses: list[str | None]
    _by_name: dict[str, tuple[pa.Array, Array]] = field(default_factory=dict)

    def of(self, column: str, names: pa.Array) -> Array:
        """The users of a column that holds `session`, `forum`, `platform` or `eventing` names."""
        known, numbers = self._by_name[column]
        at = pc.index_in(_normal(names), known).fill_null(-1).to_numpy(zero_copy_only=False)
        found: Array = np.append(numbers, UNKNOWN)[at]
        return found

    def write_identities(self, folder: Path) -> None:
        """user_pii.csv in the restricted folder."""
        columns = (range(1, len(self.keys) + 1), self.keys, [None] * len(self.keys), [str(n) for n in self.platform_ids.tolist()], self.addresses)
        schema = USER_PII.arrow()
        sink = CsvSink(folder, {USER_PII.name: USER_PII})
        sink.write(USER_PII.name, pa.record_batch([pa.array(v, f.type) for v, f in zip(columns, schema, strict=True)], schema=schema))
        sink.close()
        (folder / f"{USER_PII.name}.csv").chmod(0o600)

    def by_platform_id(self, ids: Array) -> Array:
        """The users of platform ids, given as numbers."""
        return self.of("platform", pa.array(ids).cast(pa.string()))


def _normal(names: pa.Array) -> pa.Array:
    """Names as they are compared: MySQL's joins ignore case and blanks behind."""
    if pa.types.is_null(names.type):
        return names.cast(pa.string())
    return pc.ascii_rtrim_whitespace(pc.ascii_lower(names.cast(pa.string())))


def read_people(reader: Reader, key: bytes, sample: int | None, countries: Path | None, *, addresses: bool) -> tuple[People, pa.Table]:
    """Everybody in hash_mapping, by user_id, and the table users."""
    mapping = reader.frame("hash_mapping")
    people = _people(reader, mapping, key, sample)
    columns = _registrations(reader, people, countries, addresses=addresses)
    columns["user_final_grade"] = _grades(reader, people)
    table = filled("users", {"user_id": list(range(1, len(people.keys) + 1)), "user_key": people.keys, **columns})
    return people, table


def _people(reader: Reader, mapping: Frame, key: bytes, sample: int | None) -> People:
    ids = mapping.numbers("user_id")
    reader.ledger.drop("hash_mapping", Drop.BAD_ID, np.full(int(np.sum(ids == NONE)), -1))
    order = np.argsort(ids, kind="stable")
    order = order[ids[order] != NONE]
    first = np.ones(len(order), bool)
    first[1:] = ids[order][1:] != ids[order][:-1]
    reader.ledger.drop("hash_mapping", Drop.DUPLICATE, np.full(int(np.sum(~first)), -1))
    order = order[first]
    chosen = _sampled(ids[order], sample)
    reader.ledger.skip("hash_mapping", Skip.SAMPLE, int(np.sum(~chosen)))
    numbers = np.where(chosen, np.cumsum(chosen), UNSAMPLED)
    kept = ids[order][chosen]
    people = People(kept, [pseudonym(key, f"i:{number}".encode()) for number in kept.tolist()], [None] * len(kept))
    mapping = mapping.take(order)
    for name in ("session", "forum", "eventing"):
        names = _normal(mapping.raw(name))
        valid = pc.and_(pc.is_valid(names), pc.not_equal(names, "")).fill_null(False)
        people._by_name[name] = names.filter(valid), numbers[valid.to_numpy(zero_copy_only=False)]
    people._by_name["platform"] = pa.array(ids[order]).cast(pa.string()), numbers
    return people


def _sampled(ids: Array, sample: int | None) -> Array:
    """Which people are in a sample of a size: those whose ids have the lowest digests."""
    if sample is None or sample >= len(ids):
        return np.ones(len(ids), bool)
    digests = [hashlib.sha256(str(number).encode()).digest() for number in ids.tolist()]
    chosen = np.zeros(len(ids), bool)
    chosen[sorted(range(len(ids)), key=digests.__getitem__)[:sample]] = True
    return chosen


def attend(reader: Reader, frame: Frame, users: Array, ids: Array | None = None, *needs: tuple[Drop, Array]) -> Array:
    """Which rows are of users that the tables have and meet all needs; the others are counted, under the first need that they fail."""
    unknown = users == UNKNOWN
    numbers = np.full(frame.rows, -1) if ids is None else ids
    reader.ledger.drop(frame.name, Drop.NO_USER, numbers[unknown])
    reader.ledger.skip(frame.name, Skip.SAMPLE, int(np.sum(users == UNSAMPLED)))
    rows = np.flatnonzero(users > 0)
    for reason, good in needs:
        reader.ledger.drop(frame.name, reason, numbers[rows][~good[rows]])
        rows = rows[good[rows]]
    return rows


def _once(reader: Reader, frame: Frame, users: Array) -> tuple[Array, Array]:
    """Rows and users, one row for each."""
    rows = attend(reader, frame, users)
    found, first = np.unique(users[rows], return_index=True)
    reader.ledger.drop(frame.name, Drop.DUPLICATE, np.full(len(rows) - len(found), -1))
    return rows[first], found - 1


def _registrations(reader: Reader, people: People, countries: Path | None, *, addresses: bool) -> dict[str, Any]:
    frame = reader.frame("users")
    rows, at = _once(reader, frame, people.of("session", frame.raw("session")))
    total = len(people.keys)
    reader.ledger.note("hash_mapping", Note.NO_USERS_ROW, total - len(rows))
    types = np.full(total, STUDENT)
    types[at] = _types(reader, frame, rows)
    joined = np.full(total, NONE)
    joined[at] = real_times(frame.numbers("registration_time")[rows])
    zones: list[int | None] = [None] * total
    languages: list[str | None] = [None] * total
    bad = 0
    for i, zone, locale in zip(at.tolist(), *(frame.texts(c).take(pa.array(rows)).to_pylist() for c in ("timezone", "locale")), strict=True):
        zones[i] = offset(zone) if zone else None
        bad += zones[i] is None
        languages[i] = locale[:45] if locale else None
    reader.ledger.note("users", Note.UNKNOWN_ZONE, bad)
    nations: list[str | None] = [None] * total
    if addresses or countries:
        nations = _addresses(reader, people, frame, rows, at, countries)
    return {
        "user_country": nations,
        "user_timezone_offset": zones,
        "user_join_timestamp": stamps(joined),
        "user_language": languages,
        "user_type_id": types.tolist(),
    }


def _types(reader: Reader, frame: Frame, rows: Array) -> list[int]:
    groups = reader.frame("access_groups")
    names = dict(zip(groups.numbers("id").tolist(), groups.texts("name").to_pylist(), strict=True))
    found = [USER_TYPES.get(names.get(number) or "") for number in frame.numbers("access_group_id")[rows].tolist()]
    reader.ledger.note("users", Note.UNKNOWN_GROUP, found.count(None))
    return [UNKNOWN_USER if kind is None else kind for kind in found]


@cache
def offset(zone: str) -> int | None:
    """Seconds east of Greenwich in winter of a zone of the time zone database."""
    try:
        moment = _SOME_WINTER.astimezone(ZoneInfo(zone))
    except (OSError, ValueError, KeyError):  # KeyError: no such zone
        return None
    away, saving = moment.utcoffset(), moment.dst()
    return None if away is None else round((away - saving).total_seconds() if saving is not None else away.total_seconds())


def _addresses(reader: Reader, people: People, frame: Frame, rows: Array, at: Array, path: Path | None) -> list[str | None]:
    lookup, bad = Countries(path), 0
    nations: list[str | None] = [None] * len(people.keys)
    for i, text in zip(at.tolist(), frame.texts("last_access_ip").take(pa.array(rows)).to_pylist(), strict=True):
        if not text or not text.strip():
            continue
        found = address(text)
        bad += found is None
        people.addresses[i], nations[i] = found, lookup.of(found)
    reader.ledger.note("users", Note.BAD_ADDRESS, bad)
    return nations


def address(text: str) -> str | None:
    """The first address of a comma list, if it is one."""
    try:
        return str(ipaddress.ip_address(text.split(",")[0].strip()))
    except ValueError:
        return None


def _grades(reader: Reader, people: People) -> pa.Array:
    frame = reader.frame("course_grades")
    rows, at = _once(reader, frame, people.of("session", frame.raw("session")))
    grades = np.full(len(people.keys), np.nan)
    grades[at] = frame.reals("normal_grade")[rows] / 100
    return pa.array(grades, mask=np.isnan(grades))
