"""URLs, and the tree of pages and modules (rules.md, section 12)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from moocdb_fast.events import resources as kinds

from .addresses import Page, behind_host, pieces_of, section_of
from .modules import Module

UNKNOWN = "https://unknown/"
LONGEST_URI = 2083
T = TypeVar("T", bound=Hashable)


class Numbers(Generic[T]):
    """Numbers things from 1 in order of first appearance."""

    def __init__(self) -> None:
        self.ids: dict[T, int] = {}

    def __call__(self, thing: T) -> int:
        return self.ids.setdefault(thing, len(self.ids) + 1)


@dataclass
class Resource:
    """A page (`module` is None) or a module."""

    id: int
    uri: str
    type: int
    module: Module | None = None
    name: str | None = None
    parent: int | None = None


class Resources:
    """URLs, resources and their pairs, as rows introduce them."""

    def __init__(self) -> None:
        self.urls: Numbers[str] = Numbers()
        self.pairs: Numbers[tuple[int, int]] = Numbers()
        self.all: list[Resource] = []
        self._pages: dict[str, Resource] = {}
        self._modules: dict[Module, Resource] = {}

    def page(self, page: Page) -> int:
        """Introduce a page and the pages above it; the id of the page."""
        self.urls(page.url)
        parent: int | None = None
        for address in ancestors(page.url):
            if address not in self._pages:
                self._pages[address] = self._new(address, type_of_page(address), parent)
            parent = self._pages[address].id
        assert parent
        return parent

    def module(self, module: Module) -> int:
        """Introduce a module; its id."""
        if module not in self._modules:
            resource = self._new(UNKNOWN + module.path, kinds.BY_CATEGORY.get(module.category, kinds.OTHER), None)
            resource.module, resource.name = module, name_of(module)
            self._modules[module] = resource
        return self._modules[module].id

    def place_module(self, module: Module, page: Page) -> None:
        """Give a module its first page; later pages change nothing."""
        resource = self._modules[module]
        if resource.parent is None:
            resource.parent = self.page(page)
            resource.uri = (page.url + module.path)[:LONGEST_URI]

    def name_module(self, module: Module, name: str) -> None:
        """Give a module that became a resource a display name."""
        if module in self._modules:
            self._modules[module].name = name

    def id_of(self, module: Module) -> int | None:
        """The resource of a module, if any row has it as its resource."""
        return self._modules[module].id if module in self._modules else None

    def child_numbers(self) -> dict[int, int]:
        """The rank of each resource among the children of its parent."""
        children: Counter[int] = Counter()
        ranks = {}
        for resource in self.all:
            if resource.parent is not None:
                children[resource.parent] += 1
                ranks[resource.id] = children[resource.parent]
        return ranks

    def _new(self, uri: str, type_: int, parent: int | None) -> Resource:
        resource = Resource(len(self.all) + 1, uri, type_, parent=parent)
        self.all.append(resource)
        return resource


def ancestors(url: str) -> list[str]:
    """The addresses along a URL: the host first, the URL itself last."""
    host = url.removesuffix(behind_host(url)) + "/" if behind_host(url) else url
    return [host, *(url[: piece.end] for piece in pieces_of(url))]


def type_of_page(address: str) -> int:
    """By the first piece behind the course, else by the first piece behind the host."""
    in_course, section = section_of(address)
    return (kinds.BY_SECTION if in_course else kinds.BY_SITE_SECTION).get(section, kinds.OTHER)


def name_of(module: Module) -> str | None:
    """A module without display name: its own name, unless that is a machine's."""
    return None if re.search("[0-9a-fA-F]{32}", module.name) else module.name.replace("_", " ")
