"""What rules.md calls blank and strip: bytes up to 0x20."""

BLANKS = "".join(map(chr, range(0x21)))


def strip(text: str) -> str:
    """`text` without blanks at both ends."""
    return text.strip(BLANKS)


def is_blank(text: str) -> bool:
    """Empty, or only blanks."""
    return strip(text) == ""


def text_or_none(value: object) -> str | None:
    """A stripped text; None for anything else and for blank text."""
    return strip(value) or None if isinstance(value, str) else None


def is_integer(value: object) -> bool:
    """A JSON integer. Python's booleans are integers too; JSON's are not."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: object) -> bool:
    """A JSON number."""
    return isinstance(value, float) or is_integer(value)
