"""Request paths: requests on modules, page requests, and what each means (rules.md, sections 5 and 10)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from moocdb_fast import events

from .addresses import behind_host, clean
from .modules import Module, behind_module, read_module

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


def _pieces(text: str) -> list[str]:
    return [piece for piece in text.split("/") if piece]


def meaning_of_path(path: str, host: str | None, request: ModuleRequest | None) -> events.Meaning:
    """The first entry of `events.PATHS` that matches; else a page view."""
    address = clean(path, host)
    assert address is not None  # a path always is an address
    for entry in events.PATHS:
        if entry.pattern and pattern_matches(entry.pattern, behind_host(address)):
            return entry.meaning
        if entry.action and request is not None and _action_matches(entry, request):
            return entry.meaning
    return events.PAGE_VIEW


def _action_matches(entry: events.PathPattern, request: ModuleRequest) -> bool:
    right_action = entry.action in ("*", request.action)
    return right_action and (not entry.categories or request.module.category in entry.categories)


def pattern_matches(pattern: str, path: str) -> bool:
    """`**` stands for anything, `*` for anything without a slash."""
    parts = re.split(r"(\*\*|\*)", pattern)
    wild = {"**": ".*", "*": "[^/]*"}
    return re.fullmatch("".join(wild.get(p) or re.escape(p) for p in parts), path, flags=re.DOTALL) is not None
