"""Module ids: one spelling for each (rules.md, section 7)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from .courses import NEW, read_course
from .text import strip

LONGEST = 500

_KEY = re.compile(r'(?:ccx-|lib-)?block-v1:[^/?&"\\\x00-\x20]*')
LONGEST_KEY = 4000  # bytes
_BRANCH = re.compile(r"\+(?:branch|version)@[^+]*")
_SLASHED = re.compile(r"i4x:/+")
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,255}")


@dataclass(frozen=True)
class Module:
    """A module by its canonical id, and the course it belongs to: that of the event, or without one that of its key."""

    id: str
    category: str
    name: str
    course: str | None = None

    @property
    def path(self) -> str:
        """What stands for the module behind a page address."""
        return f"{self.category}/{self.name}/"

    @property
    def html_id(self) -> str:
        """The platform's html form of an i4x id; empty for block keys."""
        if not self.id.startswith("i4x://"):
            return ""
        return "i4x-" + "-".join(html(piece) for piece in self.id.removeprefix("i4x://").split("/"))

    def within(self, course: str | None) -> Module:
        """The same module in the course of an event, if that is known."""
        return replace(self, course=course or self._course_of_key())

    def _course_of_key(self) -> str | None:
        for prefix, course in (("block-v1:", "course-v1:"), ("ccx-block-v1:", "ccx-v1:")):
            if self.id.startswith(prefix):
                return read_course(course + self.id.removeprefix(prefix).split("+type@", 1)[0])
        return None


def html(text: str) -> str:
    """The platform's html form of an id: ASCII characters other than `A-Z a-z 0-9 _ -` become `_`."""
    return re.sub(r"[\x00-\x7f]", lambda m: m.group() if re.match(r"[A-Za-z0-9_-]", m.group()) else "_", text)


def read_module(value: object, course: str | None = None, category: str = "") -> Module | None:
    """The module that a text names. `category` allows a bare name."""
    if not isinstance(value, str):
        return None
    text = strip(value).replace(";_", "/")
    if "block-v1:" in text:
        module = _of_key(text)
    elif "i4x:/" in text:
        module = _of_slashes(text)
    elif text.startswith("i4x-"):
        module = _of_dashes(text.removeprefix("i4x-"), course)
    elif category and course and _NAME.fullmatch(text):
        module = _of_name(text, course, category)
    else:
        module = None
    return module.within(course) if module and len(module.id.encode()) <= LONGEST else None


def behind_module(value: str) -> str:
    """What follows the key, or the four i4x pieces, in a text that names a module; empty if nothing does."""
    text = strip(value).replace(";_", "/")
    if key := _KEY.search(text):
        return text[key.end() :]
    if start := _SLASHED.search(text):
        behind = text[start.end() :].split("/", 4)
        return behind[4] if len(behind) > 4 else ""
    return ""


def _i4x(organisation: str, number: str, category: str, name: str) -> Module | None:
    if not (organisation and number and category and name) or "/" in organisation + number + category:
        return None
    return Module(f"i4x://{organisation}/{number}/{category}/{html(name)}", category, html(name))


def _of_key(text: str) -> Module | None:
    match = _KEY.search(text)
    assert match
    if len(match.group().encode()) > LONGEST_KEY:
        return None
    key = _BRANCH.sub("", match.group())
    _, _, behind_type = key.partition("+type@")
    _, _, behind_block = behind_type.partition("+block@")
    category, name = behind_type.split("+", 1)[0], behind_block.split("+", 1)[0]
    return Module(key, category, name) if category and name else None


def _of_slashes(text: str) -> Module | None:
    start = _SLASHED.search(text)
    assert start
    pieces = text[start.end() :].split("/")
    if len(pieces) < 4:
        return None
    return _i4x(pieces[0], pieces[1], pieces[2], re.split("[@?]", pieces[3], maxsplit=1)[0])


def _of_dashes(rest: str, course: str | None) -> Module | None:
    if course and not course.startswith(NEW):
        organisation, number, _ = course.split("/")
        prefix = f"{html(organisation)}-{html(number)}-"
        if rest.startswith(prefix):
            category, _, name = rest.removeprefix(prefix).partition("-")
            return _i4x(organisation, number, category, name)
    parts = rest.split("-", 3)
    return _i4x(parts[0], parts[1], parts[2], parts[3]) if len(parts) == 4 else None


def _of_name(name: str, course: str, category: str) -> Module | None:
    if not course.startswith(NEW):
        organisation, number, _ = course.split("/")
        return _i4x(organisation, number, category, name)
    prefix, rest = course.split(":", 1)
    kind = "ccx-block-v1" if prefix == "ccx-v1" else "block-v1"
    return Module(f"{kind}:{rest}+type@{category}+block@{name}", category, name)
