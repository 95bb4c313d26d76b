"""Memory that is free goes back to the system. The C library keeps it otherwise, in pieces that do not fit what comes next."""

from __future__ import annotations

import ctypes
import sys


def give_back() -> None:
    """Give back what is free now."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform.startswith("linux") else None  # not every C library has it
    if trim is not None:
        trim(ctypes.c_size_t(0))
