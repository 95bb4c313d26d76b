"""Request paths: requests on modules, page requests, and what each means (rules.md, sections 5 and 10)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from moocdb_fast import events

from .addresses import behind_host, clean
from .modules import Module, behind_module, read_module
from .text import strip

_END = re.compile("[?#]")


@dataclass(frozen=True)
class ModuleRequest:
    """A request on a module: `/modx/<module>/<action>` or `/xblock/<module>/handler/…/<action>`."""

    module: Module
    action: str | None


def read_module_request(path: str) -> ModuleRequest | None:
    """What a path asks of which module; None if it is no request on a module."""
    plain = _END.split(path, maxsplit=1)[0]
    if "/modx/" in plain:
        text = plain.split("/modx/", 1)[1]
        pieces = _pieces(behind_module(text))
    elif "/handler/" in plain.partition("/xblock/")[2]:
        text, behind = plain.partition("/xblock/")[2].split("/handler/", 1)
        pieces = _pieces(behind)
        if pieces[:1] == ["xmodule_handler"]:
            del pieces[0]
    else:
        return None
    module = read_module(text)
    return ModuleRequest(module, pieces[0] if pieces else None) if module else None


def read_request_around(path: object, page: object, course: str | None) -> Module | None:
    """The module of the request during which something happened: that of `context.path`, else that of `page`."""
    for text in (path, _path_of(page)):
        if isinstance(text, str) and strip(text).startswith("/"):
            request = read_module_request(strip(text))
            if request:
                return request.module.within(course)
    return None


def _path_of(page: object) -> str | None:
    """What begins with the first slash behind the host of an address, as it is (cleaning would cut old ids)."""
    if not isinstance(page, str) or clean(page) is None:
        return None
    text = strip(page)
    return text if text.startswith("/") else "/" + text.split("//", 1)[1].partition("/")[2]


def _pieces(text: str) -> list[str]:
    return [piece for piece in text.split("/") if piece]


_PAGE_VIEW = events.PathPattern(events.PAGE_VIEW, "", pattern="**")


def entry_of_path(path: str, host: str | None, request: ModuleRequest | None) -> events.PathPattern:
    """The first entry of `events.PATHS` that matches; else a page view."""
    address = clean(path, host)
    assert address is not None  # a path always is an address
    for entry in events.PATHS:
        if entry.pattern and pattern_matches(entry.pattern, behind_host(address)):
            return entry
        if entry.action and request is not None and _action_matches(entry, request):
            return entry
    return _PAGE_VIEW


def _action_matches(entry: events.PathPattern, request: ModuleRequest) -> bool:
    right_action = entry.action in ("*", request.action)
    return right_action and (not entry.categories or request.module.category in entry.categories)


def pattern_matches(pattern: str, path: str) -> bool:
    """`**` stands for anything, `*` for anything without a slash."""
    parts = re.split(r"(\*\*|\*)", pattern)
    wild = {"**": ".*", "*": "[^/]*"}
    return re.fullmatch("".join(wild.get(p) or re.escape(p) for p in parts), path, flags=re.DOTALL) is not None
