"""What each event type means: the one place where the translator is taught.

One module per family. To teach a new type, add one `EventType` (or `PathPattern`) with an example to its family; nothing else changes.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from . import (
    account,
    certificates,
    course_team,
    enrolment,
    exams,
    forum,
    grades,
    library,
    links,
    navigation,
    notes,
    open_response,
    pages,
    problem,
    recommender,
    search,
    surveys,
    teams,
    textbook,
    video,
    wiki,
    xblocks,
)
from ._spec import Declared, EventType, Meaning, PathPattern

FAMILIES = {
    "navigation": navigation,
    "video": video,
    "problem": problem,
    "open response": open_response,
    "textbook": textbook,
    "forum": forum,
    "wiki": wiki,
    "teams": teams,
    "surveys": surveys,
    "blocks": xblocks,
    "recommender": recommender,
    "library": library,
    "exams": exams,
    "grades": grades,
    "certificates": certificates,
    "enrolment": enrolment,
    "account": account,
    "notes": notes,
    "search": search,
    "links": links,
    "course team": course_team,
}


def declarations(family: Any) -> tuple[Declared, ...]:
    """All that a family declares: types, then request paths, which not every family has."""
    return (*family.TYPES, *getattr(family, "PATHS", ()))


_DECLARED = [(label, declared) for label, family in FAMILIES.items() for declared in declarations(family)]

TYPES: tuple[EventType, ...] = tuple(t for _, t in _DECLARED if isinstance(t, EventType))

_FAMILY_PATHS = tuple((label, p) for label, p in _DECLARED if isinstance(p, PathPattern))

# The first match decides: other people's machines, authors, requests on a module, what is no page view.
PATHS: tuple[PathPattern, ...] = (
    *pages.MACHINES,
    *pages.STUDIO,
    *pages.ACTIONS,
    *(p for _, p in _FAMILY_PATHS),
    *pages.OTHER_ACTIONS,
    *pages.BACKGROUND,
)

OTHER = Meaning()
"""Any other named type: an observed event with the common fields."""

PAGE_VIEW = Meaning()
"""Any other path: a page request."""

REQUESTS = {"url_change": "page views", "background_request": "background"}
"""The types of page views and of background requests, whatever their path, with what they are counted as."""


def canonical(name: str) -> str:
    """The name under which all names of a type are counted."""
    return _CANONICAL.get(name, name)


def family_of(name: str) -> str:
    """The family of an observed_event_type: that which declares it, that of the module of a request, or "other"."""
    if name.startswith("i4x_"):
        return _BY_CATEGORY.get(name.split("_")[1], "other module requests")
    return _FAMILY_OF.get(name) or REQUESTS.get(name, "other")


def families_of(types: Mapping[str, int]) -> dict[str, int]:
    """Numbers by observed_event_type, summed by family."""
    families: Counter[str] = Counter()
    for name, count in types.items():
        families[family_of(name)] += count
    return dict(families)


_CANONICAL = {name: t.name for t in TYPES for name in t.also}
_FAMILY_OF = {
    **{name: label for label, t in _DECLARED if isinstance(t, EventType) for name in (t.label or t.name, *t.also)},
    **{p.label: label for label, p in _FAMILY_PATHS if p.label},
}
_BY_CATEGORY = {category: label for label, p in _FAMILY_PATHS for category in p.categories} | {"video": "video", "videoalpha": "video"}
