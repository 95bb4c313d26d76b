"""What each event type means: the one place where the translator is taught.

One module per family. To teach a new type, add one `EventType` (or `PathPattern`) to its family; nothing else changes.
"""

from . import enrolment, navigation, open_response, pages, problem, textbook, video
from ._spec import EventType, Meaning, PathPattern

FAMILIES = {
    "navigation": navigation,
    "video": video,
    "problem": problem,
    "open response": open_response,
    "textbook": textbook,
    "enrolment": enrolment,
}

TYPES: tuple[EventType, ...] = tuple(t for family in FAMILIES.values() for t in family.TYPES)

# The first match decides: other people's machines, authors, requests on a module, what is no page view.
PATHS: tuple[PathPattern, ...] = (
    *pages.MACHINES,
    *pages.STUDIO,
    *pages.ACTIONS,
    *problem.PATHS,
    *open_response.PATHS,
    *pages.OTHER_ACTIONS,
    *pages.BACKGROUND,
)

OTHER = Meaning()
"""Any other named type: an observed event with the common fields."""

PAGE_VIEW = Meaning()
"""Any other path: a page request."""


_REQUESTS = {"url_change": "page views", "background_request": "background"}
_BY_CATEGORY = {"problem": "problem", "video": "video", "videoalpha": "video", "combinedopenended": "open response", "peergrading": "open response"}


def family_of(name: str) -> str:
    """The family of an observed_event_type: that which declares it, that of the module of a request, or "other"."""
    if name.startswith("i4x_"):
        return _BY_CATEGORY.get(name.split("_")[1], "other module requests")
    return _FAMILY_OF.get(name) or _REQUESTS.get(name, "other")


_FAMILY_OF = {name: label for label, family in FAMILIES.items() for t in family.TYPES for name in (t.name, *t.also)}
