"""What each event type means: the one place where the translator is taught.

One module per family. To teach a new type, add one `EventType` (or `PathPattern`) with an example to its family; nothing else changes.
"""

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
from ._spec import EventType, Meaning, PathPattern

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

TYPES: tuple[EventType, ...] = tuple(t for family in FAMILIES.values() for t in family.TYPES)

_FAMILY_PATHS: tuple[PathPattern, ...] = tuple(p for family in FAMILIES.values() for p in getattr(family, "PATHS", ()))

# The first match decides: other people's machines, authors, requests on a module, what is no page view.
PATHS: tuple[PathPattern, ...] = (
    *pages.MACHINES,
    *pages.STUDIO,
    *pages.ACTIONS,
    *_FAMILY_PATHS,
    *pages.OTHER_ACTIONS,
    *pages.BACKGROUND,
)

OTHER = Meaning()
"""Any other named type: an observed event with the common fields."""

PAGE_VIEW = Meaning()
"""Any other path: a page request."""


_REQUESTS = {"url_change": "page views", "background_request": "background"}
_BY_CATEGORY = {"problem": "problem", "video": "video", "videoalpha": "video", "combinedopenended": "open response", "peergrading": "open response"}


def canonical(name: str) -> str:
    """The name under which all names of a type are counted."""
    return _CANONICAL.get(name, name)


def family_of(name: str) -> str:
    """The family of an observed_event_type: that which declares it, that of the module of a request, or "other"."""
    if name.startswith("i4x_"):
        return _BY_CATEGORY.get(name.split("_")[1], "other module requests")
    return _FAMILY_OF.get(name) or _REQUESTS.get(name, "other")


_CANONICAL = {name: t.name for t in TYPES for name in t.also}
_FAMILY_OF = {
    **{name: label for label, family in FAMILIES.items() for t in family.TYPES for name in (t.label or t.name, *t.also)},
    **{p.label: label for label, family in FAMILIES.items() for p in getattr(family, "PATHS", ()) if p.label},
}
