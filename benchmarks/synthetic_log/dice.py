"""Random numbers that are the same on every Python version and machine.

Only `random()` and `getrandbits()` are used, whose sequences Python promises to keep, and no function of the C library.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """A seeded source of choices; the same words give the same choices."""

    __slots__ = ("bits", "real")

    def __init__(self, *words: object) -> None:
        source = random.Random("/".join(map(str, words)))
        self.real = source.random
        self.bits = source.getrandbits

    def below(self, n: int) -> int:
        """An integer from 0 to n - 1."""
        return int(self.real() * n)

    def between(self, low: int, high: int) -> int:
        """An integer from low to high, both included."""
        return low + int(self.real() * (high - low + 1))

    def pick(self, choices: Sequence[T]) -> T:
        """One of the choices."""
        return choices[int(self.real() * len(choices))]

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return self.real() < probability

    def times(self, mean: float) -> int:
        """How often something happens that happens `mean` times on average: one of the two integers next to it."""
        return int(mean + self.real())

    def pause(self, seconds: float) -> int:
        """Microseconds of a pause, `seconds` on average: mostly short ones, now and then one four times as long."""
        r = self.real()
        return 1_000 + int(seconds * 4_000_000 * r * r * r)

    def hex(self, digits: int) -> str:
        """That many hex digits."""
        return format(self.bits(4 * digits), f"0{digits}x")
