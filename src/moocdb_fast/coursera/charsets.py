"""The server's character sets: which of them a dump may be written in, and what their bytes mean."""

from __future__ import annotations

from functools import cache

_UNICODE = ("utf8", "utf8mb3", "utf8mb4", "ascii", "binary")
_SINGLE = {
    "latin1": "cp1252", "latin2": "iso8859-2", "latin5": "iso8859-9", "latin7": "iso8859-13", "greek": "iso8859-7", "hebrew": "iso8859-8",
    "koi8r": "koi8-r", "koi8u": "koi8-u", "cp1250": "cp1250", "cp1251": "cp1251", "cp1256": "cp1256", "cp1257": "cp1257", "cp850": "cp850",
    "cp852": "cp852", "cp866": "cp866", "macroman": "mac-roman", "macce": "mac-latin2", "tis620": "iso8859-11",
}  # fmt: skip


@cache
def charsets() -> dict[bytes, list[int] | None]:
    """Code points by byte for every character set that is understood; None: its bytes are UTF-8, or taken to be."""
    return {name.encode(): None for name in _UNICODE} | {name.encode(): _points(codec) for name, codec in _SINGLE.items()}


def _points(codec: str) -> list[int]:
    """What the server gives for each byte: where the codec has nothing, the control character of the same number."""
    return [ord(bytes([byte]).decode(codec, "ignore") or chr(byte)) for byte in range(256)]
