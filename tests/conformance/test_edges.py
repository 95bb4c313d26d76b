"""Nothing is read beyond a buffer and its padding: the buffer ends, or begins, where the next page must not be touched (P19)."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = r"""
import ctypes, mmap, sys
import numpy as np
from moocdb_fast import _core, scan

sys.path.insert(0, sys.argv[1])
from conformance.documents import DOCUMENTS
from conformance.lines import GOOD, PLACES, TABLES, fate

PAGE, PAGES = mmap.PAGESIZE, 8
area = mmap.mmap(-1, PAGE * (PAGES + 2))
address = ctypes.addressof(ctypes.c_char.from_buffer(area))
mprotect = ctypes.CDLL(None, use_errno=True).mprotect
mprotect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
for page in (0, PAGES + 1):
    assert mprotect(address + PAGE * page, PAGE, 0) == 0
inside = np.frombuffer(area, np.uint8)[PAGE : PAGE * (PAGES + 1)]


def place(data, at_end):
    size = len(data) + _core.PADDING
    buffer = inside[len(inside) - size :] if at_end else inside[:size]
    buffer[: len(data)] = np.frombuffer(data, np.uint8)
    buffer[len(data) :] = 0x22  # quotes, so that reading on would show
    return buffer


def check(data, options={}):
    expected = scan.scan_text(TABLES, data, options, 100)
    for at_end in (True, False):
        scanner = _core.Scanner(TABLES, **options)
        scanner.feed(place(data, at_end), len(data), 100, True)
        assert (scanner.rows, scanner.counts(), scanner.rejects()) == (expected.rows, expected.counts(), expected.rejects()), data
        assert _core.find_newline(place(data, at_end), 0, len(data)) == data.find(b"\n")


if len(sys.argv) > 2:  # show that the fence is there
    print(inside[-1], np.frombuffer(area, np.uint8)[PAGE * (PAGES + 1)])
    sys.exit()
for end in range(1, len(GOOD) + 1):
    check(GOOD[:end])
    check(GOOD + b"\n" + GOOD[:end], {"keep_payloads": True})
done = 0
for number, document in enumerate(DOCUMENTS.values()):
    for place_of in list(PLACES.values())[number % 2 :: 2]:
        line = place_of(document)
        if len(line) < 20_000:
            check(line)
            done += 1
print(done)
"""


def run(*more: str) -> subprocess.CompletedProcess[str]:
    tests = __file__.rpartition("/conformance/")[0]
    return subprocess.run([sys.executable, "-c", PROGRAM, tests, *more], capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.promise("P19")
def test_the_kernel_stays_within_its_buffers() -> None:
    done = run()
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 3000


def test_the_fence_would_be_felt() -> None:
    done = run("touch")
    assert done.stdout == ""
    assert done.returncode < 0 or "AddressSanitizer: SEGV" in done.stderr
