"""The process of a command, made ready before anything heavy is imported."""

from __future__ import annotations

import os


def main() -> int:
    """Run the command of this process; the return value is its exit code."""
    # NumPy's OpenBLAS would start a thread for each further core, which spins for a while; nothing here multiplies matrices.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from . import main

    return main()
