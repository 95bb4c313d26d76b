"""Malformed lines, each of a kind that real logs have."""

from __future__ import annotations

from .dice import Dice

_AGENT = b'"agent": "'


def _cut(line: bytes, dice: Dice) -> bytes:
    return line[: int(len(line) * (0.3 + 0.65 * dice.real()))]


def _prefixed(line: bytes, dice: Dice) -> bytes:
    return b"Mar  5 10:00:%02d app%02d [service_variant=lms][tracking][env:synthetic] INFO: " % (dice.below(60), dice.below(9)) + line


def _backslash(line: bytes, dice: Dice) -> bytes:
    return line.replace(_AGENT, _AGENT + b"\\w ", 1)


def _broken_utf8(line: bytes, dice: Dice) -> bytes:
    return line.replace(_AGENT, _AGENT + b"\xc3\x28\xff ", 1)


def _surrogate(line: bytes, dice: Dice) -> bytes:
    return line.replace(_AGENT, _AGENT + b"\\ud83d ", 1)


def _open_quote(line: bytes, dice: Dice) -> bytes:
    at = line.rfind(b'"')
    return line[:at] + line[at + 1 :]


def _twice(line: bytes, dice: Dice) -> bytes:
    return line + b" " + line


def _no_event(line: bytes, dice: Dice) -> bytes:
    return b'["synthetic", "valid JSON", "but no event"]'


def _bad_time(line: bytes, dice: Dice) -> bytes:
    return line.replace(b'"time": "', b'"time": "never ', 1)


def _traceback(line: bytes, dice: Dice) -> bytes:
    return b"Traceback (most recent call last): a synthetic one"


def _blank(line: bytes, dice: Dice) -> bytes:
    return b""


KINDS = (_cut, _prefixed, _backslash, _broken_utf8, _surrogate, _open_quote, _twice, _no_event, _bad_time, _traceback, _blank)


def damage(line: bytes, dice: Dice) -> bytes:
    """The line, spoilt in one of these ways."""
    return dice.pick(KINDS)(line, dice)
