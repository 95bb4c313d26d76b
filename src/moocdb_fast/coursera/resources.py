"""Resources: index pages, sections, lectures, quizzes, assignments, tasks, pages, forums, threads and announcements, and their addresses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import numpy as np
import pyarrow as pa

from ..tabular import numbered
from .columns import NONE, Frame, Lookup, Reader, numbers, stamps
from .kinds import INDEX, INDEXES, QUIZ_RESOURCE, RESOURCES, SITE
from .reasons import Note

Array = np.ndarray[Any, Any]
_NAME, _URI = 555, 2083


@dataclass
class Resources:
    """The resources so far. `ids` leads from what the platform calls an item to its resource."""

    course: str
    names: list[str | None] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    types: list[int] = field(default_factory=list)
    parents: list[int | None] = field(default_factory=list)
    children: list[int | None] = field(default_factory=list)
    releases: list[int] = field(default_factory=list)
    states: list[str | None] = field(default_factory=list)
    ids: dict[str, dict[int, int]] = field(default_factory=dict)
    wiki: dict[str, int] = field(default_factory=dict)  # by canonical name
    indexes: dict[str, int] = field(default_factory=dict)  # by what stands behind the course in the address
    _urls: dict[str, int] = field(default_factory=dict)

    def add(
        self,
        kind: str,
        number: int,
        name: str | None,
        *,
        parent: int | None = None,
        child: int | None = None,
        release: int = NONE,
        state: str | None = None,
        type: int | None = None,
        address: str | None = None,
    ) -> int:
        """A resource, of a kind in RESOURCES; its id."""
        made = RESOURCES[kind]
        self._append(name, made.address.format(id=number if address is None else address), f"{kind}:{number}", made.type if type is None else type)
        self.parents.append(parent)
        self.children.append(child if child is not None and child >= 1 else None)
        self.releases.append(release)
        self.states.append(state)
        self.ids.setdefault(kind, {})[number] = len(self.names)
        return len(self.names)

    def add_indexes(self) -> None:
        """The pages that every course has."""
        for name, address in INDEXES:
            self._append(name, address, f"index:{address.split('/')[0]}", INDEX)
            self.indexes[address] = len(self.names)
            self.parents.append(None)
            self.children.append(None)
            self.releases.append(NONE)
            self.states.append(None)

    def _append(self, name: str | None, address: str, key: str, type: int) -> None:
        self.names.append(name[:_NAME] if name is not None else None)
        self.addresses.append(f"{SITE}/{self.course}/{address}"[:_URI])
        self.keys.append(key)
        self.types.append(type)

    def of(self, kind: str) -> Lookup:
        """From numbers of a kind of items to resources."""
        found = self.ids.get(kind, {})
        return Lookup(list(found), list(found.values()))

    def tables(self) -> dict[str, pa.Table]:
        """resources, urls and resources_urls."""
        resources = numbered(
            "resources",
            {
                "resource_name": self.names,
                "resource_uri": self.addresses,
                "resource_key": self.keys,
                "resource_type_id": self.types,
                "resource_parent_id": self.parents,
                "resource_child_number": self.children,
                "resource_release_timestamp": stamps(np.array(self.releases, np.int64)),
                "resource_status": self.states,
            },
        )
        pairs = {"resource_id": list(range(1, len(self.names) + 1)), "url_id": self.url_ids()[1:].tolist()}
        return {
            "resources": resources,
            "urls": numbered("urls", {"url": list(self._urls)}),
            "resources_urls": numbered("resources_urls", pairs),
        }

    def url(self, address: str) -> int:
        """url_id of an address, which may be one of no resource."""
        return self._urls.setdefault(address, len(self._urls) + 1)

    def url_ids(self) -> Array:
        """url_id by resource_id; 0 for none."""
        return np.array([0, *map(self.url, self.addresses)], np.int64)


@dataclass
class Items:
    """Where each lecture, quiz or assignment stands: its section and its place."""

    reader: Reader
    places: dict[tuple[str, int], tuple[int, int]]
    sections: dict[int, int]
    unfiled: int = 0

    def place(self, kind: str, number: int) -> tuple[int | None, int | None]:
        """Parent and child number of an item."""
        section, order = self.places.pop((kind, number), (NONE, NONE))
        parent = self.sections.get(section)
        self.unfiled += section != NONE and parent is None
        return parent, order if order != NONE else None


def read_items(reader: Reader, resources: Resources) -> Items:
    """Sections become resources; the places of items are read."""
    frame = reader.frame("sections")
    ids, shown = frame.numbers("id"), frame.numbers("display_order")
    names, releases = frame.texts("title").to_pylist(), frame.times("visible_date").tolist()
    for child, row in enumerate(np.lexsort((ids, shown)).tolist(), 1):
        resources.add("section", int(ids[row]), names[row], child=child, release=releases[row])
    frame = reader.frame("items_sections")
    places: dict[tuple[str, int], tuple[int, int]] = {}
    for kind, item, section, order in zip(
        frame.texts("item_type").to_pylist(), *(numbers(frame.raw(c)).tolist() for c in ("item_id", "section_id", "order")), strict=True
    ):
        places.setdefault((kind or "", item), (section, order))
    return Items(reader, places, resources.ids.get("section", {}))


def live_of(frame: Frame) -> dict[int, int]:
    """Number of an item → number of the live one it is a draft of (itself, if it is none, or if its drafts go in a circle)."""
    ids, above = frame.numbers("id").tolist(), frame.numbers("parent_id").tolist()
    known = set(ids)
    parents = {number: parent for number, parent in zip(ids, above, strict=True) if parent >= 0 and parent in known}
    live = {}
    for number in ids:
        at, seen = number, set()
        while at in parents and at not in seen:
            seen.add(at)
            at = parents[at]
        live[number] = number if at in seen else at
    return live


def add_items(reader: Reader, resources: Resources, items: Items, frame: Frame, kind: str, section_kind: str | None = None) -> dict[int, int]:
    """Lectures, quizzes, assignments or tasks as resources; from the number of an item to that of the live one."""
    live = live_of(frame) if "parent_id" in frame.names else {number: number for number in frame.numbers("id").tolist()}
    ids = frame.numbers("id").tolist()
    titles, releases, deleted = frame.texts("title").to_pylist(), frame.times("open_time").tolist(), frame.flags("deleted").tolist()
    quiz_types = frame.texts("quiz_type").to_pylist() if kind == "quiz" else [None] * len(ids)
    for number, title, release, gone, quiz_type in zip(ids, titles, releases, deleted, quiz_types, strict=True):
        if live[number] != number:
            continue
        parent, child = items.place(section_kind or kind, number)
        state = "deleted" if gone else None
        resources.add(kind, number, title, parent=parent, child=child, release=release, state=state, type=QUIZ_RESOURCE.get(quiz_type or ""))
    known = resources.ids.setdefault(kind, {})
    for number, at in live.items():
        if number != at:
            known[number] = known[at]
    return live


def add_pages(reader: Reader, resources: Resources) -> None:
    """Wiki pages."""
    frame = reader.frame("wiki_pages")
    rows = zip(
        frame.numbers("id").tolist(),
        *(frame.texts(c).to_pylist() for c in ("title", "canonical_name")),
        frame.flags("deleted").tolist(),
        strict=True,
    )
    for number, title, name, gone in rows:
        made = resources.add("wiki", number, title, address=quote(name or ""), state="deleted" if gone else None)
        resources.wiki.setdefault(name or "", made)


def add_forums(reader: Reader, resources: Resources) -> None:
    """Forums, and the threads below them."""
    frame = reader.frame("forum_forums")
    ids, shown = frame.numbers("id"), frame.numbers("display_order")
    names, above, deleted = frame.texts("name").to_pylist(), frame.numbers("parent_id").tolist(), frame.flags("deleted").tolist()
    order = np.lexsort((ids, shown)).tolist()
    for row in order:
        resources.add("forum", int(ids[row]), names[row], state="deleted" if deleted[row] else None)
    forums = resources.ids.setdefault("forum", {})
    children: dict[int | None, int] = {}
    for row in order:
        at = forums[int(ids[row])] - 1
        parent = forums.get(above[row]) if above[row] != int(ids[row]) else None
        children[parent] = children.get(parent, 0) + 1
        resources.parents[at], resources.children[at] = parent, children[parent]
    frame = reader.frame("forum_threads")
    rows = zip(
        frame.numbers("id").tolist(),
        frame.numbers("forum_id").tolist(),
        frame.texts("title").to_pylist(),
        frame.times("posted_time").tolist(),
        frame.flags("deleted").tolist(),
        frame.flags("is_spam").tolist(),
        strict=True,
    )
    lost = 0
    for number, forum, title, posted, gone, spam in rows:
        parent = forums.get(forum)
        lost += parent is None
        if parent is not None:
            children[-parent] = children.get(-parent, 0) + 1
        child = None if parent is None else children[-parent]
        resources.add("thread", number, title, parent=parent, child=child, release=posted, state=status(gone, spam))
    reader.ledger.note(frame.name, Note.NO_FORUM, lost)


def status(deleted: bool, spam: bool = False) -> str | None:
    """What is marked in the tables."""
    return "deleted" if deleted else "spam" if spam else None
