"""What the fuzzer found once, and what it begins with, goes through all checks of harness.py. `bash ci/fuzz.sh` looks for more."""

from __future__ import annotations

import pytest

from .harness import accounted, as_the_twin_says, check_all, scan_bytes

LINE = b'{"username": "a", "event_source": "browser", "event_type": "load_video", "time": "2024-03-05T10:15:00"%s}'
FINDS = {
    "nothing": b"",
    "blank lines": b"\n \n\r\n\0",
    "a big number as a key": LINE % b", 1e999: 2",
    "a big integer as a key, in the payload": LINE % b', "event": "{\\"a\\":1,123456789012345678901:2}"',
    "a number that fits nothing, alone": b"1" * 30,
    "half a surrogate pair, alone": b'"\\ud800"',
    "an array that is JSON, with an event and a number that fits nothing": b"[" + LINE % b', "x": 1e999' + b"]",
    "the same, but for its last comma": b"[" + LINE % b', "x": 1e999' + b",]",
    "a tail that is blank for us and not for JSON": LINE % b"" + b"\x0b",
    "a front that is blank for us and not for JSON": b"\0\x0c" + LINE % b"",
    "two objects and a form feed": LINE % b"" + b" \x0c " + LINE % b"",
    "marks at the start of lines": b"\xef\xbb\xbf" + LINE % b"" + b"\n\xef\xbb\xbf" + LINE % b"",
    "a line at the limit, and one above it": LINE % b"" + b"\n" + (LINE % (b', "x": "%s"' % (b"y" * 6000))) + b"\n" + LINE % b"",
}


@pytest.mark.promise("P1", "P3", "P4", "P5", "P19")
@pytest.mark.parametrize("name", FINDS)
def test_finds(name: str) -> None:
    check_all(FINDS[name])
    check_all(FINDS[name] + b"\n" + LINE % b"" + b"\n" + FINDS[name])


def test_the_checks_can_fail() -> None:
    """A scan of other lines than those it is held against is noticed."""
    one, two = LINE % b"", LINE % b"" + b"\n" + LINE % b', "x": 1'
    with pytest.raises(AssertionError):
        accounted(scan_bytes(one, {}), two)
    as_the_twin_says(two)
