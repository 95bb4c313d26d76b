"""The tables that events refer to: URLs, resources, problems, users and the pinned types (rules, section 12)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from . import _core
from .countries import country_of
from .events import resources as kinds
from .events._spec import MODES
from .introduced import Introduced
from .merge import Module
from .plan import Plan
from .questions import build_feedback
from .schema import STUDENT, TABLES, TEACHING_STAFF
from .tabular import Optional, filled, numbered

Array = np.ndarray[Any, Any]
_URI, _NAME = 2083, 555
_NO_PAGE = "https://unknown/"
_HASH = re.compile("[0-9a-fA-F]{32}")


@dataclass
class Dimensions:
    """Tables by name, and the ids that rows need, by code (0: none)."""

    tables: dict[str, pa.Table]
    url_ids: Array  # by URL code
    urls: list[str]  # by URL code
    page_resources: Array  # by URL code
    module_resources: Array  # by module code
    problems: Problems
    type_ids: Array
    type_names: list[str]
    question_ids: Array  # by question code of Introduced
    answer_ids: Array  # by answer code of Introduced


def build_dimensions(plan: Plan, seen: Introduced, user_keys: list[str], countries: dict[int, str]) -> Dimensions:
    """All tables but those with a row per event or submission."""
    merged = plan.merged
    urls, url_ids, url_order, url_first = _urls(plan, seen)
    tree = _Resources(plan, seen, urls)
    tree.grow(url_order, url_first)
    problems = Problems(plan, seen, tree.module_ids)
    type_ids, types = _types(plan)
    asked = build_feedback(plan, seen)
    pairs_a, pairs_b = seen.pairs.pairs()
    order = np.argsort(seen.pairs.firsts()[0], kind="stable")
    page_ids = np.array([tree.pages[url] for url in urls], np.int32) if urls else np.zeros(0, np.int32)
    codes = pairs_a[order]
    modules, pages = (codes & 1) == 0, (codes & 1) == 1
    resource = np.empty(len(codes), np.int32)
    resource[modules], resource[pages] = tree.module_ids[codes[modules] >> 1], page_ids[codes[pages] >> 1]
    tables = {
        "urls": numbered("urls", {"url": [urls[code] for code in url_order]}),
        "resources": tree.table(),
        "resources_urls": numbered("resources_urls", {"resource_id": resource, "url_id": url_ids[pairs_b[order]]}),
        "problems": problems.table,
        "os": numbered("os", {"os_name": plan.agents.os_names}),
        "agent": numbered("agent", {"agent_name": plan.agents.agent_names}),
        "observed_event_types": types,
        "users": _users(plan, user_keys, countries),
        **asked.tables,
    }
    for name, table in TABLES.items():
        if table.pinned:
            tables[name] = filled(name, dict(zip(table.names, zip(*table.pinned, strict=True), strict=True)))
    return Dimensions(tables, url_ids, urls, page_ids, tree.module_ids, problems, type_ids, merged.texts("type").to_pylist(), *asked.ids)


def _types(plan: Plan) -> tuple[Array, pa.Table]:
    """The id of each type code, and the types by first appearance under their canonical names."""
    canonical, modes = plan.canonical, plan.merged.type_modes
    ids: dict[int, int] = {}
    mode = []
    for code in plan.types.tolist():
        number = int(canonical.numbers[code])
        if number not in ids:
            ids[number] = len(ids) + 1
            mode.append(MODES[modes[code]])
    names = {"observed_event_type_name": [canonical.names[n] for n in ids], "observed_event_type_activity_mode": mode}
    by_code = np.array([ids.get(int(n), 0) for n in canonical.numbers], np.int32)
    return by_code, numbered("observed_event_types", names)


# ---------------------------------------------------------------- urls


def _urls(plan: Plan, seen: Introduced) -> tuple[list[str], Array, list[int], Array]:
    """URL texts by code, their ids, the codes by id, and the rank of each."""
    bases, panels = plan.merged.texts("base").to_pylist(), plan.merged.texts("panel").to_pylist()
    urls = [bases[b] + (f"{panels[p]}/" if p >= 0 else "") for b, p in zip(*(x.tolist() for x in seen.urls.pairs()), strict=True)]
    # Two (base, panel) pairs can spell one URL: the first of them stands for both.
    first = seen.urls.firsts()[0]
    ids = np.zeros(len(urls), np.int32)
    known: dict[str, int] = {}
    order: list[int] = []
    for code in np.argsort(first, kind="stable").tolist():
        if urls[code] not in known:
            order.append(code)
            known[urls[code]] = len(order)
        ids[code] = known[urls[code]]
    return urls, ids, order, first


# ---------------------------------------------------------------- resources


@dataclass
class _Resources:
    """The tree of pages and modules, grown in the order of first appearance."""

    plan: Plan
    seen: Introduced
    urls: list[str]
    pages: dict[str, int] = field(default_factory=dict)  # URL or address above one → resource_id
    rows: list[tuple[str | None, str, str | None, int, str | int | None]] = field(default_factory=list)  # name, uri, key, type, parent

    def grow(self, url_order: list[int], url_first: Array) -> None:
        """Give ids: a row introduces its URL, then what lies above it (host first), then its module."""
        modules, _ = self.seen.modules.pairs()
        module_first, _ = self.seen.modules.firsts()
        page_of = dict(zip(self.seen.module_pages.pairs()[0].tolist(), self.seen.module_pages.firsts()[1].tolist(), strict=True))
        self.module_ids = np.zeros(len(self.plan.merged.modules), np.int32)
        steps = [(int(url_first[code]), 0, code) for code in url_order]
        steps += [(first, 1, module) for module, first in zip(modules.tolist(), module_first.tolist(), strict=True)]
        for _, is_module, code in sorted(steps):
            if is_module:
                self._add_module(code, page_of.get(code, -1))
            else:
                self._add_page(self.urls[code])

    def _add_page(self, url: str) -> None:
        parent, fresh = None, []
        for address in _addresses(url):
            parent = self.pages.get(address)
            if parent is not None:  # so is what lies above it
                break
            fresh.append(address)
        for address in reversed(fresh):
            self.rows.append((None, address, None, _page_type(address), parent))
            parent = self.pages[address] = len(self.rows)

    def _add_module(self, code: int, page: int) -> None:
        module = self.plan.merged.modules[code]
        url = self.urls[page] if page >= 0 else _NO_PAGE
        uri = f"{url}{module.category}/{module.name}/"[:_URI]
        name = self.plan.merged.titles.get(code) or _plain_name(module.name)
        # The page may come later than the module: the parent is looked up at the end.
        self.rows.append((name, uri, module.id, kinds.BY_CATEGORY.get(module.category, kinds.OTHER), url if page >= 0 else None))
        self.module_ids[code] = len(self.rows)

    def table(self) -> pa.Table:
        names, uris, keys, types, above = ([row[i] for row in self.rows] for i in range(5))
        parents = [self.pages[p] if isinstance(p, str) else p for p in above]
        children: Counter[int | None] = Counter()
        numbers = []
        for parent in parents:
            children[parent] += 1
            numbers.append(children[parent] if parent else None)
        return numbered(
            "resources",
            {
                "resource_name": names,
                "resource_uri": uris,
                "resource_key": keys,
                "resource_type_id": types,
                "resource_parent_id": parents,
                "resource_child_number": numbers,
            },
        )


def _addresses(url: str) -> Iterator[str]:
    """The URL, then one piece less at a time, up to the address of the host."""
    host = url.index("/", url.index("://") + 3)
    at = url.rfind("/")
    while at >= host:
        if url[at - 1] != "/":  # `i4x://` in a path is one step
            yield url[: at + 1]
        at = url.rfind("/", 0, at)


def _page_type(address: str) -> int:
    course, _ = _core.read_page(address.encode())
    pieces = [piece for piece in address.split("/")[3:] if piece]
    if not course:
        return kinds.BY_SITE_SECTION.get(pieces[0], kinds.OTHER) if pieces else kinds.OTHER
    modern = next((i for i, p in enumerate(pieces[:-1]) if p in ("courses", "course") and pieces[i + 1].startswith(("course-v1:", "ccx-v1:"))), None)
    rest = pieces[modern + 2 :] if modern is not None else pieces[pieces.index("courses") + 4 :]
    return kinds.BY_SECTION.get(rest[0], kinds.OTHER) if rest else kinds.OTHER


def _plain_name(name: str) -> str | None:
    """The name of a module as words; None for a hash."""
    return None if _HASH.search(name) else name.replace("_", " ")[:_NAME]


# ---------------------------------------------------------------- problems


class Problems:
    """Problems and their parts, by first appearance."""

    def __init__(self, plan: Plan, seen: Introduced, module_resources: Array) -> None:
        modules, numbers = (x.tolist() for x in seen.problems.pairs())
        formats = plan.merged.texts("format").to_pylist()
        values = zip(*(x.tolist() for x in (*seen.formats.pairs(), seen.formats.firsts()[1])), strict=True)
        format_of = {(module, number): formats[value] for module, number, value in values}
        order = np.argsort(seen.problems.firsts()[0], kind="stable").tolist()
        keys = [(modules[i], numbers[i]) for i in order]
        ids = {key: i + 1 for i, key in enumerate(keys)}
        self._pairs, self._ids = seen.problems, np.empty(len(keys), np.int32)
        self._ids[order] = np.arange(1, len(keys) + 1)
        parts = [_part(number) for _, number in keys]
        of = [plan.merged.modules[module] for module, _ in keys]
        parents = [ids[module, -1 - part[0] if len(part) == 2 else 0] if part else None for (module, _), part in zip(keys, parts, strict=True)]
        self.table = numbered(
            "problems",
            {
                "problem_name": [_problem_name(m, part) for m, part in zip(of, parts, strict=True)],
                "problem_parent_id": parents,
                "problem_child_number": [part[-1] if part else None for part in parts],
                "problem_key": [m.id + "".join(f"_{n}" for n in part) for m, part in zip(of, parts, strict=True)],
                "problem_format": [format_of.get(key) for key in keys],
                "resource_id": [int(module_resources[module]) or None for module, _ in keys],
            },
        )

    def ids(self, module: Array, numbers: Array) -> Array:
        """The problem_id of each (module, numbers)."""
        found: Array = self._ids[self._pairs.numbers(module, numbers)]
        return found


def _part(number: int) -> tuple[int, ...]:
    """The numbers of a part, from the kernel's code."""
    if number == 0:
        return ()
    return divmod(number - 1, 1000) if number > 0 else (-1 - number,)


def _problem_name(module: Module, part: tuple[int, ...]) -> str:
    path = f"{module.id}/" if module.id.startswith("i4x://") else f"{module.category}/{module.name}/"
    return (path + "".join(f"{n}/" for n in part))[:_NAME]


# ---------------------------------------------------------------- users


def _users(plan: Plan, keys: list[str], countries: dict[int, str]) -> pa.Table:
    users, agents, facts = plan.users, plan.agents, plan.users.facts
    first = np.array(users.agents, np.int64)
    return numbered(
        "users",
        {
            "user_key": keys,
            "user_gender": [facts.text("gender", code) for code in users.codes],
            "user_birthdate": [facts.birth(code) for code in users.codes],
            "user_country": [countries.get(code) or country_of(facts.text("country", code)) for code in users.codes],
            "user_final_grade": [facts.grade(code) for code in users.codes],
            "user_join_timestamp": [facts.joined.get(code) for code in users.codes],
            "user_os": Optional(agents.os[first], first >= 0) if len(agents.os) else [None] * len(first),
            "user_agent": Optional(agents.agent[first], first >= 0) if len(agents.os) else [None] * len(first),
            "user_language": [facts.text("language", code) for code in users.codes],
            "user_type_id": [TEACHING_STAFF if code in facts.staff else STUDENT for code in users.codes],
        },
    )
