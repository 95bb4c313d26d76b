"""Rows from events (rules.md, section 12)."""

from __future__ import annotations

from moocdb_fast import schema

from .agents import names_of
from .assessments import assess
from .collaborations import join_threads
from .envelope import Event
from .feedbacks import Feedbacks
from .names import canonical
from .people import People
from .problems import Problems
from .resources import Numbers, Resources
from .standing import standing_payload
from .times import show_time

Row = dict[str, object]


class Tables:
    """The tables as lists of rows; a column that a row does not name takes its default, or is NULL."""

    def __init__(self, key: bytes) -> None:
        self.rows: dict[str, list[Row]] = {name: [] for name in schema.TABLES}
        self.payloads: list[Row] = []
        self.people = People(key)
        self.systems: Numbers[str] = Numbers()
        self.browsers: Numbers[str] = Numbers()
        self.types: Numbers[str] = Numbers()
        self.modes: dict[str, str] = {}
        self.resources = Resources()
        self.problems = Problems()
        self.feedbacks = Feedbacks()

    def fill(self, candidates: list[Event]) -> None:
        """All tables. `candidates` come in canonical order and know their fate."""
        for event in candidates:
            self._number(event)
        translated = [e for e in candidates if e.fate is None]
        for event in translated:
            self._translate(event)
        self.rows["assessments"] = [{**row, "_order": (*self.people.order(event), n)} for event, n, row in assess(translated, self.people)]
        self._name_modules(candidates)
        self._dictionaries()

    def _number(self, event: Event) -> None:
        """Users, agents, systems and event types come from all candidates, whatever becomes of them."""
        self.people.meet(event)
        self._system(event.agent)
        name = canonical(event.type)
        self.types(name)
        self.modes.setdefault(name, event.meaning.mode)

    def _system(self, agent: str | None) -> tuple[int | None, int | None]:
        """Ids of the system and the browser of a user agent."""
        system, browser = names_of(agent)
        return self.systems(system) if system else None, self.browsers(browser) if browser else None

    def _translate(self, event: Event) -> None:
        """What an event introduces, then its rows (but for assessments, which may belong to later submissions). A score introduces nothing."""
        if event.makes_rows:
            self.payloads.append({"observed_event_key": f"{event.file}:{event.offset}", "event_payload": without_nul(standing_payload(event.text))})
        if event.score_of:
            return
        resource = self._introduce(event)
        if not event.record:
            self._observed_event(event, resource)
        if event.submits:
            self._submissions(event)
        if event.post:
            self._collaboration(event, resource)
        self._feedbacks(event)

    def _introduce(self, event: Event) -> int | None:
        """The URL, resources and problem of an event; the id of its resource."""
        page = self.resources.page(event.page) if event.page else None
        if event.meaning.kind in ("navigation", "book") or event.page_request:
            resource = page
        else:
            resource = self.resources.module(event.module) if event.module else page
            if event.module and event.page:
                self.resources.place_module(event.module, event.page)
        if event.module and event.meaning.kind in ("problem", "open_response"):
            self.problems.introduce(event.module)
        if event.page and resource:
            self.resources.pairs((resource, self.resources.urls(event.page.url)))
        return resource

    def _observed_event(self, event: Event, resource: int | None) -> None:
        rows = self.rows["observed_events"]
        system, browser = self._system(event.agent)
        rows.append(
            {
                "observed_event_id": len(rows) + 1,
                "user_id": self.people.id_of(event.user),
                "url_id": self.resources.urls(event.page.url) if event.page else None,
                "resource_id": resource,
                "observed_event_timestamp": show_time(event.time),
                "observed_event_duration": event.duration,
                "observed_event_os": system,
                "observed_event_agent": browser,
                "observed_event_type": event.type,
                "observed_event_type_id": self.types(canonical(event.type)),
                "observed_event_key": f"{event.file}:{event.offset}",
                "_order": self.people.order(event),
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
                "user_id": self.people.id_of(event.user),
                "video_key": event.module.id,
                "observed_event_timestamp": show_time(event.time),
                "observed_event_type": event.type,
                "url": event.page.url if event.page else None,
                "code": event.clicks["code"],
                **{f"video_{column}": value for column, value in event.clicks.items() if column != "code"},
                "_order": self.people.order(event),
            }
        )

    def _submissions(self, event: Event) -> None:
        assert event.meaning.submit
        rows = self.rows["submissions"]
        system, browser = self._system(event.agent)
        event.first_submission = len(rows) + 1
        for number, part in enumerate(event.parts, start=1):
            problem = self.problems.introduce(part.module, part.numbers)
            problem.format = part.format if problem.format is None else problem.format
            rows.append(
                {
                    "submission_id": len(rows) + 1,
                    "user_id": self.people.id_of(event.user),
                    "problem_id": problem.id,
                    "submission_timestamp": show_time(event.time),
                    "submission_attempt_number": event.attempts,
                    "submission_answer": part.answer,
                    "submission_is_submitted": event.meaning.submit.code,
                    "submission_os": system,
                    "submission_agent": browser,
                    "submission_key": f"{event.file}:{event.offset}:{number}",
                    "_order": (*self.people.order(event), number),
                }
            )

    def _collaboration(self, event: Event, resource: int | None) -> None:
        assert event.post
        rows = self.rows["collaborations"]
        system, browser = self._system(event.agent)
        rows.append(
            {
                "collaboration_id": len(rows) + 1,
                "user_id": self.people.id_of(event.user),
                "collaboration_type_id": event.post.type,
                "collaboration_content": event.post.content,
                "collaboration_timestamp": show_time(event.time),
                "collaborations_os": system,
                "collaborations_agent": browser,
                "resource_id": resource,
                "collaboration_key": event.post.key,
                "_order": self.people.order(event),
                "_thread": (event.course, event.post.key),
                "_about": (event.course, event.post.about),
            }
        )

    def _feedbacks(self, event: Event) -> None:
        rows = self.rows["feedbacks"]
        for number, answer in enumerate(event.answers, start=1):
            rows.append(
                {
                    "feedback_id": len(rows) + 1,
                    "user_id": self.people.id_of(event.user),
                    **self.feedbacks.ids(event, answer),
                    "feedback_timestamp": show_time(event.time),
                    "_order": (*self.people.order(event), number),
                }
            )

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
        rows["users"] = [{**row, "user_os": ids[0], "user_agent": ids[1]} for row, agent in self.people.rows() for ids in [self._system(agent)]]
        rows["surveys"], rows["questions"], rows["answers"] = self.feedbacks.surveys(), self.feedbacks.questions(), self.feedbacks.answers()
        join_threads(rows["collaborations"])
        for name, table in schema.TABLES.items():
            if table.pinned:
                rows[name] = [dict(zip(table.names, values, strict=True)) for values in table.pinned]


def without_nul(text: str | None) -> str | None:
    """A text as the tables hold it (rules.md, section 13)."""
    return None if text is None else text.replace("\x00", "\ufffd")
