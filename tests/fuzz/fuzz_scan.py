"""Coverage-guided fuzzing of the scan with libFuzzer; started by `ci/fuzz.sh`, which builds the kernel for it and preloads what it needs.

libFuzzer's entry is called through ctypes: no driver in C++, and the kernel is the module that users import, built with other flags.
"""

from __future__ import annotations

import ctypes
import os
import sys
import traceback
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "benchmarks")]

from conformance.documents import DOCUMENTS  # noqa: E402
from conformance.lines import PLACES  # noqa: E402
from synthetic_log import Plan, lines  # noqa: E402

from fuzz.harness import check, check_all  # noqa: E402
from moocdb_fast.events.examples import examples, scene, text  # noqa: E402

LONGEST = 2048  # bytes of an input
MOST = 1500  # inputs for the twin
WORDS = (
    '{"', '"}', '":"', '","', '":', "[", "]", "}{", "\\u", "\\ud83d\\ude00", "\\ud800", "\\\\", '\\"', "null", "true", "1e999",
    "18446744073709551616", "-0", "\\n", "\\r\\n", "username", "event_type", "event_source", "browser", "server", "name", "time", "timestamp",
    "2024-03-05T10:15:00.25+00:00", "$date", "$numberLong", "page", "https://", "/courses/", "course-v1:X+Y+Z", "/courseware/", "/jump_to/",
    "/xblock/", "/handler/", "/modx/", "block-v1:X+Y+Z+type@problem+block@p", "i4x://X/Y/problem/p", "i4x-X-Y-problem-p_2_1", "host", "agent", "ip",
    "context", "course_id", "user_id", "module", "usage_key", "event", "data", "problem_id", "answers", "correct_map", "submission", "state", "POST",
    "input_p_2_1=4", "%5B%5D", "&", "attempts", "grade", "max_grade", "problem_check", "problem_graded", "page_close", "seq_goto", "play_video",
    "edx.forum.thread.created",
)  # fmt: skip


def seeds(folder: Path) -> None:
    """Lines of the generator and of the declarations, and the odd documents in their places."""
    folder.mkdir(parents=True, exist_ok=True)
    found: list[bytes] = []
    for era in ("modern", "legacy"):
        log = list(lines(Plan(size=150_000, era=era, seed=3, bad_rate=0.02)))
        found += [line for line in log if len(line) < LONGEST][::3]
        found += [b"\n".join(log[n : n + 3]) for n in range(0, 60, 3)]
    found += [b"\n".join(text(line).encode() for line in scene(declared)) for declared in examples()]
    places = list(PLACES.values())
    found += [places[n % len(places)](document) for n, document in enumerate(DOCUMENTS.values()) if n % 5 == 0]
    for n, line in enumerate(found):
        (folder / f"seed{n:05}").write_bytes(line[:LONGEST])


def words(path: Path) -> None:
    """The dictionary, as libFuzzer reads it."""
    path.write_text("".join('"' + "".join(f"\\x{byte:02x}" for byte in word.encode()) + '"\n' for word in WORDS))


@ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t)
def one(address: int, size: int) -> int:
    """Try one input. What fails ends the process here, so that libFuzzer keeps the input."""
    data = ctypes.string_at(address, size)
    try:
        check(data)
    except BaseException:  # noqa: BLE001 - whatever it is, it is a find
        traceback.print_exc()
        sys.stderr.flush()
        os.abort()
    return 0


def replay(folder: Path) -> int:
    """Check what reached something new, the latest first, against the twin as well."""
    units = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)[:MOST]
    for path in units:
        try:
            check_all(path.read_bytes())
        except Exception:
            print(f"{path} fails:", file=sys.stderr)
            raise
    print(f"{len(units)} inputs agree with the twin")
    return 0


def main() -> int:
    work, *arguments = sys.argv[1:]
    if arguments == ["replay"]:
        return replay(Path(work, "corpus"))
    seeds(Path(work, "seeds"))
    words(Path(work, "words"))
    for name in ("corpus", "finds"):
        Path(work, name).mkdir(exist_ok=True)
    command = ["fuzz_scan", f"-dict={work}/words", f"-artifact_prefix={work}/finds/", f"-max_len={LONGEST}"]
    command += ["-timeout=20", "-rss_limit_mb=4096", "-print_final_stats=1"]
    command += [*arguments, *([] if any(not a.startswith("-") for a in arguments) else [f"{work}/corpus", f"{work}/seeds"])]
    count = ctypes.c_int(len(command))
    pointers = (ctypes.c_char_p * len(command))(*[argument.encode() for argument in command])
    array = ctypes.cast(pointers, ctypes.POINTER(ctypes.c_char_p))
    status: int = ctypes.CDLL(None).LLVMFuzzerRunDriver(ctypes.byref(count), ctypes.byref(array), one)
    return status


if __name__ == "__main__":
    sys.exit(main())
