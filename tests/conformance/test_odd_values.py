"""Values that JSON allows and hardly anybody expects: P9 (what becomes of them) and P18 (no crash)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from moocdb_fast import scan

from .lines import GOOD, MEMBERS, TABLES, columns, fate

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CHECK = (
    b'{"username": "a", "event_source": "server", "event_type": "problem_check", "time": "2024-03-05T10:15:00", '
    b'"context": {"course_id": "course-v1:X+Y+Z"}, "event": %s}'
)


def answer(written: bytes) -> tuple[str | None, str | None]:
    """The answer of a check in which it is written so, and how the line was salvaged."""
    payload = b'{"problem_id": "block-v1:X+Y+Z+type@problem+block@p", "answers": {"p_2_1": %s}}' % written
    line = CHECK % payload
    _, data, valid = scan.scan_text(TABLES, line, {}).parts()["answer"]
    assert len(valid) == 1
    return data.decode() if valid[0] else None, fate(line).salvaged


@pytest.mark.promise("P9")
@pytest.mark.parametrize(
    ("written", "text", "salvaged"),
    [
        (b'"a\xffb"', "a\ufffdb", "utf8"),
        (b'"\xe2\x82"', "\ufffd", "utf8"),
        (b'"\xed\xa0\x80"', "\ufffd\ufffd\ufffd", "utf8"),
        (b'"\xf0\x9f\x98\x80"', "\U0001f600", None),
        (b'"a\\ud800b"', "a\ufffdb", "surrogate"),
        (b'"\\ude00\\ud83d"', "\ufffd\ufffd", "surrogate"),
        (b'"\\ud83d\\ude00"', "\U0001f600", None),
        (b"18446744073709551615", "18446744073709551615", None),
        (b"18446744073709551616", "18446744073709551616", None),
        (b"-9223372036854775808", "-9223372036854775808", None),
        (b"-9223372036854775809", "-9223372036854775809", None),
        (b"9" * 5000, "9" * 5000, None),
        (b"1e999", "1e999", None),
        (b"-1E+999", "-1E+999", None),
    ],
)
def test_texts_and_numbers(written: bytes, text: str, salvaged: str | None) -> None:
    assert answer(written) == (text, salvaged)
    assert answer(b'{"x": 0}') != (text, salvaged)


def micros(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def with_time(value: object) -> bytes:
    return json.dumps({"username": "a", "event_source": "browser", "event_type": "load_video", "time": value}).encode()


@pytest.mark.promise("P18")
@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
        ("9999-12-31T23:59:59.999999Z", datetime(9999, 12, 31, 23, 59, 59, 999999, UTC)),
        ("2024-02-29T23:59:59.999999999+00:00", datetime(2024, 2, 29, 23, 59, 59, 999999, UTC)),
        ("2000-02-29 00:00:00", datetime(2000, 2, 29, tzinfo=UTC)),
        ("2024-01-01T00:00:00+23:59", datetime(2024, 1, 1, tzinfo=timezone(timedelta(hours=23, minutes=59)))),
        ("2024-01-01T00:00:00-23:59", datetime(2024, 1, 1, tzinfo=timezone(-timedelta(hours=23, minutes=59)))),
        (-1, datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)),
        (253402300799, datetime(1978, 1, 11, 21, 31, 40, 799000, UTC)),  # from 10^11 up milliseconds
        ({"$date": -62135596800000}, datetime(1, 1, 1, tzinfo=UTC)),
    ],
)
def test_times_that_are(value: object, moment: datetime) -> None:
    assert columns(with_time(value))["time"] == [micros(moment)]


@pytest.mark.promise("P18")
@pytest.mark.parametrize(
    "value",
    [
        "2024-02-30T10:00:00", "2023-02-29T10:00:00", "1900-02-29T10:00:00", "2024-04-31T10:00:00", "2024-13-01T10:00:00", "2024-00-10T10:00:00",
        "2024-01-00T10:00:00", "2024-01-01T24:00:00", "2024-01-01T24:00:01", "2016-12-31T23:59:60Z", "2024-01-01T10:60:00", "0000-12-31T23:59:59",
        "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "10000-01-01T00:00:00", "-001-01-01T00:00:00", "2024-01-01T10:00:00+24:00",
        "2024-01-01T10:00:00+10:60", "2024-01-01", "10:00:00", "", " ", "\0", "2024-01-01T10:00\0:00", "now", "9" * 10_000,
        "2024-01-01T10:00:00." + "9" * 10_000 + "x", True, [], {}, {"$date": {}}, {"$date": {"$date": 0}}, 1e300, -1e300, 1e18, 2**63, -(2**63),
        10**30, [2024, 1, 1],
    ],
)  # fmt: skip
def test_times_that_are_none(value: object) -> None:
    assert fate(with_time(value)).rejected == "bad_time"


@pytest.mark.promise("P18")
@pytest.mark.parametrize("mark", [b"[]", b'{"a":}'])
@pytest.mark.parametrize("depth", [999, 1000, 1001, 5000, 100_000, 1_000_000])
@pytest.mark.parametrize("closed", [True, False])
def test_depth_bombs(mark: bytes, depth: int, closed: bool) -> None:
    """Nested values alone, in a member and as text in `event`; the limit is 1,000 levels with that of the line."""
    bomb = mark[:-1] * depth + b"1" + mark[-1:] * (depth if closed else 0)
    alone = fate(bomb).rejected
    assert alone == (("not_an_event" if depth <= 1000 else "too_deep") if closed else "bad_json" if mark == b"[]" else "cut")
    inside = fate(b"{" + MEMBERS + b', "x": ' + bomb + b"}")
    if closed and depth < 1000:
        assert (inside.rows, inside.rejected) == (1, None)
    elif closed:
        assert inside.rejected == "too_deep"
    else:  # what stands before the bomb is whole
        assert (inside.rows, inside.salvaged) == (1, "cut_tail") or inside.rejected in ("bad_json", "too_deep")
    text = fate(b"{" + MEMBERS + b', "event": ' + json.dumps(bomb.decode()).encode() + b"}")
    assert (text.rows, text.rejected) == (1, None)


@pytest.mark.promise("P18")
def test_repeated_members() -> None:
    """The last one counts, as JSON readers agree."""
    twice = b'{"username": "b", "event_type": "x", "time": 0, ' + MEMBERS + b"}"
    assert columns(twice) == columns(GOOD)
    many = b"{" + b'"username": "b", ' * 100_000 + MEMBERS + b"}"
    assert columns(many) == columns(GOOD)
    assert answer(b'"first", "p_2_1": null, "p_2_1": "last"') == ("last", None)
    payload = b'{"problem_id": "x", "answers": 5, "problem_id": "block-v1:X+Y+Z+type@problem+block@p", "answers": {"p_2_1": "last"}}'
    assert scan.scan_text(TABLES, CHECK % payload, {}).parts()["answer"][1] == b"last"
    keys = b'{"username": "b", ' + b", ".join(b'"k%d": %d' % (n, n) for n in range(100_000)) + b", " + MEMBERS + b"}"
    assert columns(keys) == columns(GOOD)


@pytest.mark.promise("P18")
def test_nul_bytes() -> None:
    """Escaped they are text; raw ones are not JSON, and only around an object nothing is lost without them."""
    assert columns(GOOD.replace(b"learner_1", b"learner\\u0000_1"))["user"] == [b"n:learner\0_1"]
    assert fate(GOOD.replace(b"learner_1", b"learner\0_1")).rejected == "bad_json"
    assert fate(b"\0" * 100 + GOOD).salvaged == "prefix"
    assert fate(GOOD + b"\0" * 100).salvaged == "prefix"
    assert fate(b"\0" * 1000).filtered == 1
