"""Pseudonyms of the persons whom payloads name, and what of an address or a path may name one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..identities import pseudonym

_ID = re.compile(r"\d{1,20}")
_BLANKS = "".join(map(chr, range(0x21)))
_QUEUE = re.compile(r"(/xqueue/)\d+(?=/)")


class People:
    """Pseudonyms under the key. `ids`: pseudonyms of those platform ids whose name the log tells."""

    def __init__(self, key: bytes, ids: Mapping[str, str]) -> None:
        self._key, self._ids = key, ids

    def of(self, who: Any) -> str:
        """The pseudonym of a user name or platform id; nothing for nobody."""
        text = (str(who) if isinstance(who, str | int) and not isinstance(who, bool) else "").strip(_BLANKS)
        if not text:
            return ""
        if _ID.fullmatch(text) and not isinstance(who, str):
            return self.of_id(text)
        return pseudonym(self._key, b"n:" + text.encode())

    def of_id(self, who: Any) -> str:
        """The pseudonym of a platform id; what is none is a name."""
        text = (str(who) if isinstance(who, str | int) and not isinstance(who, bool) else "").strip(_BLANKS)
        if not _ID.fullmatch(text):
            return self.of(text)
        text = text.lstrip("0") or "0"
        return self._ids.get(text) or pseudonym(self._key, b"i:" + text.encode())

    def session(self, session: Any) -> str:
        """The pseudonym of a session: it tells sessions apart and leads to none of the platform's records."""
        return pseudonym(self._key, b"s:" + session.encode()) if isinstance(session, str) and session.strip() else ""


def without_persons(path: str) -> str:
    """A request to grade, without the platform id in it."""
    return _QUEUE.sub(r"\1-", path)
