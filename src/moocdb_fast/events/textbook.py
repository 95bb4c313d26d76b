"""Textbooks: page images, PDF and HTML books."""

from ._spec import EventType, Meaning

_DOC = "edX research guide, student event types: textbook interaction events"
_TURN = Meaning(kind="book", panel=("new", "page", "new_page"))
_READ = Meaning(kind="book", panel=("page",))

TYPES = (
    EventType("book", _TURN, _DOC),
    EventType("textbook.pdf.page.navigated", _TURN, _DOC),
    EventType("textbook.pdf.page.scrolled", _READ, _DOC),
    EventType("textbook.pdf.thumbnails.toggled", _READ, _DOC),
    EventType("textbook.pdf.thumbnail.navigated", _READ, _DOC),
    EventType("textbook.pdf.outline.toggled", _READ, _DOC),
    EventType("textbook.pdf.chapter.navigated", _READ, _DOC),
    EventType("textbook.pdf.zoom.buttons.changed", _READ, _DOC),
    EventType("textbook.pdf.zoom.menu.changed", _READ, _DOC),
    EventType("textbook.pdf.display.scaled", _READ, _DOC),
    EventType("textbook.pdf.display.scrolled", _READ, _DOC),
    EventType("textbook.pdf.search.executed", _READ, _DOC),
    EventType("textbook.pdf.search.navigatednext", _READ, _DOC),
    EventType("textbook.pdf.search.highlight.toggled", _READ, _DOC),
    EventType("textbook.pdf.searchcasesensitivity.toggled", _READ, _DOC),
)
