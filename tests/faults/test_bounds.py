"""Memory does not follow the size of the log, and time follows it no more than linearly.

A partition is resolved in memory and has 32,768 rows, some 40 MB of log: only behind that does memory stay as it is. The test makes
partitions and batches much smaller, so that a small log has many of them."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from faults.runs import PAGE, event, events, fast_folder, write_log

SCRIPT = """
import json, sys
from moocdb_fast import Options, plan, rows, translate
from moocdb_fast.sinks import parquet
log, out, key, small = sys.argv[1:]
options = {"formats": ("csv", "parquet"), "workers": 1, "key_file": key}
if small == "small":
    plan.PARTITION_ROWS, parquet._GROUP_ROWS, rows.BATCH = 512, 512, 256
    options["shard_bytes"] = 1_000_000
summary = translate(log, out, Options(**options))
# Not what getrusage says, which counts from the size of the process that started this one.
peak = 1024 * next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM:"))
print(json.dumps({"lines": summary.lines_read, "events": summary.events, "rejected": summary.rejected,
                  "reasons": {name: n for name, n in summary.inputs[0].counts.rejected.items() if n},
                  "memory": peak, "cpu": summary.run.cpu_seconds,
                  "disk": summary.run.peak_disk_bytes, "size": summary.run.uncompressed_bytes}))
"""


def run(log, *, small=True):
    """What a run over a log in a process of its own says of itself."""
    out = log.with_suffix(".out")
    argv = [sys.executable, "-c", SCRIPT, str(log), str(out), str(log.parent / "key"), "small" if small else ""]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=900, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


@pytest.fixture
def place():
    with fast_folder() as folder:
        yield folder


@pytest.mark.promise("P17")
def test_memory_does_not_follow_the_log(place):
    """The same learners, courses and resources in a log of a hundred times the size."""
    one, other = (run(write_log(place / f"{name}.json", size)) for name, size in (("a", 500_000), ("b", 50_000_000)))
    assert other["lines"] > 80 * one["lines"]
    assert other["memory"] < 1.2 * one["memory"]
    assert other["disk"] < 3 * other["size"]


def lines_of_a_long_one(count):
    """An event with a payload of so many bytes that is good JSON, between two others."""
    long = json.loads(event(1)) | {"event_type": "problem_check", "event": {"answers": {"a_2_1": "x" * count}, "problem_id": "i4x://X/Y/problem/a"}}
    return (event(0) + json.dumps(long) + "\n" + event(2)).encode()


@pytest.mark.promise("P17")
@pytest.mark.parametrize("newline", [True, False], ids=["line", "last line"])
def test_a_line_of_100_megabytes(place, newline):
    """Longer than a line may be: it is a reject, and is not held in memory as a whole again and again."""
    content = lines_of_a_long_one(100_000_000)
    if not newline:
        content = content[: -len(event(2)) - 1]
    (place / "log.json").write_bytes(content)
    found = run(place / "log.json", small=False)
    assert (found["lines"], found["events"], found["reasons"]) == (2 + newline, 1 + newline, {"too_long": 1})
    assert found["memory"] < 300e6


@pytest.mark.promise("P17", "P18")
@pytest.mark.parametrize("brackets", [b"[]", b"{}", b"[", b'{"a":'], ids=["lists", "objects", "open lists", "open objects"])
def test_depth_of_100_000(place, brackets):
    opening, closing = (brackets[:1], brackets[1:]) if len(brackets) == 2 else (brackets, b"")
    opening = b'{"a":' if opening == b"{" else opening
    deep = event(7).encode()[:-2] + b', "event": ' + opening * 100_000 + b"1" + closing * 100_000 + b"}\n"
    text = json.loads(event(8)) | {"event": (opening * 100_000 + b"1" + closing * 100_000).decode()}
    (place / "log.json").write_bytes(events(3) + deep + json.dumps(text).encode() + b"\n" + event(9).encode() * 2)
    found = run(place / "log.json")
    assert (found["lines"], found["events"], found["rejected"]) == (7, 5, 1)  # the last line repeats the one before it


@pytest.mark.promise("P2", "P17")
def test_a_million_rejects(place):
    """Ten times the rejects: about ten times the time, and no more memory."""
    one, other = (place / "a.json", place / "b.json")
    rejected = (PAGE.format(1) + " is no event\n").encode()
    one.write_bytes(events(10) + rejected * 100_000)
    other.write_bytes(events(10) + rejected * 1_000_000)
    some, many = run(one), run(other)
    assert (some["rejected"], many["rejected"]) == (100_000, 1_000_000)
    with (place / "b.out" / "rejects.jsonl").open("rb") as rows:
        assert sum(1 for _ in rows) == 1_000_000
    assert many["memory"] < 1.2 * some["memory"]
    assert many["cpu"] < 15 * max(some["cpu"], 0.5)
    assert many["disk"] < 3 * many["size"]
