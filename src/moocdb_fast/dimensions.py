"""The tables that events refer to: URLs, resources, problems, users and the pinned types (rules, section 12)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from . import _core
from .columns import Text
from .countries import country_of
from .events import resources as kinds
from .events._spec import MODES
from .introduced import Introduced
from .merge import Modules
from .plan import Plan
from .questions import build_feedback
from .schema import STUDENT, TABLES, TEACHING_STAFF
from .tabular import Optional, filled, numbered, optional

Array = np.ndarray[Any, Any]
_URI, _NAME = 2083, 555
_NO_PAGE = "https://unknown/"
_HASH = 32  # hexadecimal digits in a row
_WORDS = bytes.maketrans(b"_", b" ")
_BY_SECTION, _BY_SITE_SECTION = ({name.encode(): kind for name, kind in known.items()} for known in (kinds.BY_SECTION, kinds.BY_SITE_SECTION))


@dataclass
class Dimensions:
    """Tables by name, and the ids that rows need, by code (0: none)."""

    tables: dict[str, pa.Table]
    url_ids: Array  # by URL code
    urls: Text  # by URL code
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
    urls = _Urls(plan, seen)
    tree = _Resources(plan, seen, urls)
    problems = Problems(plan, seen, tree.module_ids)
    type_ids, types = _types(plan)
    asked = build_feedback(plan, seen)
    pairs_a, pairs_b = seen.pairs.pairs()
    order = np.argsort(seen.pairs.firsts()[0], kind="stable")
    codes = pairs_a[order]
    modules, pages = (codes & 1) == 0, (codes & 1) == 1
    resource = np.empty(len(codes), np.int32)
    resource[modules], resource[pages] = tree.module_ids[codes[modules] >> 1], tree.page_ids[codes[pages] >> 1]
    tables = {
        "urls": numbered("urls", {"url": urls.by_id}),
        "resources": tree.table(),
        "resources_urls": numbered("resources_urls", {"resource_id": resource, "url_id": urls.ids[pairs_b[order]]}),
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
    return Dimensions(tables, urls.ids, urls.texts, tree.page_ids, tree.module_ids, problems, type_ids, merged.texts("type").to_pylist(), *asked.ids)


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


def _put_together(parts: Iterable[tuple[Text, Array, bytes]], rows: int, limit: int = -1) -> Text:
    """Texts of parts: of each a text by its code (-1: nothing) and what stands behind it."""
    return Text(*_core.join_coded([(text.ends, text.data, codes.astype(np.int32, copy=False), tail) for text, codes, tail in parts], rows, limit))


class _Urls:
    """URLs by code, their ids, and by id the texts and the ranks."""

    def __init__(self, plan: Plan, seen: Introduced) -> None:
        base, panel = seen.urls.pairs()
        self.texts = _put_together(((plan.merged.text("base"), base, b""), (plan.merged.text("panel"), panel, b"/")), len(base))
        rank = seen.urls.firsts()[0]
        order = np.argsort(rank, kind="stable")
        # Two (base, panel) pairs can spell one URL: the first of them stands for both.
        distinct = _core.Dictionary()
        ordered = _put_together(((self.texts, order, b""),), len(order))
        codes = distinct.intern(ordered.ends, ordered.data)
        self.by_id = Text(*distinct.buffers())
        self.ids = np.empty(len(order), np.int32)
        self.ids[order] = codes + 1
        self.first = rank[order][np.diff(np.maximum.accumulate(codes), prepend=-1) > 0]


# ---------------------------------------------------------------- resources


class _Resources:
    """The tree of pages and modules by first appearance: a row introduces its URL, then what lies above it (host first), then its module."""

    def __init__(self, plan: Plan, seen: Introduced, urls: _Urls) -> None:
        self._known, self._urls = plan.merged.modules, urls
        modules, first = seen.modules.pairs()[0], seen.modules.firsts()[0]
        order = np.lexsort((modules, first))
        self._modules, first = modules[order], first[order]  # as they come
        pages, above, self._page_types, source, own = _core.grow_tree(urls.by_id.ends, urls.by_id.data, _BY_SECTION, _BY_SITE_SECTION, kinds.OTHER)
        self._pages, brought = Text(*pages), urls.first[source]
        self._page_rows = np.arange(len(brought)) + np.searchsorted(first, brought)
        self._module_rows = np.arange(len(first)) + np.searchsorted(brought, first, side="right")
        ids = (self._page_rows + 1).astype(np.int32)
        self.page_ids = ids[own][urls.ids - 1]  # by URL code
        self.module_ids = np.zeros(len(self._known), np.int32)
        self.module_ids[self._modules] = self._module_rows + 1
        # The page of a module may come later than the module.
        met = seen.module_pages.numbers(self._modules, np.zeros(len(first), np.int32))
        self._met = _known(seen.module_pages.firsts()[1], met, -1)  # its URL code
        self._parents = self._by_row(_known(ids, above, 0), _known(self.page_ids, self._met, 0))

    def table(self) -> pa.Table:
        category = self._known.category[self._modules]
        by_category = np.array([kinds.BY_CATEGORY.get(text, kinds.OTHER) for text in self._known.categories.to_list() if text is not None], np.int8)
        page = self._by_row(np.arange(len(self._page_rows)), np.full(len(self._module_rows), -1))
        module = self._by_row(np.full(len(self._page_rows), -1), np.arange(len(self._module_rows)))
        return numbered(
            "resources",
            {
                "resource_name": self._names().take(module),
                "resource_uri": _put_together(((self._pages, page, b""), (self._uris(category), module, b"")), len(page)),
                "resource_key": self._known.id.take(_known(self._modules, module, -1)),
                "resource_type_id": self._by_row(self._page_types, by_category[category]),
                "resource_parent_id": optional(self._parents),
                "resource_child_number": optional(_core.count_up(self._parents - 1)),
            },
        )

    def _by_row(self, pages: Array, modules: Array) -> Array:
        """One column of those of pages and of modules."""
        column = np.empty(len(pages) + len(modules), np.int32)
        column[self._page_rows], column[self._module_rows] = pages, modules
        return column

    def _uris(self, category: Array) -> Text:
        nowhere = np.where(self._met < 0, 0, -1)
        path = (self._known.categories, category, b"/"), (self._known.name, self._modules, b"/")
        return _put_together(((self._urls.texts, self._met, b""), (Text.of((_NO_PAGE,)), nowhere, b""), *path), len(category), _URI)

    def _names(self) -> Text:
        """The title of a module, else its name as words; NULL for a hash."""
        names = self._known.name
        words = Text(names.ends, bytes(names.data).translate(_WORDS))
        title = self._known.title[self._modules]
        plain = (title < 0) & (_core.hex_runs(names.ends, names.data, _HASH) == 0)[self._modules]
        named = _put_together(((self._known.titles, title, b""), (words, np.where(plain, self._modules, -1), b"")), len(title), _NAME)
        return Text(named.ends, named.data, (plain | (title >= 0)).astype(np.uint8))


def _known(values: Array, codes: Array, none: int) -> Array:
    """Values by code, of which -1 has none."""
    found = np.full(len(codes), none, values.dtype)
    known = np.flatnonzero(codes >= 0)
    found[known] = values[codes[known]]
    return found


# ---------------------------------------------------------------- problems


class Problems:
    """Problems and their parts, by first appearance. A part has two numbers, or one of a group of parts (see _numbers)."""

    def __init__(self, plan: Plan, seen: Introduced, module_resources: Array) -> None:
        order = np.argsort(seen.problems.firsts()[0], kind="stable")
        self._pairs, self._ids = seen.problems, np.empty(len(order), np.int32)
        self._ids[order] = np.arange(1, len(order) + 1)
        module, code = (column[order] for column in seen.problems.pairs())
        a, b = _numbers(code)
        above = np.where(b >= 0, -1 - a, 0).astype(np.int32)
        part = np.flatnonzero(a >= 0)
        parents = np.zeros(len(order), np.int32)
        parents[part] = self.ids(module[part], above[part])
        format_of = _known(seen.formats.firsts()[1], seen.formats.numbers(module, code), -1)
        self.table = numbered(
            "problems",
            {
                **_problem_texts(plan.merged.modules, module, code),
                "problem_parent_id": optional(parents),
                "problem_child_number": optional(np.where(b >= 0, b, a), -1),
                "problem_format": plan.merged.text("format").take(format_of),
                "resource_id": optional(module_resources[module]),
            },
        )

    def ids(self, module: Array, numbers: Array) -> Array:
        """The problem_id of each (module, numbers)."""
        found: Array = self._ids[self._pairs.numbers(module, numbers)]
        return found


def _numbers(code: Array) -> tuple[Array, Array]:
    """The numbers of parts, from the kernel's codes; -1 for those that are not there."""
    return np.where(code > 0, (code - 1) // 1000, np.where(code < 0, -1 - code, -1)), np.where(code > 0, (code - 1) % 1000, -1)


def _problem_texts(modules: Modules, module: Array, code: Array) -> dict[str, Text]:
    """Names and keys: of the module, and the numbers behind it."""
    codes, number = np.unique(code, return_inverse=True)
    numbers = [[n for n in pair if n >= 0] for pair in zip(*(x.tolist() for x in _numbers(codes)), strict=True)]
    as_path, as_key = (Text.of("".join(form.format(n) for n in of) for of in numbers) for form in ("{}/", "_{}"))
    old = modules.id.starting_with(b"i4x://")[module]
    by_id, by_path = np.where(old, module, -1), np.where(old, -1, module)
    category = _known(modules.category, by_path, -1)
    name = (modules.id, by_id, b"/"), (modules.categories, category, b"/"), (modules.name, by_path, b"/"), (as_path, number, b"")
    return {
        "problem_name": _put_together(name, len(code), _NAME),
        "problem_key": _put_together(((modules.id, module, b""), (as_key, number, b"")), len(code)),
    }


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
