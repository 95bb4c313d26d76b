"""Textbooks: page images, PDF and HTML books."""

from functools import partial

from ._samples import course_page
from ._spec import EventType, Meaning

_DOC = "edX research guide, student event types: textbook interaction events"
_SINCE = "since 2014-04-16"

_TURN = Meaning(kind="book", panel=("new", "page", "new_page"))
_READ = Meaning(kind="book", panel=("page",))
_PLAIN = Meaning(kind="book")

_event = partial(
    EventType,
    envelope={"event_source": "browser", "page": course_page("pdfbook/0/chapter/1/")},
)

_CHAPTER = "/static/circuits_chapter_1.pdf"
_SEARCH = {"query": "resistor", "caseSensitive": False, "highlightAll": True, "status": ""}


def _pdf(name: str, **fields: object) -> dict[str, object]:
    return {"name": f"textbook.pdf.{name}", "chapter": _CHAPTER, "page": 7, **fields}


TYPES = (
    _event("book", _TURN, _DOC, "since 2012", example={"type": "gotopage", "old": 7, "new": 25, "chapter": _CHAPTER}),
    _event("textbook.pdf.page.navigated", _TURN, _DOC, _SINCE, example=_pdf("page.navigated")),
    _event("textbook.pdf.page.scrolled", _READ, _DOC, _SINCE, ("textbook.pdf.display.scrolled",), example=_pdf("page.scrolled", direction="down")),
    _event("textbook.pdf.thumbnails.toggled", _READ, _DOC, _SINCE, example=_pdf("thumbnails.toggled")),
    _event(
        "textbook.pdf.thumbnail.navigated",
        _READ,
        _DOC,
        _SINCE,
        ("textbook.pdf.thumbnails.navigated",),
        example=_pdf("thumbnail.navigated", thumbnail_title="Page 7"),
    ),
    _event("textbook.pdf.outline.toggled", _READ, _DOC, _SINCE, example=_pdf("outline.toggled")),
    _event(
        "textbook.pdf.chapter.navigated",
        _PLAIN,
        _DOC,
        _SINCE,
        example={"name": "textbook.pdf.chapter.navigated", "chapter": _CHAPTER, "chapter_title": "Resistors"},
    ),
    _event("textbook.pdf.zoom.buttons.changed", _READ, _DOC, _SINCE, example=_pdf("zoom.buttons.changed", direction="in")),
    _event("textbook.pdf.zoom.menu.changed", _READ, _DOC, _SINCE, example=_pdf("zoom.menu.changed", amount="1.25")),
    _event("textbook.pdf.display.scaled", _READ, _DOC, _SINCE, example=_pdf("display.scaled", amount=1.25)),
    _event("textbook.pdf.search.executed", _READ, _DOC, _SINCE, example=_pdf("search.executed", **_SEARCH)),
    _event("textbook.pdf.search.navigatednext", _READ, _DOC, _SINCE, example=_pdf("search.navigatednext", findprevious=False, **_SEARCH)),
    _event("textbook.pdf.search.highlight.toggled", _READ, _DOC, _SINCE, example=_pdf("search.highlight.toggled", **_SEARCH)),
    _event(
        "textbook.pdf.searchcasesensitivity.toggled",
        _READ,
        _DOC,
        _SINCE,
        ("textbook.pdf.search.casesensitivity.toggled",),
        example=_pdf("searchcasesensitivity.toggled", **_SEARCH),
    ),
)
