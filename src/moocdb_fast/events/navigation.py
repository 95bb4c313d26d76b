"""Moving inside a course: sequence tabs, and leaving a page."""

from ._spec import EventType, Meaning

_DOC = "edX research guide, student event types: navigational events"
_SEQUENCE = Meaning(kind="navigation", module=("id",), category="sequential", panel=("new", "target_tab"))
_LINK = Meaning(kind="navigation")

TYPES = (
    EventType("seq_goto", _SEQUENCE, _DOC, also=("edx.ui.lms.sequence.tab_selected",)),
    EventType("seq_next", _SEQUENCE, _DOC, also=("edx.ui.lms.sequence.next_selected",)),
    EventType("seq_prev", _SEQUENCE, _DOC, also=("edx.ui.lms.sequence.previous_selected",)),
    EventType("edx.ui.lms.link_clicked", _LINK, _DOC),
    EventType("edx.ui.lms.outline.selected", _LINK, _DOC),
    EventType("page_close", Meaning(fate="page_close"), _DOC),
)
