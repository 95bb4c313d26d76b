"""The people of a synthetic course, and the words they use."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from synthetic_log.dice import Dice

START = 1_378_105_200  # the first Monday of the course
WEEK = 7 * 86_400
WORDS = [
    "anchor",
    "basin",
    "candle",
    "delta",
    "ember",
    "fjord",
    "grain",
    "harbor",
    "island",
    "jungle",
    "kettle",
    "lagoon",
    "meadow",
    "nectar",
    "orchid",
    "pebble",
    "quartz",
    "river",
    "summit",
    "tundra",
]
SPICE = (
    "naïve Größe",
    "日本語の答え",
    "смешанный текст",
    'it\'s "quoted"',
    "back\\slash",
    "two\nlines\r\n",
    "tab\there",
    "→ 100 €",
    "50% of a_b",
    "-- ; /* */ #",
)
ZONES = ("America/Los_Angeles", "Asia/Kolkata", "Europe/Berlin", "America/Sao_Paulo", "Asia/Shanghai", "Africa/Lagos")


@dataclass(frozen=True, slots=True)
class Person:
    """Someone, under every name the export has for a person."""

    number: int  # user_id
    anon: str
    forum: str
    eventing: str
    public: str


def person(seed: int, i: int) -> Person:
    """The person with index i; nobody real has these numbers or hashes."""
    names = [hashlib.sha1(f"synthetic/{seed}/{i}/{what}".encode()).hexdigest() for what in ("anon", "forum", "eventing", "public")]
    return Person(1000 + 3 * i + Dice(seed, "number", i).below(3), *names)


def words(dice: Dice, low: int, high: int) -> str:
    """Some words; now and then something that is hard to quote."""
    text = " ".join(dice.pick(WORDS) for _ in range(dice.between(low, high)))
    return f"{text} {dice.pick(SPICE)}" if dice.chance(0.05) else text
