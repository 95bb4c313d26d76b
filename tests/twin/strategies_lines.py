"""Hypothesis strategies for what is wrong with lines: odd envelopes, and lines that are not JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

Line = dict[str, Any]
Draw = Callable[[st.SearchStrategy[Any]], Any]

_TIMES = (
    None, "", "2013-03-05", "2013-02-29T10:00:00Z", "2013-03-05T24:00:00", "2013-03-05T10:00:60", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+01:00",
    "9999-12-31T23:59:59.9999999", "9999-12-31T23:59:59-00:01", "2013-03-05T10:00:00+5:30", "2013-03-05T10:00:00.Z", "2013-03-05T10:00:00+24:00",
    "2013-03-05T10:00:00 +01:00", " 2013-03-05T10:00:00Z\t", 0, -1, 10**11 - 1, 10**11, -(10**11), 253402300799, 253402300800, 1e18, 1362477600.5,
    1362477600.1234567, 1362477600123.25, True, [], {}, {"$date": None}, {"$date": 1.5}, {"$date": {"$numberLong": "1362477600000"}},
    {"$date": {"$numberLong": "x"}}, {"$date": {"$numberLong": "1" * 19}}, 2**63, "٢٠١٣-03-05T10:00:00",
)  # fmt: skip
_MEMBERS = ("username", "event_type", "name", "time", "timestamp", "event_source", "page", "host", "agent", "context", "event", "data", "ip")
_VALUES = (None, "", " ", 0, 7, -7, 1.5, True, False, [], {}, [1], {"a": 1}, "text", "\0", "/", "x" * 300, 2**64 - 1, "anonymous")


@st.composite
def odd_envelope(draw: Draw, line: Line) -> Line:
    """An envelope with members changed, missing, renamed or of another type."""
    line = dict(line)
    for _ in range(draw(st.integers(0, 3))):
        change = draw(st.sampled_from(("time", "value", "drop", "modern", "mobile", "order", "context", "inside")))
        if change == "time":
            line[draw(st.sampled_from(("time", "timestamp")))] = draw(st.sampled_from(_TIMES))
        elif change == "value":
            line[draw(st.sampled_from(_MEMBERS))] = draw(st.sampled_from(_VALUES))
        elif change == "drop":
            line.pop(draw(st.sampled_from(_MEMBERS)), None)
        elif change == "modern":  # as newer brokers write it
            for old, new in (("event_type", "name"), ("time", "timestamp"), ("event", "data")):
                if old in line and draw(st.booleans()):
                    line[new] = line.pop(old)
        elif change == "mobile":
            page, line["page"], context = line.get("page"), draw(st.sampled_from((None, "", "x"))), line.get("context")
            line["context"] = {**(context if isinstance(context, dict) else {}), "open_in_browser_url": page}
        elif change == "inside":  # as the first brokers wrote it
            context = dict(line["context"]) if isinstance(line.get("context"), dict) else {}
            for name in ("username", "page", "host", "agent", "ip", "event_source"):
                if name in line and draw(st.booleans()):
                    context[name] = line.pop(name) if draw(st.integers(0, 3)) else draw(st.sampled_from(_VALUES))
            line["context"] = context
        elif change == "order":
            line = dict(draw(st.permutations(list(line.items()))))
        else:
            line["context"] = draw(
                st.sampled_from((None, "text", [], {}, {"course_id": 5, "user_id": 7}, {"user_id": "0" * 20}, {"user_id": "1" * 21}))
            )
    return line


def _repeat_key(line: bytes, draw: Draw) -> bytes:
    member = draw(st.sampled_from((b'"time": "2014-01-01T00:00:00"', b'"username": 5', b'"event_type": "late"', b'"context": {}', b'"a\\u0062": 1')))
    return (b"{" + member + b", " + line[1:]) if draw(st.booleans()) else line[:-1] + b", " + member + b"}"


def _deep(line: bytes, draw: Draw) -> bytes:
    depth = draw(st.sampled_from((3, 998, 999, 1000, 1001, 3000)))
    return (
        line[:-1]
        + b', "deep": '
        + b"[" * depth
        + draw(st.sampled_from((b"", b"1", b"{}")))
        + b"]" * draw(st.sampled_from((depth, depth, depth - 1)))
        + b"}"
    )


def _number(line: bytes, draw: Draw) -> bytes:
    number = draw(
        st.sampled_from(
            ("18446744073709551616", "-9223372036854775809", "1e999", "-1e400", "01", "1.", "NaN", "Infinity", "-", "1e-999", "-0", "9" * 400)
        )
    )
    member = draw(st.sampled_from(("x", "username", "time", "event")))
    return line[:-1] + f', "{member}": {number}'.encode() + b"}"


def _insert(line: bytes, draw: Draw) -> bytes:
    text = draw(
        st.sampled_from(
            (
                b"\\",
                b"\\q",
                b"\\u12",
                b"\\ud800",
                b"\\udc00",
                b"\\ud83d\\ude00",
                b"\\ud800\\ud83d\\ude00",
                b"\xff",
                b"\xe2\x82",
                b"\xed\xa0\x80",
                b"\t",
                b"\0",
                b'"',
                b"{",
                b"}",
                b",",
                b"]",
                b"\xc0\xaf",
                b"\xf0\x9f\x98",
            )
        )
    )
    at = draw(st.integers(0, len(line)))
    return line[:at] + text + line[at:]


def _escape_in_text(line: bytes, draw: Draw) -> bytes:
    """Put something odd into a string value, where it hurts least."""
    text = draw(st.sampled_from((b"\\x", b"C:\\dir", b"\\ud800", b"a\\udc00b", b"\xff\xfe", b"\xe2\x82", b"\\", b"\\u00e9", b"\x7f")))
    return line[:-1] + b', "note": "' + text + b' "}'


def _join(line: bytes, draw: Draw) -> bytes:
    gap = draw(st.sampled_from((b"", b" ", b"\t ", b",", b"\0")))
    other = draw(st.sampled_from((line, b"{}", b'{"a": 1', line[: len(line) // 2], line[:-1] + b', "more": 1}', line + b"]", line + line)))
    return line + gap + other


def _mutate(line: bytes, draw: Draw) -> bytes:
    """Change a few bytes at random."""
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(line)))
        length = draw(st.integers(0, 6))
        fill = draw(st.sampled_from((b"", b"", b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"0", b"e9", b"null", b"\xc3", b" ", b'":"')))
        line = line[:start] + fill + line[start + length :]
    return line.replace(b"\n", b" ")


def _prefix(line: bytes, draw: Draw) -> bytes:
    return draw(st.sampled_from((b"Mar  5 host edx[1]: ", b"[", b" ", b"\0", b"\xef\xbb\xbf", b"\xff", b"{", b'"', b"x\x0b"))) + line


def _suffix(line: bytes, draw: Draw) -> bytes:
    return line + draw(st.sampled_from((b",", b";", b"]", b" ]\0,", b"\0", b"}", b" x", b"\x0b", b"\r", b" , ]")))


def _cut(line: bytes, draw: Draw) -> bytes:
    return line[: draw(st.integers(0, len(line)))]


def _other(_: bytes, draw: Draw) -> bytes:
    return draw(
        st.sampled_from(
            (b"", b"   ", b"\0", b"[]", b"[1]", b"7", b"null", b'"text"', b"true", b"{}", b"{", b"no json", b"[[", b'{"a":}', b"{'a': 1}", b"\r")
        )
    )


def _nothing(line: bytes, draw: Draw) -> bytes:
    return json.dumps(json.loads(line), indent=None, separators=(" ,", ": "), ensure_ascii=draw(st.booleans())).encode()


_WAYS = (
    _repeat_key,
    _deep,
    _number,
    _insert,
    _escape_in_text,
    _escape_in_text,
    _join,
    _join,
    _mutate,
    _mutate,
    _prefix,
    _suffix,
    _cut,
    _cut,
    _other,
    _nothing,
)


@st.composite
def broken(draw: Draw, line: bytes) -> bytes:
    """A line with one or two things wrong."""
    line = draw(st.sampled_from(_WAYS))(line, draw)
    if line.startswith(b"{") and len(line) > 2 and draw(st.integers(0, 4)) == 0:
        line = draw(st.sampled_from((_escape_in_text, _insert, _cut, _prefix, _suffix, _join)))(line, draw)
    return line.replace(b"\n", b" ")
