"""Wiki: articles that are written and edited. There are no events, only requests."""

from collections.abc import Mapping

from ._samples import course_path
from ._spec import MIDDLEWARE, EventType, Meaning, PathPattern, Paths, Post

TYPES: tuple[EventType, ...] = ()


def _edit(pattern: str, label: str, path: str, fields: Mapping[str, str], key: Paths = ()) -> PathPattern:
    post = Post("wiki_edit", "request", key=key, content=("POST.title", "POST.content", "POST.summary"), needs_content=True)
    return PathPattern(
        Meaning(mode="collaborating", post=post),
        MIDDLEWARE,
        pattern=pattern,
        about=2,
        label=label,
        era="since 2012",
        path=path,
        example={"POST": {name: [value] for name, value in fields.items()}, "GET": {}},
    )


_ARTICLE = {"title": "Resistors", "content": "A resistor limits the current.", "summary": "First text", "slug": "resistors"}
_EDIT = {"title": "Resistors", "content": "A resistor limits the current. See Ohm.", "summary": "Link", "current_revision": "7"}

# `_edit/` is below the article that is edited, `_create/` below its parent; the slug is what later edits name
PATHS = tuple(
    pattern
    for site, path in (("/courses/**/wiki/**", course_path("wiki")), ("/wiki/**", "/wiki"))
    for pattern in (
        _edit(f"{site}_create/", "wiki_create", f"{path}/MOOC/_create/", _ARTICLE, ("POST.slug",)),
        _edit(f"{site}_edit/", "wiki_edit", f"{path}/MOOC/resistors/_edit/", _EDIT),
    )
)
