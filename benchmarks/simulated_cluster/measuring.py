"""The steps of a translation in pieces as processes that are watched: CPU seconds and bytes from the rusage of each, memory also from /proc."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from moocdb_fast.plan import PARTITION_ROWS

from .model import GB, WIDE, Sample

PIECES = 4
PARTS = (2, 4)
_COMMAND = ("-m", "moocdb_fast")
_WIDE = f"import sys; from moocdb_fast import cli, plan; plan.PARTITION_ROWS = {WIDE}; sys.exit(cli.main(sys.argv[1:]))"
_BLOCK = 512  # bytes, in rusage
_LOOK = 0.02  # seconds between two looks at the memory of a process

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process used."""

    seconds: float
    cpu: float
    read: int
    written: int
    peak: int
    held: int


def run(words: Sequence[str], folder: Path, said: str = "said", program: Sequence[str] = _COMMAND) -> Usage:
    """`python -m moocdb_fast WORDS` in a folder. It has to succeed."""
    began = time.monotonic()
    with (folder / said).open("wb") as output:
        process = subprocess.Popen([sys.executable, *program, *words], cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        held, most, ended = 0, 0, 0
        while not ended:
            now, so_far = _memory(process.pid)
            held, most = max(held, now), max(most, so_far)
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
            if not ended:
                time.sleep(_LOOK)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(words)} ended with {process.returncode}: {(folder / said).read_text(errors='replace')[-500:]}")
    peak = most or usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)  # the latter is never less than this program has
    cpu = usage.ru_utime + usage.ru_stime
    return Usage(time.monotonic() - began, cpu, usage.ru_inblock * _BLOCK, usage.ru_oublock * _BLOCK, peak, held)


def _memory(pid: int) -> tuple[int, int]:
    """Bytes that are no pages of files, and the most bytes of all kinds so far; 0 where /proc does not tell."""
    try:
        with open(f"/proc/{pid}/status") as file:  # noqa: PTH123 - fifty times a second
            found = {name: int(value.split()[0]) * 1024 for name, _, value in (line.partition(":") for line in file) if name in ("RssAnon", "VmHWM")}
    except OSError:
        return 0, 0
    return found.get("RssAnon", 0), found.get("VmHWM", 0)


def _forget(*places: Path) -> None:
    """Have files read from the disk next time."""
    if not hasattr(os, "posix_fadvise"):
        return
    for place in places:
        for path in place.rglob("*") if place.is_dir() else [place]:
            if path.is_file():
                with path.open("rb") as file:
                    os.fsync(file.fileno())
                    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def scatter(log: Path, out: Path) -> int:
    """Write a generated log again with a user of its own for each line, which is the most that a log can have; its size."""
    with log.open("rb") as lines, out.open("wb") as file:
        for number, line in enumerate(lines):
            line = re.sub(rb"learner\d{6,}", b"learner%07d" % number, line)
            file.write(re.sub(rb'"user_id": 1\d{5,}', b'"user_id": 1%07d' % number, line))
    return out.stat().st_size


def _size(*places: Path) -> int:
    return sum(path.stat().st_size for place in places for path in place.rglob("*") if path.is_file() and not path.is_symlink())


def commands(log: str, pieces: int, parts: int) -> dict[str, list[str]]:
    """The command of each step; {index} and {part} are the numbers of its task."""
    return {
        "plan": ["shard", "plan", log, "--shards", str(pieces), "--out", "plan.json"],
        "scan": ["shard", "run", "plan.json", "--index", "{index}", "--work", "pieces", "--quiet"],
        "part": ["shard", "merge", "plan.json", "--work", "pieces", "--part", "{part}" + f"/{parts}", "--workers", "1", "--quiet"],
        "merge": _merge("whole"),
        "merge_of_parts": [*_merge("of-parts"), "--parts", str(parts)],
    }


def _merge(out: str) -> list[str]:
    return ["shard", "merge", "plan.json", "--work", "pieces", "--out", out, "--workers", "1", "--key-file", "pseudonym.key", "--quiet"]


def _filled(words: Sequence[str], **numbers: int) -> list[str]:
    return [word.format(**numbers) if word.startswith("{") else word for word in words]


def shares(plan: Path, unpacked: int) -> list[float]:
    """GB of the pieces of a plan."""
    pieces = json.loads(plan.read_bytes())["pieces"]
    return [sum(unpacked if end is None else end - start for _, start, end in piece) / GB for piece in pieces]


def measure(log: Path, unpacked: int, folder: Path, report: Report) -> list[Sample]:
    """All steps of one log, in an empty folder, one process after the other. Of a compressed log only the scan: what follows is the same."""
    packed, whole = log.suffix == ".gz", unpacked / GB
    found: list[Sample] = []

    def note(step: str, share: float, used: Usage, left: int = 0, rows: int = 0) -> None:
        report(f"  {step}, {share:.3f} GB: {used.cpu:.2f} CPU s, {used.read / 1e6:.0f} MB read, {used.peak / 1e6:.0f} MB of memory")
        bytes_ = used.read, used.written, left, used.peak, used.held
        found.append(Sample(step, round(whole, 6), round(share, 6), 0.0, round(used.cpu, 3), *bytes_, rows))

    words, pieces = commands(str(log), PIECES, PARTS[0]), folder / "pieces"
    _forget(log)
    note("plan", 0.0, run(words["plan"], folder))
    for index, share in enumerate(shares(folder / "plan.json", unpacked)):
        _forget(log)
        before = _size(pieces)
        used = run(_filled(words["scan"], index=index), folder)
        note("scan_gzip" if packed else "scan", share, used, _size(pieces) - before)
    if packed:
        return found
    _forget(pieces)
    used = run(words["merge"], folder)
    rows, users = _told(folder / "whole")
    note("merge", 0.0, used, _size(folder / "whole"), rows)
    shutil.rmtree(folder / "whole")
    if rows > PARTITION_ROWS:
        larger = (min(rows, WIDE) - PARTITION_ROWS) / rows * whole
        note("merge_wide", larger, run(words["merge"], folder, program=("-c", _WIDE)), rows=rows)
        shutil.rmtree(folder / "whole")
    for parts in PARTS:
        words = commands(str(log), PIECES, parts)
        for part in range(parts):
            _forget(pieces)
            used = run(_filled(words["part"], part=part), folder)
            note("part", whole / parts, used, _size(pieces / f"part-{part}-of-{parts}"))
        _forget(pieces)
        used = run(words["merge_of_parts"], folder)
        note("merge_of_parts", 0.0, used, _size(folder / "of-parts"), rows)
        shutil.rmtree(folder / "of-parts")
    return [replace(one, users=users) for one in found]


def _told(out: Path) -> tuple[int, float]:
    """Rows that were resolved, and millions of distinct users, of an output."""
    summary = json.loads((out / "summary.json").read_bytes())
    reasons = summary["filtered_by_reason"]
    return summary["events"] + reasons.get("echo", 0) + reasons.get("page_close", 0), summary["tables"]["users"] / 1e6


@dataclass(frozen=True, slots=True)
class Worked:
    """A phase that ran here with several workers: seconds, CPU seconds of its processes, and how many cores other programs had meanwhile."""

    name: str
    seconds: float
    cpu: float
    others: float


def worked(log: Path, folder: Path, workers: int, pieces: int, parts: int) -> tuple[list[Worked], list[float]]:
    """All phases of a translation with workers that take the next task when they have finished one; and GB of the pieces. The log is in memory."""
    words = commands(str(log), pieces, parts)
    with log.open("rb", buffering=0) as file:
        while file.read(16 << 20):
            pass
    phases = [
        ("plan", [words["plan"]]),
        ("scan", [_filled(words["scan"], index=index) for index in range(pieces)]),
        ("parts", [_filled(words["part"], part=part) for part in range(parts)]),
        ("merge", [words["merge_of_parts" if parts else "merge"]]),
    ]
    found = []
    for name, todo in phases:
        if todo:
            began, busy = time.monotonic(), _busy()
            with ThreadPoolExecutor(workers) as pool:
                cpu = sum(usage.cpu for usage in pool.map(_alone(folder), range(len(todo)), todo))
            seconds = time.monotonic() - began
            found.append(Worked(name, seconds, cpu, max(0.0, _busy() - busy - cpu) / seconds))
    return found, shares(folder / "plan.json", log.stat().st_size)


def _alone(folder: Path) -> Callable[[int, Sequence[str]], Usage]:
    """Runs commands in the folder; what each says goes elsewhere."""

    def one(number: int, words: Sequence[str]) -> Usage:
        return run(words, folder, said=f"said-{number}")

    return one


def _busy() -> float:
    """CPU seconds of all programs of this machine, and those that the host took from it; 0 where /proc does not tell."""
    try:
        user, nice, system, _, _, hard, soft, stolen = map(int, Path("/proc/stat").read_text().split(maxsplit=9)[1:9])
    except (OSError, ValueError):
        return 0.0
    return (user + nice + system + hard + soft + stolen) / os.sysconf("SC_CLK_TCK")
