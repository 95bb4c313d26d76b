"""Three habits of the published pipeline that its output cannot be read without.

Its users are RIPEMD-160 hashes, it walks dictionaries in the order of CPython 2.7, and the harness that ran it
gave row ids out by counting (the n-th id is the MD5 of `oracle:n`, shaped as a version-4 UUID).
"""

from __future__ import annotations

import hashlib
import itertools
import struct
from collections.abc import Iterable, Iterator

_MASK32 = 0xFFFFFFFF
_MASK64 = 0xFFFFFFFFFFFFFFFF

# RIPEMD-160: order of the words and rotations, left and right line, five rounds of sixteen.
_WORDS_LEFT = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
    (7, 4, 13, 1, 10, 6, 15, 3, 12, 0, 9, 5, 2, 14, 11, 8),
    (3, 10, 14, 4, 9, 15, 8, 1, 2, 7, 0, 6, 13, 11, 5, 12),
    (1, 9, 11, 10, 0, 8, 12, 4, 13, 3, 7, 15, 14, 5, 6, 2),
    (4, 0, 5, 9, 7, 12, 2, 10, 14, 1, 3, 8, 11, 6, 15, 13),
)
_WORDS_RIGHT = (
    (5, 14, 7, 0, 9, 2, 11, 4, 13, 6, 15, 8, 1, 10, 3, 12),
    (6, 11, 3, 7, 0, 13, 5, 10, 14, 15, 8, 12, 4, 9, 1, 2),
    (15, 5, 1, 3, 7, 14, 6, 9, 11, 8, 12, 2, 10, 0, 4, 13),
    (8, 6, 4, 1, 3, 11, 15, 0, 5, 12, 2, 13, 9, 7, 10, 14),
    (12, 15, 10, 4, 1, 5, 8, 7, 6, 2, 13, 14, 0, 3, 9, 11),
)
_TURNS_LEFT = (
    (11, 14, 15, 12, 5, 8, 7, 9, 11, 13, 14, 15, 6, 7, 9, 8),
    (7, 6, 8, 13, 11, 9, 7, 15, 7, 12, 15, 9, 11, 7, 13, 12),
    (11, 13, 6, 7, 14, 9, 13, 15, 14, 8, 13, 6, 5, 12, 7, 5),
    (11, 12, 14, 15, 14, 15, 9, 8, 9, 14, 5, 6, 8, 6, 5, 12),
    (9, 15, 5, 11, 6, 8, 13, 12, 5, 12, 13, 14, 11, 8, 5, 6),
)
_TURNS_RIGHT = (
    (8, 9, 9, 11, 13, 15, 15, 5, 7, 7, 8, 11, 14, 14, 12, 6),
    (9, 13, 15, 7, 12, 8, 9, 11, 7, 7, 12, 7, 6, 15, 13, 11),
    (9, 7, 15, 11, 8, 6, 6, 14, 12, 13, 5, 14, 13, 13, 7, 5),
    (15, 5, 8, 11, 14, 14, 6, 14, 6, 9, 12, 9, 12, 5, 15, 8),
    (8, 5, 12, 9, 12, 5, 14, 6, 8, 13, 6, 5, 15, 13, 11, 11),
)
_ADD_LEFT = (0x00000000, 0x5A827999, 0x6ED9EBA1, 0x8F1BBCDC, 0xA953FD4E)
_ADD_RIGHT = (0x50A28BE6, 0x5C4DD124, 0x6D703EF3, 0x7A6D76E9, 0x00000000)


def _mix(which: int, x: int, y: int, z: int) -> int:
    if which == 0:
        return x ^ y ^ z
    if which == 1:
        return (x & y) | (~x & z)
    if which == 2:
        return (x | (~y & _MASK32)) ^ z
    if which == 3:
        return (x & z) | (y & ~z)
    return x ^ (y | (~z & _MASK32))


def _turn(x: int, bits: int) -> int:
    x &= _MASK32
    return ((x << bits) | (x >> (32 - bits))) & _MASK32


def _line(state: list[int], words: tuple[int, ...], left: bool) -> list[int]:
    order, turns, add = (_WORDS_LEFT, _TURNS_LEFT, _ADD_LEFT) if left else (_WORDS_RIGHT, _TURNS_RIGHT, _ADD_RIGHT)
    a, b, c, d, e = state
    for r in range(5):
        which = r if left else 4 - r
        for i in range(16):
            t = _turn(a + _mix(which, b, c, d) + words[order[r][i]] + add[r], turns[r][i]) + e
            a, e, d, c, b = e, d, _turn(c, 10), b, t & _MASK32
    return [a, b, c, d, e]


def ripemd160(data: bytes) -> str:
    """Lower-case hex digest. Written out because OpenSSL 3 often comes without it."""
    state = [0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0]
    padded = data + b"\x80" + bytes(-(len(data) + 9) % 64) + struct.pack("<Q", 8 * len(data))
    for at in range(0, len(padded), 64):
        words = struct.unpack_from("<16I", padded, at)
        left, right = _line(state, words, True), _line(state, words, False)
        state = [(state[(i + 1) % 5] + left[(i + 2) % 5] + right[(i + 3) % 5]) & _MASK32 for i in range(5)]
    return struct.pack("<5I", *state).hex()


def _py2_hash(text: str) -> int:
    if not text:
        return 0
    x = (ord(text[0]) << 7) & _MASK64
    for c in text:
        x = ((1000003 * x) & _MASK64) ^ ord(c)
    x ^= len(text)
    return x - 1 if x == _MASK64 else x


def _slot(table: list[str | None], key: str) -> int:
    mask = len(table) - 1
    h = perturb = _py2_hash(key)
    i = h & mask
    while table[i & mask] is not None:
        i = 5 * i + perturb + 1
        perturb >>= 5
    return i & mask


def dict_order(keys: Iterable[str]) -> list[str]:
    """The order in which CPython 2.7 (64 bits, no hash randomisation) walks a dictionary with these keys."""
    table: list[str | None] = [None] * 8
    for used, key in enumerate(dict.fromkeys(keys), start=1):
        table[_slot(table, key)] = key
        if 3 * used >= 2 * len(table):
            size = 8
            while size <= 4 * used:
                size *= 2
            table, old = [None] * size, table
            for k in old:
                if k is not None:
                    table[_slot(table, k)] = k
    return [k for k in table if k is not None]


def _ids() -> Iterator[str]:
    for n in itertools.count(1):
        d = bytearray(hashlib.md5(b"oracle:%d" % n, usedforsecurity=False).digest())
        d[6] = (d[6] & 0x0F) | 0x40
        d[8] = (d[8] & 0x3F) | 0x80
        h = d.hex()
        yield "_".join((h[:8], h[8:12], h[12:16], h[16:20], h[20:]))


class IdCounter:
    """Which id is the n-th."""

    def __init__(self, limit: int = 2_000_000) -> None:
        self._numbers: dict[str, int] = {}
        self._ids = _ids()
        self._limit = limit

    def number(self, row_id: str) -> int:
        """The number of a row id; ids of later lines have higher numbers."""
        while row_id not in self._numbers:
            n = len(self._numbers) + 1
            if n > self._limit:
                raise KeyError(row_id)
            self._numbers[next(self._ids)] = n
        return self._numbers[row_id]
