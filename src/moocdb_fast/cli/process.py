"""The process of a command, made ready before anything heavy is imported."""

from __future__ import annotations

import os
import sys
import threading

_SIGNAL = 128  # exit codes above it tell of one
_STORE = "store"  # threads that wait for an object store (remote.py, which is not imported for this)


def main() -> int:
    """Run the command of this process; the return value is its exit code."""
    # NumPy's OpenBLAS would start a thread for each further core, which spins for a while; nothing here multiplies matrices.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Arrow's own allocator keeps 10 MB of a run that writes CSV and 50 MB of one that writes Parquet, for no time that could be measured.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    from . import main

    code = main()
    if code > _SIGNAL and any(thread.name.startswith(_STORE) for thread in threading.enumerate()):
        # Python would wait for them until the store answers, or the library gives up.
        sys.stdout.flush()
        os._exit(code)
    return code
