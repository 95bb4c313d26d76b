"""Page addresses: cleaning, course, level, place and panel (rules.md, section 5)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from .courses import NEW, read_course
from .text import strip

DEFAULT_HOST = "www.edx.org"
BEHIND_SCHEME = len("https://")  # position 8 also serves `http://`
LONGEST = 2000

_SEQUENTIAL = "+type@sequential+block@"


@dataclass(frozen=True)
class Page:
    """A cleaned address, understood."""

    address: str
    course: str | None = None
    level: int = 0  # 0 no course, 1 page of a course, 2 unit, 3 sub-unit, 4 book
    place: str = ""  # unit and sub-unit
    base: str = ""  # the address without panel
    panel: str = ""
    frame: bool = False

    @property
    def url(self) -> str:
        """The base, and the panel as last piece."""
        return f"{self.base}{self.panel}/" if self.panel else self.base

    def on_panel(self, panel: str) -> Page:
        """The same page with another panel."""
        return replace(self, panel=panel)


@dataclass(frozen=True)
class Piece:
    """What stands between two slashes; `end` is the position behind the closing slash."""

    text: str
    end: int


def read_page(text: object, host: str | None) -> Page | None:
    """The page that a member of a line names; None if it names none."""
    address = clean(text, host) if isinstance(text, str) else None
    return None if address is None else understand(address)


def clean(text: str, host: str | None = None) -> str | None:
    """The cleaned address of `text`; a path gets `host` in front."""
    address = strip(text)
    if address.startswith("/"):
        address = f"https://{host or DEFAULT_HOST}{address}"
    if not address.startswith(("http://", "https://")):
        return None
    address = _cut_at_double_slash(address)
    address = re.split(r"(?:undefined)?\?|[#;$\[]", address, maxsplit=1)[0]
    scheme, rest = address.split("//", 1)
    for code, mark in (("%3A", ":"), ("%2B", "+"), ("%40", "@")):
        rest = re.sub(code, mark, rest, flags=re.IGNORECASE)
    address = _without_people(f"{scheme}//{rest}")
    if address.find("/", BEHIND_SCHEME) != -1:
        before, _, last = address.rpartition("/")
        address = before + "/" + re.split("answer|solution", last, maxsplit=1)[0]
    start = address.index("//") + 2
    if address[start : start + 1] in ("", "/"):
        return None
    address = address.rstrip("/") + "/"
    if len(address.encode()) > LONGEST:
        address = address.encode()[: LONGEST - 1].decode("utf-8", errors="ignore").rstrip("/") + "/"
    return address


ACCOUNTS = ("accounts", "preferences", "users", "user", "enrollment", "bookmarks", "certificates", "team_membership", "subsection-completion")
KEYS = ("activate", "password_reset_confirm", "email_confirm", "unsubscribe", "optout")


def _without_people(address: str) -> str:
    """The address without user and password, and with `-` for pieces that name a person or are a key that acts for one."""
    scheme, rest = address.split("//", 1)
    host, slash, path = rest.partition("/")
    pieces = path.split("/")
    at = [number for number, piece in enumerate(pieces) if piece]
    told = [pieces[number] for number in at]
    for i in range(1, len(told)):
        if _is_personal(told[i], told[:i]):
            pieces[at[i]] = "-"
    return f"{scheme}//{host.rpartition('@')[2]}{slash}{'/'.join(pieces)}"


def _is_personal(piece: str, before: list[str]) -> bool:
    if before[0] == "u":
        return len(before) == 1
    if before[-3:] == ["discussion", "forum", "users"]:
        return True
    if before[0] == "courses":
        return len(before) in (3, 5) and before[-1] in ("progress", "xqueue")
    if before[-2:] == ["certificates", "user"]:
        return True
    if before[0] in ("api", "user_api", "support"):
        profile = len(before) > 1 and before[-2] == "profile_images"
        return profile or (before[-1] in ACCOUNTS and not re.match("v[0-9]", piece))
    return before[-1] in KEYS


def _cut_at_double_slash(address: str) -> str:
    for at in range(BEHIND_SCHEME, len(address)):
        if address.startswith("//", at) and address[at - 1] != ":":
            return address[:at]
    return address


def behind_host(address: str) -> str:
    """A cleaned address from the first slash behind the host on; empty if there is none."""
    start = address.index("//") + 2
    slash = address.find("/", start)
    return "" if slash == -1 else address[slash:]


def pieces_of(address: str) -> list[Piece]:
    """The pieces behind the host."""
    path = behind_host(address)
    start = len(address) - len(path)
    return [Piece(m.group(1), start + m.end()) for m in re.finditer(r"([^/]+)/", path)]


def understand(address: str) -> Page:
    """Course, level, place, base and panel of a cleaned address."""
    pieces = pieces_of(address)
    frame = bool(pieces) and pieces[0].text == "xblock"
    course, rest, introduced_by = _course(pieces)
    if frame or course is None:
        return Page(address, base=address, frame=frame)
    plain = Page(address, course, level=1, base=address)
    if not rest:
        return plain
    section = rest[0].text
    if section == "courseware":
        return _courseware(plain, rest)
    if introduced_by == "course" and _SEQUENTIAL in section:
        place = "/" + section.split(_SEQUENTIAL, 1)[1]
        if len(rest) == 1:
            return replace(plain, level=3, place=place)
        return replace(plain, level=3, place=place, base=address[: rest[0].end], panel=rest[1].text)
    if section in ("book", "pdfbook", "htmlbook"):
        return _book(plain, rest)
    return plain


def section_of(address: str) -> tuple[bool, str]:
    """Whether an address lies in a course, and the first piece behind the course (or else behind the host)."""
    pieces = pieces_of(address)
    in_course = understand(address).course is not None
    first = _course(pieces)[1] if in_course else pieces
    return in_course, first[0].text if first else ""


def _course(pieces: list[Piece]) -> tuple[str | None, list[Piece], str]:
    """The course of an address, the pieces behind it, and the piece before it."""
    texts = [p.text for p in pieces]
    for at, text in enumerate(texts):
        if text in ("courses", "course") and at + 1 < len(texts) and texts[at + 1].startswith(NEW):
            return _valid(texts[at + 1], pieces[at + 2 :], text)
    for at, text in enumerate(texts):
        if text == "courses" and at + 3 < len(texts):
            return _valid("/".join(texts[at + 1 : at + 4]), pieces[at + 4 :], text)
    return None, [], ""


def _valid(text: str, rest: list[Piece], introduced_by: str) -> tuple[str | None, list[Piece], str]:
    course = read_course(text)
    return (None, [], "") if course is None else (course, rest, introduced_by)


def _courseware(plain: Page, rest: list[Piece]) -> Page:
    if len(rest) == 1:
        return plain
    if len(rest) == 2:
        return replace(plain, level=2, place=f"{rest[1].text}/")
    page = replace(plain, level=3, place=f"{rest[1].text}/{rest[2].text}")
    if len(rest) > 3 and re.fullmatch("[0-9]{1,3}", rest[3].text):
        return replace(page, base=plain.address[: rest[2].end], panel=rest[3].text)
    return page


def _book(plain: Page, rest: list[Piece]) -> Page:
    page = replace(plain, level=4)
    counts = len(rest) == 3 or (len(rest) == 5 and rest[0].text != "book")
    if counts and re.fullmatch("[0-9]{1,4}", rest[-1].text):
        return replace(page, base=plain.address[: rest[-2].end], panel=rest[-1].text)
    return page
