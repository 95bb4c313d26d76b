"""Collaborations: forum posts, votes, wiki edits (rules.md, section 9a)."""

from __future__ import annotations

from dataclasses import dataclass

from moocdb_fast.events import _spec

from .addresses import Page, pieces_of
from .payload import found, found_key, found_text

UNDONE = "unvote"


@dataclass(frozen=True)
class Post:
    """What somebody wrote, or did to what somebody wrote."""

    type: int
    trust: str
    key: str | None
    about: str | None
    content: str | None


def read_post(declared: _spec.Post, payload: object, *, undecoded: bool, path: Page | None, piece: int) -> Post | None:
    """The post of an event. Of a path event `path` is its own page and `piece` says which piece from its end it is about, if any."""
    texts = [text for member in declared.content if (text := found_text(payload, (member,))) is not None]
    if declared.needs_content and not texts and not undecoded:
        return None
    if found(payload, declared.undo) is True:
        content: str | None = UNDONE
    else:
        content = "\n\n".join(texts) or declared.word or None
    return Post(
        type=1 + _spec.POST_TYPES.index(declared.type),
        trust=declared.trust,
        key=found_key(payload, declared.key),
        about=_piece(path, piece) if path and piece else found_key(payload, declared.about),
        content=content,
    )


def _piece(path: Page, piece: int) -> str | None:
    """A piece of a cleaned path, counted from its end."""
    pieces = pieces_of(path.address)
    return pieces[-piece].text if len(pieces) >= piece else None
