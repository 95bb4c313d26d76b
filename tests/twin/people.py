"""The people of a log, and what it tells of them (rules.md, section 12)."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field

from .envelope import Event
from .facts import birthdate, country, cut
from .times import show_time

TEACHING_STAFF, STUDENT = 3, 4
Row = dict[str, object]


@dataclass
class User:
    """A user, by first appearance."""

    id: int
    user: str
    agent: str | None  # of the first candidate
    joined: int | None = None
    staff: bool = False
    facts: dict[str, object] = field(default_factory=dict)  # the latest of each


class People:
    """All users, and the facts about them."""

    def __init__(self, key: bytes) -> None:
        self.key = key
        self.users: dict[str, User] = {}
        self._told: list[tuple[int, tuple[int, int, int], str, str, object]] = []  # time, ordinal, about whom, what, value

    def meet(self, event: Event) -> None:
        """Note a candidate."""
        user = self.users.setdefault(event.user, User(len(self.users) + 1, event.user, event.agent))
        if not event.actor:
            return
        if event.joins and (user.joined is None or event.time < user.joined):
            user.joined = event.time
        user.staff = user.staff or event.staff
        if event.grade is not None:
            self._told.append((event.time, event.ordinal, event.affected_user, "grade", event.grade))
        if event.setting:
            self._told.append((event.time, event.ordinal, event.affected_user, event.setting.name, event.setting.value))

    def id_of(self, user: str) -> int:
        """The id of a user who appeared."""
        return self.users[user].id

    def order(self, event: Event) -> tuple[object, ...]:
        """Event tables are written by course, user, time and ordinal."""
        return (event.course or "").encode(), self.id_of(event.user), event.time, event.ordinal

    def rows(self) -> list[tuple[Row, str | None]]:
        """The rows of the users table without system and browser, and the user agent that these come from."""
        for _, _, about, name, value in sorted(self._told, key=lambda fact: fact[:2]):
            if name == "country":
                value = country(str(value))
            if about in self.users and (name != "country" or value):
                self.users[about].facts[name] = value
        return [(self._row(user), user.agent) for user in self.users.values()]

    def _row(self, user: User) -> Row:
        return {
            "user_id": user.id,
            "user_key": pseudonym(self.key, user.user),
            "user_gender": cut(user.facts.get("gender")),
            "user_birthdate": birthdate(user.facts.get("year_of_birth")),
            "user_country": user.facts.get("country"),
            "user_final_grade": user.facts.get("grade"),
            "user_join_timestamp": None if user.joined is None else show_time(user.joined),
            "user_language": cut(user.facts.get("language")),
            "user_type_id": TEACHING_STAFF if user.staff else STUDENT,
        }


def pseudonym(key: bytes, user: str) -> str:
    """The keyed pseudonym of `n:<name>`, `i:<platform id>` or the reserved user."""
    return hmac.new(key, user.encode(), hashlib.sha256).hexdigest()[:40]
