"""The kernel's own reader of plain texts beside simdjson: what it takes simdjson takes, with the same values to the last bit (P4, P5)."""

from __future__ import annotations

import itertools
import json
import os
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic import made

from moocdb_fast import _core

from .documents import DOCUMENTS
from .lines import GOOD, PLACES
from .test_mutations import LINES, cuts, deletions, insertions, joins, replacements

DIFFERS, NO_JSON, OF_SIMDJSON, PLAIN = -1, 0, 1, 2


def readings(*lines: bytes) -> list[int]:
    """How single lines are read."""
    found = _core.compare_readers(b"".join(line + b"\n" for line in lines))
    assert DIFFERS not in found, lines[found.index(DIFFERS)]
    return found


def test_each_reading_is_there() -> None:
    assert readings(GOOD, b"[1e5]", b"[1") == [PLAIN, OF_SIMDJSON, NO_JSON]
    assert readings(GOOD, b"[1e5]", b"[]") == [PLAIN, OF_SIMDJSON, PLAIN]
    assert readings() == []


@pytest.mark.parametrize("place", PLACES)
def test_documents(place: str) -> None:
    lines = [PLACES[place](document) for document in DOCUMENTS.values()]
    alone = [readings(line) for line in lines]
    assert sum(alone, []) == readings(*lines)  # noqa: RUF017 - one each
    for line in lines:
        readings(GOOD, line, GOOD)
        readings(line[:-1], line)


@pytest.mark.parametrize("change", [cuts, deletions, replacements, insertions, joins])
@pytest.mark.parametrize("name", LINES)
def test_changes(name: str, change) -> None:
    """Every change of a line, among whole ones and among all others."""
    lines = [line for line in change(LINES[name]) if b"\n" not in line]
    readings(*lines)
    for line in lines[:: max(1, len(lines) // 500)]:
        readings(GOOD, line, GOOD)
    by_themselves = (_core.compare_readers(line + b"\n") for line in lines[:: max(1, len(lines) // 2000)])
    assert not any(DIFFERS in found for found in by_themselves)


@pytest.mark.parametrize("depth", [1, 2, 58, 59, 60, 61, 62, 63, 64, 65, 999, 1000, 1001, 1002])
@pytest.mark.parametrize("pair", ["[]", '{"a":}', '[{"a":}]'])
def test_depths(depth: int, pair: str) -> None:
    front, back = (pair[:-1], pair[-1]) if len(pair) < 8 else (pair[:-2], pair[-2:])
    for inside in (b"", b"1", b'""', b"[]", b"{}", b"x"):
        text = front.encode() * depth + inside + back.encode() * depth
        readings(text, text[:-1], text + back.encode()[:1], text)


@pytest.mark.parametrize("escape", ["\\n", '\\"', "\\\\", "\\/", "\\u00e9", "\\ud83d\\ude00", "\\ud83d", "\\x", "\\u12", "\\u0000"])
def test_escapes_wherever_they_stand(escape: str) -> None:
    """At every distance from the words in which strings are read."""
    lines = []
    for before in range(70):
        for behind in (0, 1, 7, 8, 15, 16, 63):
            for times in (1, 2, 3):
                text = "x" * before + escape * times + "y" * behind
                lines += [f'{{"k": "{text}", "l": "{escape}"}}'.encode(), f'["{text}","{text}"]'.encode(), f'{{"{text}" : 1}}'.encode()]
    found = readings(*lines)
    assert set(found) == ({NO_JSON} if escape in ("\\x", "\\u12", "\\ud83d") else {PLAIN})


few = settings(deadline=None, derandomize="CI" in os.environ)
NUMBERS = st.one_of(
    st.integers().map(str),
    st.integers(-(2**64), 2**64).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.decimals(allow_nan=False, allow_infinity=False).map(str),
    st.from_regex(r"\A-?[0-9]{1,22}(\.[0-9]{1,22})?([eE][+-]?[0-9]{1,3})?\Z"),
    st.from_regex(r"\A[-+.0-9eE]{1,24}\Z"),
)


@few
@given(st.lists(NUMBERS, min_size=1, max_size=20))
def test_numbers(numbers: list[str]) -> None:
    readings(*(f"[{number}]".encode() for number in numbers), *(f'{{"a": {number} , "b":{number}}}'.encode() for number in numbers))


def test_many_numbers() -> None:
    """Numbers as logs write them, and around the limits of what is plain."""
    draw = random.Random(5)
    lines = [f"[{draw.uniform(-1, 1) * 10 ** draw.randint(-3, 9)!r}]".encode() for _ in range(20_000)]
    for whole, part in list(itertools.product(range(1, 19), repeat=2)) * 3:
        lines.append(f"[{draw.randint(0, 10**whole - 1)}.{draw.randint(0, 10**part - 1):0{part}}]".encode())
    lines += [f"[{near + step}]".encode() for near in (2**53, 10**17, 10**18, 10**19, 2**63, 2**64) for step in range(-2, 3)]
    lines += [f"[{near + step}.5]".encode() for near in (2**52, 2**53, 10**17) for step in range(-2, 3)]
    assert readings(*lines).count(PLAIN) > 15_000


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inside: st.lists(inside, max_size=5) | st.dictionaries(st.text(max_size=12), inside, max_size=5),
    max_leaves=25,
)
BLANKS = st.sampled_from(["", "", " ", "\t", "\r", "  \t"])


@few
@given(st.lists(VALUES, min_size=1, max_size=4), BLANKS, BLANKS, st.booleans(), st.data())
def test_any_values(values: list[object], before: str, behind: str, plain: bool, data: st.DataObject) -> None:
    """What Python writes, with blanks, and the same with a few bytes changed."""
    write = json.JSONEncoder(ensure_ascii=plain, separators=(f"{before},{behind}", f"{behind}:{before}")).encode
    lines = [(before + write(value) + behind).encode("utf-8", errors="surrogatepass") for value in values]
    readings(*lines)
    changed = bytearray(data.draw(st.sampled_from(lines)))
    for _ in range(data.draw(st.integers(1, 3))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.sampled_from(b'"\\{}[],:0-. \tn\x80'))
    readings(*lines, bytes(changed), *lines)
    readings(bytes(changed))


def test_texts_that_are_long() -> None:
    """Longer than lines that are read at once, and than the reader's first memory."""
    for size in (20_000, 40_000, 70_000, 300_000):
        text = json.dumps({"a": "x" * size, "b": ['y"' * (size // 4)], "c": list(range(size // 8))}).encode()
        assert readings(GOOD, text, GOOD) == [PLAIN] * 3
        assert readings(GOOD, text[:-1], GOOD) == [PLAIN, NO_JSON, PLAIN]


@pytest.mark.parametrize("era", ["modern", "legacy"])
def test_logs_are_plain(era: str) -> None:
    """The reader would be of no use if lines went past it."""
    found = readings(*made(300_000, era, 3, bad_rate=0).splitlines())
    assert found == [PLAIN] * len(found)
    assert len(found) > 100
