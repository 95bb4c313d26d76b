"""What a type in EdxTrackEvent means: the declarations of `events`, looked up by name, or by the module and action of a path."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from ..events import OTHER
from ..events._spec import Meaning
from ..events.lookup import declaration

_I4X = re.compile(r"/modx/i4x:/+[^/]+/[^/]+/([^/]+)/[^/]+/?([^/]*)")
_BLOCK = re.compile(r"/xblock/[^/]*\+type@([^+/]+)\+block@[^/]*/handler/(?:xmodule_handler/)?([^/]*)")
_OLD_BLOCK = re.compile(r"/xblock/i4x:/+[^/]+/[^/]+/([^/]+)/[^/]+/handler/(?:xmodule_handler/)?([^/]*)")


@lru_cache(maxsize=4096)
def meaning_of(name: str, source: str) -> Meaning:
    """What a type means when it comes from that source. Of paths only requests on modules mean something here."""
    if name.startswith("/"):
        category, action = request_of(name)
        name = f"i4x_{category}_{action}" if category else ""
    declared = declaration(name, source) if name else None
    return declared.meaning if declared else OTHER


def request_of(path: str) -> tuple[str, str]:
    """The category of the module that a path is a request on, and the action; empty when it is on none."""
    found = next((m for pattern in (_I4X, _BLOCK, _OLD_BLOCK) if (m := pattern.search(path))), None)
    return (found[1], found[2]) if found else ("", "")


def module_column(meaning: Meaning) -> str:
    """The column that holds the module which the payload names."""
    return _MODULE_COLUMNS.get(meaning.kind, "problem_id")


_MODULE_COLUMNS = {"video": "video_id", "navigation": "sequence_id", "open_response": "question_location"}


def there(payload: Any, paths: tuple[str, ...], wanted: Callable[[Any], Any]) -> Any:
    """What `wanted` makes of the first member path that leads to something it takes; arrays on the way stand for their first element."""
    for path in paths:
        found = _follow(payload, path)
        value = wanted(found)
        if value is None and isinstance(found, list) and found:
            value = wanted(found[0])
        if value is not None:
            return value
    return None


def _follow(payload: Any, path: str) -> Any:
    for name in filter(None, path.split(".")):
        payload = payload[0] if isinstance(payload, list) and payload else payload
        payload = payload.get(name) if isinstance(payload, dict) else None
    return payload


def put(payload: dict[str, Any], path: str, value: Any) -> None:
    """The opposite: sets the member that a path leads to."""
    *outer, last = path.split(".")
    for name in outer:
        payload = payload.setdefault(name, {})
    payload[last] = value
