"""Every cut and every small change of good lines: Python's reader says which are still JSON, and the kernel must agree on each (P3, P4, P5)."""

from __future__ import annotations

import itertools
import json

import pytest

from .judge import judge
from .lines import ENVELOPE, GOOD, columns, fate, scan_all

_CONTEXT = {"course_id": "course-v1:X+Y+Z", "user_id": 7, "empty": {}, "none": None, "yes": True, "surrogates": "\U0001f600"}
_CHECK = {"problem_id": "block-v1:X+Y+Z+type@problem+block@p", "answers": {"p_2_1": "4 2", "p_3_1": ["a", "b"]}, "attempts": 1}
RICH = json.dumps(
    {
        "username": "l\u00e9arner",
        "event_source": "server",
        "event_type": "problem_check",
        "time": "2024-03-05T10:15:00.25+00:00",
        "agent": 'A "b" \\ c',
        "n": [1, -2.5e-3, 18446744073709551616],
        "context": _CONTEXT,
        "event": _CHECK,
    }
).encode()
RAW = json.dumps({**ENVELOPE, "note": "\u00e9\u4e2d\U0001f600"}, ensure_ascii=False, separators=(",", ":")).encode()
LINES = {"plain": GOOD, "rich": RICH, "raw": RAW}
BYTES = [bytes([byte]) for byte in b'"\\{}[],:0-e. \t\r\0\x0b\x1f\x7f\x80\xc3\xed\xffun']


def cuts(line: bytes) -> list[bytes]:
    return [line[:end] for end in range(len(line))] + [line[start:] for start in range(len(line))]


def deletions(line: bytes) -> list[bytes]:
    return [line[:at] + line[at + length :] for length in (1, 2, 7) for at in range(len(line))]


def replacements(line: bytes) -> list[bytes]:
    return [line[:at] + byte + line[at + 1 :] for at, byte in itertools.product(range(len(line)), BYTES)]


def insertions(line: bytes) -> list[bytes]:
    return [line[:at] + byte + line[at:] for at, byte in itertools.product(range(len(line) + 1), BYTES)]


def joins(line: bytes) -> list[bytes]:
    return [line[:at] + line[back:] for at, back in itertools.product(range(0, len(line), 3), range(0, len(line), 11))]


@pytest.mark.promise("P3", "P4", "P5")
@pytest.mark.parametrize("change", [cuts, deletions, replacements, insertions, joins])
@pytest.mark.parametrize("name", LINES)
def test_changes(name: str, change) -> None:
    """Of what is JSON nothing is called bad or cut; what is none is rejected, or salvaged and counted. All in one scan, so each costs itself only."""
    lines = change(LINES[name])
    rows, rejects, counts = scan_all(lines)
    verdicts = [judge(line) for line in lines]
    called_bad = [lines[n] for n, reason in rejects.items() if reason in ("bad_json", "cut", "too_deep") and verdicts[n].json]
    assert called_bad == []
    to_be_salvaged = {n for n, verdict in enumerate(verdicts) if not verdict.clean and lines[n].strip(bytes(range(33)))}
    assert sum(counts["salvaged"].values()) == len(to_be_salvaged - rejects.keys()), "each line that is taken and is no JSON, and no other"
    taken_as_it_stands = [lines[n] for n in rows & to_be_salvaged if fate(lines[n]).salvaged is None]
    assert taken_as_it_stands == []
    assert rejects


@pytest.mark.promise("P4")
def test_members_in_any_order() -> None:
    expected = columns(GOOD)
    assert expected["user"] == [b"n:learner_1"]
    for order in itertools.permutations(ENVELOPE):
        assert columns(json.dumps({name: ENVELOPE[name] for name in order}).encode()) == expected, order


@pytest.mark.promise("P4")
@pytest.mark.parametrize("name", ENVELOPE)
def test_names_of_members_may_be_escaped(name: str) -> None:
    for written in ("".join(f"\\u{ord(c):04x}" for c in name), f"\\u{ord(name[0]):04X}{name[1:]}", f"{name[:-1]}\\u{ord(name[-1]):04x}"):
        line = GOOD.replace(f'"{name}"'.encode(), f'"{written}"'.encode())
        assert line != GOOD
        assert columns(line) == columns(GOOD)
        assert fate(line) == fate(GOOD)
