"""Accounts that a log saw being made. They go to the restricted folder only."""

from __future__ import annotations

from typing import Any

from .. import _core
from .lines import Document, parse, text_of
from .people import People
from .rows import Row
from .tables import ACCOUNT

_PATH = "/create_account"
_COLUMNS = {
    "screen_name": ("username",),
    "name": ("name",),
    "mailing_address": ("mailing_address",),
    "zipcode": ("zipcode", "postal_code"),
    "country": ("country",),
    "gender": ("gender",),
    "year_of_birth": ("year_of_birth",),
    "level_of_education": ("level_of_education",),
    "goals": ("goals",),
    "honor_code": ("honor_code",),
    "course_id": ("course_id",),
    "enrollment_action": ("enrollment_action",),
    "email": ("email",),
    "receive_emails": ("receive_emails",),
}


def account_row(key: str, document: Any, people: People) -> Row | None:
    """The row of a request to make an account; None for any other event. What the form does not ask for stays empty: nothing is guessed."""
    if not isinstance(document, dict) or str(document.get("event_type", "")).strip().partition("?")[0].rstrip("/") != _PATH:
        return None
    post = _post(document)
    values = {column: next((v for name in names if (v := _one(post.get(name)))), None) for column, names in _COLUMNS.items()}
    agreed = _one(post.get("terms_of_service")).lower() in ("true", "1", "on")
    return ACCOUNT, {"account_id": f"{key}:c", **values, "anon_screen_name": people.of(_one(post.get("username"))), "terms_of_service": int(agreed)}


def _post(document: Document) -> dict[str, Any]:
    payload = document.get("event")
    if isinstance(payload, str):
        decoded, text = _core.decode_payload(payload.encode())
        payload = parse(text) if decoded else None
    post = payload.get("POST") if isinstance(payload, dict) else None
    return post if isinstance(post, dict) else {}


def _one(value: Any) -> str:
    """A field of a request: lists of one stand for their element."""
    return text_of(value[0] if isinstance(value, list) and len(value) == 1 else value)
