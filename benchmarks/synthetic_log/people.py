"""Made-up people and their machines. Addresses come from ranges reserved for documentation and benchmarks."""

from __future__ import annotations

from dataclasses import dataclass, field

from .courses import Era
from .dice import Dice

MONITOR, CRAWLER, SCANNER = (
    "ELB-HealthChecker/2.0",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 zgrab/0.x",
)
_LANGUAGES = ("en-US,en;q=0.9", "en-GB,en;q=0.8,de;q=0.6", "es-ES,es;q=0.9,en;q=0.7", "fr-FR,fr;q=0.8,en;q=0.4", "zh-CN,zh;q=0.9", "pt-BR")
_DESKTOPS: dict[Era, tuple[str, ...]] = {
    "legacy": ("Windows NT 6.1; WOW64", "Windows NT 6.1", "Windows NT 5.1", "Macintosh; Intel Mac OS X 10_8_2", "X11; Linux x86_64"),
    "modern": ("Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7", "X11; Linux x86_64", "X11; CrOS x86_64 14541.0.0"),
}
_VERSIONS: dict[Era, range] = {"legacy": range(20, 30), "modern": range(110, 132)}
_PHONES = ("Pixel 7 Build/TQ3A.230805.001", "SM-G991B Build/TP1A.220624.014", "Redmi Note 9 Build/QP1A.190711.020", "moto g(30) Build/RRC31")


@dataclass(slots=True)
class Person:
    """A learner. `place` is the index of the vertical that is read next; `attempts` counts checks per problem."""

    name: str
    user_id: int
    agent: str
    phone: str
    ip: str
    language: str
    course: int
    place: int = 0
    busy_until: int = 0
    attempts: dict[str, int] = field(default_factory=dict)


def invent(era: Era, users: int, courses: int, seed: int) -> list[Person]:
    """That many learners; the earlier a course, the more of them it has."""
    dice = Dice(seed, era, "people")
    return [_person(era, number, courses, dice) for number in range(users)]


def _person(era: Era, number: int, courses: int, dice: Dice) -> Person:
    popular = dice.real() * dice.real()
    phone = f"Dalvik/2.1.0 (Linux; U; Android {dice.between(9, 14)}; {dice.pick(_PHONES)})"
    return Person(
        name=f"learner{number:06d}",
        user_id=100_000 + number,
        agent=_browser(era, dice),
        phone=phone,
        ip=address(era, dice),
        language=dice.pick(_LANGUAGES),
        course=int(popular * courses),
    )


def _browser(era: Era, dice: Dice) -> str:
    system, version = dice.pick(_DESKTOPS[era]), dice.pick(_VERSIONS[era])
    match dice.below(6):
        case 0:
            return f"Mozilla/5.0 ({system}; rv:{version}.0) Gecko/20100101 Firefox/{version}.0"
        case 1 if "Mac" in system:
            build = "536.26.17" if era == "legacy" else "605.1.15"
            return f"Mozilla/5.0 ({system}) AppleWebKit/{build} (KHTML, like Gecko) Version/{version // 8}.{version % 7} Safari/{build}"
        case 2 if era == "modern" and "Windows" in system:
            return f"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0.0.0 Safari/537.36 Edg/{version}.0.0.0"
        case _:
            rest = f"{version}.0.{dice.between(1300, 1309)}.{dice.below(4) * 20}" if era == "legacy" else f"{version}.0.0.0"
            return f"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{rest} Safari/537.36"


def address(era: Era, dice: Dice) -> str:
    """An address of nobody: 198.18.0.0/15 is for benchmarks, 2001:db8::/32 for documentation."""
    if era == "modern" and dice.chance(0.1):
        return f"2001:db8:{dice.hex(4)}:{dice.hex(4)}::{dice.between(1, 9)}"
    return f"198.{dice.between(18, 19)}.{dice.below(256)}.{dice.between(1, 254)}"
