"""Accounts that a log saw being made. They go to the restricted folder only."""

from __future__ import annotations

from typing import Any

from .lines import Document, decoded, text_of
from .people import People
from .rows import Row
from .tables import ACCOUNT

_PATH = "/create_account"
# columns that are named after the fields of the form
_FIELDS = (
    "name", "mailing_address", "zipcode", "country", "gender", "year_of_birth", "level_of_education", "goals", "honor_code", "course_id",
    "enrollment_action", "email", "receive_emails",
)  # fmt: skip


def account_row(key: str, document: Any, people: People) -> Row | None:
    """The row of a request to make an account; None for any other event. What the form does not ask for stays empty: nothing is guessed."""
    if not isinstance(document, dict) or str(document.get("event_type", "")).strip().partition("?")[0].rstrip("/") != _PATH:
        return None
    post = _post(document)
    user = _one(post.get("username"))
    values = {name: _one(post.get(name)) or None for name in _FIELDS}
    values["zipcode"] = values["zipcode"] or _one(post.get("postal_code")) or None
    agreed = _one(post.get("terms_of_service")).lower() in ("true", "1", "on")
    names = {"screen_name": user or None, "anon_screen_name": people.of(user)}
    return ACCOUNT, {"account_id": f"{key}:c", **names, **values, "terms_of_service": int(agreed)}


def _post(document: Document) -> dict[str, Any]:
    payload = document.get("event")
    if isinstance(payload, str):
        payload = decoded(payload)
    post = payload.get("POST") if isinstance(payload, dict) else None
    return post if isinstance(post, dict) else {}


def _one(value: Any) -> str:
    """A field of a request: lists of one stand for their element."""
    return text_of(value[0] if isinstance(value, list) and len(value) == 1 else value)
