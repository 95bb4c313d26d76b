"""The compiled kernel. It prints nothing, reads no files and decides nothing: policy is in the tables it is given.

Offsets are int64 arrays of n + 1 ends, as Arrow lays out large strings; codes are int32, -1 for nothing; times are int64 microseconds since 1970 UTC.
All functions raise MemoryError when memory runs out and ValueError for buffers that are too short.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

_Text = tuple[NDArray[np.int64], bytes]
_Codes = NDArray[np.int32]
_Longs = NDArray[np.int64]
_Bytes = bytes | bytearray | memoryview | NDArray[Any]

PADDING: int
"""Bytes that must be readable behind the data given to `Scanner.feed` and `validate_lines`."""
FILTERS: tuple[str, ...]
REJECTS: tuple[str, ...]
REPAIRS: tuple[str, ...]
OUTCOMES: tuple[str, ...]
"""What `resolve` makes of a row, by number."""
FLAGS: dict[str, int]
"""Bits of the `flags` column."""
CELLS: tuple[str, ...]
"""Kinds of columns that `CsvRows` knows."""

def implementation() -> str:
    """The simdjson implementation in use on this processor."""

def validate_lines(data: _Bytes) -> int:
    """How many lines of `data` (its last PADDING bytes are padding) are JSON: simdjson's bare parse, as a yardstick."""

def compare_readers(lines: bytes) -> list[int]:
    """How each line (up to its newline) is read: 2 by the plain reader, 1 by simdjson, 0 is no JSON; -1 means that these two differ."""

def find_newline(data: _Bytes, begin: int, end: int) -> int:
    """Index of the first newline in [begin, end), or -1."""

def read_page(address: bytes) -> tuple[bytes, int]:
    """Course and level of a cleaned address (rules, section 5)."""

class Tables:
    """The compiled declarations (see events/compiled.py)."""

    def __init__(self, tables: dict[str, Any]) -> None: ...

class Scanner:
    """The scan of one shard. Feed it lines, then take its columns. All results are copies but those of `events`."""

    def __init__(
        self,
        tables: Tables,
        *,
        keep_anonymous: bool = False,
        keep_background: bool = False,
        keep_payloads: bool = False,
        courses: Iterable[str] = (),
        line_limit: int = ...,
    ) -> None: ...
    def feed(self, data: _Bytes, n: int, offset: int, last: bool) -> int:
        """Scan the whole lines in the first n bytes of `data`, which stand at `offset` of the file; with `last` also what follows the
        last newline. Returns the bytes used. Runs without the GIL."""
    def too_long(self, offset: int, start: bytes) -> None:
        """Reject a line that the caller did not keep because of its length."""
    @property
    def lines(self) -> int:
        """Lines seen."""
    @property
    def rows(self) -> int:
        """Rows in the event columns."""
    def counts(self) -> dict[str, Any]: ...
    def rejects(self) -> list[tuple[int, int, str, bytes]]:
        """Line (from 1, within what was fed), offset, reason, start of the line."""
    def dictionaries(self) -> dict[str, _Text]: ...
    def attributes(self) -> dict[str, dict[str, Any]]:
        """What is known of each type, base and module, by code."""
    def taught(self) -> list[tuple[int, str]]:
        """Platform ids and the user codes they belong to."""
    def events(self) -> dict[str, NDArray[Any]]:
        """The event columns: read-only views, which keep the scan alive. It takes no more lines from then on."""
    def parts(self) -> dict[str, Any]:
        """Parts of submitting events; `answer` and `feedback` are (offsets, bytes, valid)."""
    def clicks(self) -> dict[str, NDArray[Any]]: ...
    def posts(self) -> dict[str, Any]:
        """Collaborations and (type 0) the keys of submissions; texts as in `parts`, also below."""
    def replies(self) -> dict[str, Any]:
        """Answers to questions."""
    def verdicts(self) -> dict[str, Any]:
        """Marks for submissions of other events."""
    def facts(self) -> dict[str, Any]:
        """What events tell about users."""
    def payloads(self) -> dict[str, Any]:
        """The payload of each row, with `keep_payloads`."""

class Dictionary:
    """Strings to dense codes, in order of first appearance."""

    def __len__(self) -> int: ...
    def intern(self, offsets: _Longs, data: _Bytes) -> _Codes:
        """Codes of many strings."""
    def add(self, text: bytes) -> int: ...
    def find(self, text: bytes) -> int:
        """The code, or -1."""
    def buffers(self) -> _Text: ...

def translate(column: _Codes, codes: _Codes) -> _Codes:
    """A column in other codes; -1 stays -1."""

def scatter(column: NDArray[Any], place: _Codes, out: NDArray[Any], codes: _Codes | None = None) -> None:
    """`out[place[i]] = column[i]`, in other codes if they are given."""

def pick(column: NDArray[Any], rows: _Codes | _Longs) -> NDArray[Any]:
    """`column[rows]`, without a look at each index."""

def set_bits(words: NDArray[np.uint64], at: _Longs) -> NDArray[np.uint8]:
    """Set bits, 64 to a word. Returns which were set before."""

def count_bits(words: NDArray[np.uint64], before: _Longs, at: _Longs) -> _Longs:
    """How many bits are set before each one; `before` says how many before each word."""

def look_up(ids: _Codes, codes: _Codes, rows: _Longs) -> _Codes:
    """`ids[codes[rows]]`, 0 for code -1."""

def find_places(group: _Codes, groups: int, time: _Longs) -> _Codes:
    """The place of each row in the order by group (0 to groups - 1), then time, then as they come. Linear for logs that are nearly in order."""

def order_children(row: _Codes, rows: int) -> tuple[_Longs, _Codes]:
    """Children in the order of their rows, those of one row as they come: where those of each row begin, and the child at each place."""

def take_texts(ends: _Longs, data: _Bytes, rows: _Longs) -> tuple[_Codes, NDArray[np.uint8]]:
    """The texts of rows (-1: an empty one) as int32 ends and bytes."""

def join_texts(texts: list[str | bytes | None]) -> tuple[_Longs, NDArray[np.uint8], NDArray[np.uint8]]:
    """Texts as ends, bytes, and which are not None."""

def join_coded(parts: list[tuple[_Longs, _Bytes, _Codes, bytes]], n: int, limit: int = -1) -> tuple[_Longs, NDArray[np.uint8]]:
    """n texts, each of parts one behind the other: the text of a code (ends, bytes, codes; -1: nothing) and a tail behind it. Cut to `limit` code
    points if it is given."""

def hex_runs(ends: _Longs, data: _Bytes, digits: int) -> NDArray[np.uint8]:
    """Which texts have so many hexadecimal digits in a row."""

def count_up(codes: _Codes) -> _Codes:
    """How many of the codes so far are like this one, itself included; 0 for -1."""

def grow_tree(
    ends: _Longs, data: _Bytes, by_section: dict[bytes, int], by_site_section: dict[bytes, int], other: int
) -> tuple[_Text, _Codes, _Codes, _Codes, _Codes]:
    """Cleaned addresses and what lies above them, the host first, as they come: the pages; of each the page above (-1: none), its type (by the first
    piece behind the course, else behind the host) and the number of the address that brought it; of each address its page."""

class FirstUse:
    """Which codes appeared, in order."""

    def add(self, codes: _Codes, flags: NDArray[np.uint8] | None = None, without: int = 0) -> _Longs:
        """Note codes (negative ones and those of rows with a flag of `without` are skipped); returns the indices at which new ones appeared."""
    def codes(self) -> _Codes: ...

class PairCounts:
    """Pairs of codes and how often each appeared."""

    def see(self, a: _Codes, b: _Codes) -> None: ...
    def pairs(self) -> tuple[_Codes, _Codes]:
        """In order of first appearance."""
    def counts(self) -> _Longs: ...
    def numbers(self, a: _Codes, b: _Codes, names: _Codes) -> _Codes:
        """`names` of pairs that have been seen."""

class PairTable:
    """Pairs of codes, with the lowest rank at which each was seen and the value that came with it."""

    def __len__(self) -> int: ...
    def see(self, a: _Codes, b: _Codes, rank: _Longs, value: _Longs | None = None) -> _Codes:
        """Note pairs; returns their numbers."""
    def numbers(self, a: _Codes, b: _Codes) -> _Codes:
        """The numbers of pairs; -1 for those that were not noted."""
    def pairs(self) -> tuple[_Codes, _Codes]: ...
    def firsts(self) -> tuple[_Longs, _Longs]:
        """Lowest rank and its value, by number."""

class Placer:
    """Courses for events that name none (rules, section 6)."""

    def see(self, user: _Codes, course: _Codes, number: _Codes) -> None:
        """Note in which courses users are seen; `number` is the organisation and number of the course (-1: not of that kind)."""
    def place(self, user: _Codes, course: _Codes, number: _Codes, wanted: _Codes) -> _Codes:
        """Courses of rows in ordinal order; `wanted` is the organisation and number of the row's module."""

def resolve(
    rows: dict[str, NDArray[Any]], bases: dict[str, NDArray[Any]], parts: dict[str, NDArray[Any]], keep_duplicates: bool
) -> tuple[dict[str, NDArray[Any]], dict[str, NDArray[Any]]]:
    """The pass over rows sorted by course, user, time (rules, section 11). `rows["about"]` is empty when there are no posts.

    Fills `outcome` and `duration` (whole seconds, -1: none) of the rows; their `base` and `panel` become the page where the event happens.
    Returns the parts of submissions: row, module, numbers, and the part handed in that gave answer, mark and format (-1: none); and the
    scores: row, the row of the record, the part that holds the mark.
    """

def render_cells(offsets: _Longs, data: _Bytes) -> tuple[_Longs, bytes, int]:
    """Texts as CSV cells, and the length of the longest."""

class CsvRows:
    """n rows of CSV from (kind, addresses of values, validity and offsets, first row, finished cells) per column.
    The caller keeps the buffers alive."""

    def __init__(self, columns: list[tuple[str, int, int, int, int, Any]], n: int) -> None: ...
    @property
    def left(self) -> int:
        """Rows still to be written."""
    @property
    def need(self) -> int:
        """Room that the next row may need."""
    def fill(self, buffer: NDArray[np.uint8]) -> int:
        """Write rows as long as the next one surely fits; returns the bytes used. 0: the buffer is too small for any row. Without the GIL."""

def join_numbers(columns: list[_Longs]) -> tuple[_Codes, NDArray[np.uint8]]:
    """`a:b:c` per row, as int32 offsets and bytes."""

def documents(line: bytes) -> list[tuple[int, bytes]]:
    """The JSON documents of a line (without its end) and where in it they stand, repaired if need be (rules, section 2)."""

def decode_payload(text: bytes) -> tuple[bool, bytes]:
    """A payload that is text, decoded (rules, section 8): whether it is JSON, and that JSON or the text."""

def clean_address(text: bytes, host: bytes = b"") -> bytes | None:
    """The cleaned address (rules, section 5), None for none."""

class DumpStatements:
    """Cuts an SQL dump into statements."""

    def feed(self, data: _Bytes, n: int, at: int, final: bool) -> int:
        """Read the first n bytes of the data, which stand at byte `at` of the dump; returns how many of them are done with."""
    def take(self) -> list[tuple[int, int, bool, bool, bytes]]:
        """What was found since: first byte and the one behind it, whether it is an INSERT, whether a backslash escapes in its strings, and the
        name of its table or else its text without comments. INSERTs into one table that follow each other are one."""
    @property
    def bad(self) -> tuple[int, str] | None:
        """At which byte of the dump reading came to its end, and why."""

class DumpRows:
    """Reads the rows of INSERTs into one table as columns. `columns` are, in the order of the table: name in lower case, kind (one of DUMP_KINDS),
    whether it is wanted, and its character set; `charsets` are the code points by byte of each character set, None for UTF-8."""

    def __init__(self, columns: list[tuple[bytes, str, bool, bytes]], charsets: dict[bytes, list[int] | None]) -> None: ...
    def begin(self, backslash: bool, charset: bytes) -> None:
        """Start with INSERTs whose strings are written so."""
    def feed(self, data: _Bytes, n: int, at: int, final: bool) -> int:
        """Read the first n bytes of the data, until a batch is full; returns how many bytes are done with: whole rows."""
    @property
    def rows(self) -> int: ...
    @property
    def full(self) -> bool:
        """Whether the last call ended because there are enough rows for a batch."""
    @property
    def bad(self) -> tuple[int, str] | None:
        """At which byte of the dump reading came to its end, and why."""
    def take(self) -> list[tuple[NDArray[np.uint8], NDArray[np.int32] | None, Any, int]]:
        """The wanted columns: which values are there, where texts end, the values, and how many texts had bytes replaced by U+FFFD."""

DUMP_KINDS: tuple[str, ...]

def php_loads(data: _Bytes) -> Any:
    """The value that PHP serialized: arrays are dicts, texts bytes. ValueError says what is wrong and where; NotImplemented: the value is fine, but
    has a number that 64 bits do not hold."""

def php_answers(offsets: _Longs, data: _Bytes, valid: NDArray[np.uint8]) -> dict[str, NDArray[Any]]:
    """What quiz submissions hold (see coursera/php.py)."""
