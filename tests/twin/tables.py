"""Rows from events (rules.md, section 12)."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from moocdb_fast import schema

from .agents import names_of
from .envelope import Event
from .parts import Part
from .problems import Problems
from .resources import Numbers, Resources
from .times import show_time

Row = dict[str, object]


@dataclass
class _User:
    id: int
    user: str
    agent: str | None  # of the first candidate
    joined: int | None = None


class Tables:
    """The tables as lists of rows; a column that a row does not name takes its default, or is NULL."""

    def __init__(self, key: bytes) -> None:
        self.key = key
        self.rows: dict[str, list[Row]] = {name: [] for name in schema.TABLES}
        self.users: dict[str, _User] = {}
        self.systems: Numbers[str] = Numbers()
        self.browsers: Numbers[str] = Numbers()
        self.types: Numbers[str] = Numbers()
        self.modes: dict[str, str] = {}
        self.resources = Resources()
        self.problems = Problems()

    def fill(self, candidates: list[Event]) -> None:
        """All tables. `candidates` come in canonical order and know their fate."""
        for event in candidates:
            self._number(event)
        for event in candidates:
            if event.fate is None:
                self._translate(event)
        self._name_modules(candidates)
        self._dictionaries()

    def _number(self, event: Event) -> None:
        """Users, agents, systems and event types come from all candidates, whatever becomes of them."""
        user = self.users.setdefault(event.user, _User(len(self.users) + 1, event.user, event.agent))
        if event.joins and event.actor and (user.joined is None or event.time < user.joined):
            user.joined = event.time
        self._system(event.agent)
        self.types(event.type)
        self.modes.setdefault(event.type, event.meaning.mode)

    def _system(self, agent: str | None) -> tuple[int | None, int | None]:
        """Ids of the system and the browser of a user agent."""
        system, browser = names_of(agent)
        return self.systems(system) if system else None, self.browsers(browser) if browser else None

    def _translate(self, event: Event) -> None:
        """What an event introduces, then its rows."""
        page = self.resources.page(event.page) if event.page else None
        if event.meaning.kind in ("navigation", "book") or event.page_request:
            resource = page
        else:
            resource = self.resources.module(event.module) if event.module else page
            if event.module and event.page:
                self.resources.place_module(event.module, event.page)
        if event.module and event.meaning.kind in ("problem", "open_response"):
            self.problems.introduce(event.module)
        if event.submits:
            self._submissions(event)
        else:
            self._observed_event(event, resource)
        if event.page and resource:
            self.resources.pairs((resource, self.resources.urls(event.page.url)))

    def _observed_event(self, event: Event, resource: int | None) -> None:
        rows = self.rows["observed_events"]
        system, browser = self._system(event.agent)
        rows.append(
            {
                "observed_event_id": len(rows) + 1,
                "user_id": self.users[event.user].id,
                "url_id": self.resources.urls(event.page.url) if event.page else None,
                "resource_id": resource,
                "observed_event_timestamp": show_time(event.time),
                "observed_event_duration": event.duration,
                "observed_event_os": system,
                "observed_event_agent": browser,
                "observed_event_type": event.type,
                "observed_event_type_id": self.types(event.type),
                "observed_event_key": f"{event.file}:{event.offset}",
                "_order": self._order(event),
            }
        )
        if event.clicks is not None and event.module:
            self._click(event, len(rows))

    def _click(self, event: Event, id_: int) -> None:
        assert event.clicks is not None and event.module
        self.rows["click_events"].append(
            {
                "observed_event_id": id_,
                "course_key": event.course,
                "user_id": self.users[event.user].id,
                "video_key": event.module.id,
                "observed_event_timestamp": show_time(event.time),
                "observed_event_type": event.type,
                "url": event.page.url if event.page else None,
                "code": event.clicks["code"],
                **{f"video_{column}": value for column, value in event.clicks.items() if column != "code"},
                "_order": self._order(event),
            }
        )

    def _submissions(self, event: Event) -> None:
        for number, part in enumerate(event.parts, start=1):
            problem = self.problems.introduce(part.module, part.numbers)
            problem.format = part.format if problem.format is None else problem.format
            self._submission(event, part, number, problem.id)

    def _submission(self, event: Event, part: Part, number: int, problem: int) -> None:
        assert event.meaning.submit
        submissions, assessments = self.rows["submissions"], self.rows["assessments"]
        system, browser = self._system(event.agent)
        order = (*self._order(event), number)
        submissions.append(
            {
                "submission_id": len(submissions) + 1,
                "user_id": self.users[event.user].id,
                "problem_id": problem,
                "submission_timestamp": show_time(event.time),
                "submission_attempt_number": event.attempts,
                "submission_answer": part.answer,
                "submission_is_submitted": event.meaning.submit.code,
                "submission_os": system,
                "submission_agent": browser,
                "submission_key": f"{event.file}:{event.offset}:{number}",
                "_order": order,
            }
        )
        if part.correctness is not None:
            assessments.append(
                {
                    "assessment_id": len(assessments) + 1,
                    "submission_id": len(submissions),
                    "assessment_feedback": part.feedback,
                    "assessment_grade": part.grade,
                    "assessment_max_grade": part.max_grade,
                    "assessment_grader_id": "automatic",
                    "assessment_timestamp": show_time(event.time),
                    "_order": order,
                }
            )

    def _order(self, event: Event) -> tuple[object, ...]:
        """Event tables are written by course, user, time and ordinal."""
        return (event.course or "").encode(), self.users[event.user].id, event.time, event.ordinal

    def _name_modules(self, candidates: list[Event]) -> None:
        """The first display name that any candidate gives a module; backwards, so that the first wins."""
        for event in reversed(candidates):
            if event.module and event.display_name is not None:
                self.resources.name_module(event.module, event.display_name)

    def _dictionaries(self) -> None:
        """The tables that the events refer to, and the pinned ones."""
        rows = self.rows
        rows["urls"] = [{"url_id": n, "url": url} for url, n in self.resources.urls.ids.items()]
        rows["os"] = [{"os_id": n, "os_name": name} for name, n in self.systems.ids.items()]
        rows["agent"] = [{"agent_id": n, "agent_name": name} for name, n in self.browsers.ids.items()]
        rows["observed_event_types"] = [
            {"observed_event_type_id": n, "observed_event_type_name": name, "observed_event_type_activity_mode": self.modes[name]}
            for name, n in self.types.ids.items()
        ]
        rows["resources_urls"] = [
            {"resources_urls_id": n, "resource_id": resource, "url_id": url} for (resource, url), n in self.resources.pairs.ids.items()
        ]
        ranks = self.resources.child_numbers()
        rows["resources"] = [
            {
                "resource_id": r.id,
                "resource_name": r.name,
                "resource_uri": r.uri,
                "resource_key": r.module.id if r.module else None,
                "resource_type_id": r.type,
                "resource_parent_id": r.parent,
                "resource_child_number": ranks.get(r.id),
            }
            for r in self.resources.all
        ]
        rows["problems"] = [
            {
                "problem_id": p.id,
                "problem_name": p.name,
                "problem_parent_id": p.parent,
                "problem_child_number": p.number,
                "problem_key": p.key,
                "problem_format": p.format,
                "resource_id": self.resources.id_of(p.module),
            }
            for p in self.problems.all
        ]
        rows["users"] = [self._user(user) for user in self.users.values()]
        for name, table in schema.TABLES.items():
            if table.pinned:
                rows[name] = [dict(zip(table.names, values, strict=True)) for values in table.pinned]

    def _user(self, user: _User) -> Row:
        system, browser = self._system(user.agent)
        return {
            "user_id": user.id,
            "user_key": pseudonym(self.key, user.user),
            "user_join_timestamp": None if user.joined is None else show_time(user.joined),
            "user_os": system,
            "user_agent": browser,
        }


def pseudonym(key: bytes, user: str) -> str:
    """The keyed pseudonym of `n:<name>`, `i:<platform id>` or the reserved user."""
    return hmac.new(key, user.encode(), hashlib.sha256).hexdigest()[:40]
