"""What each step of a translation in pieces costs: straight lines through what was measured, and the tasks that follow from them."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from moocdb_fast.plan import MOST_PARTITIONS, PARTITION_ROWS

from .simulation import Task

GB = 1e9
SHARD = 64 << 20  # what a repeated scan of a plain log goes on from
STEPS = ("plan", "scan", "scan_gzip", "part", "merge", "merge_of_parts")
_TINY = 0.01  # GB: below it, what a process costs is its start
VALUES = ("cpu", "read", "written", "left", "peak", "held", "rows")
_FULL = 0.2  # GB: what smaller logs need does not fill the buffers and partitions that larger ones fill again and again
MEMORY = ("peak", "held")
WIDE = 1 << 20
"""Rows of a partition in a merge that tells what they cost."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One process that ran: its step, the log (unpacked, in GB; distinct users, in millions), its own share of that log in GB; CPU seconds;
    bytes read from the disk (nothing was in memory before), written, and left behind for the next step; bytes of memory at most, and those of
    them that are no pages of files; rows that a merge had to resolve. The step `merge_wide` is a merge with partitions of WIDE rows; its share is
    what these are larger than the usual ones. Other merges have none."""

    step: str
    log: float
    share: float
    users: float
    cpu: float
    read: int
    written: int
    left: int
    peak: int
    held: int
    rows: int = 0


def features(value: str, one: Sample) -> tuple[float, ...]:
    """What a cost of a step is proportional to: 1, GB of the whole log, GB of the own share, millions of users. Memory does not grow with a share:
    shards and partitions are of one size, and worked at one after the other, but for the partitions of `merge_wide`."""
    memory = value in MEMORY
    if one.step == "plan":
        return 1.0, 0.0, 0.0, 0.0
    if one.step.startswith("scan"):
        return 1.0, 0.0, 0.0 if memory else one.share, 0.0
    return 1.0, one.log, 0.0 if memory and one.step == "part" else one.share, one.users


@dataclass(frozen=True, slots=True)
class Line:
    """fixed + per_gb * log + per_share_gb * share + per_million_users * users. Of CPU seconds, or bytes."""

    fixed: float
    per_gb: float
    per_share_gb: float
    per_million_users: float

    def at(self, log: float, share: float, users: float) -> float:
        return self.fixed + self.per_gb * log + self.per_share_gb * share + self.per_million_users * users


@dataclass(frozen=True, slots=True)
class Step:
    """The lines of a step by what they are about (VALUES), and how far CPU seconds were from theirs (1 is on it)."""

    lines: dict[str, Line]
    spread: tuple[float, ...]


Model = dict[str, Step]


def fit(samples: Sequence[Sample]) -> Model:
    """The model of one kind of log."""
    model = {}
    for step in STEPS:
        mine = [sample for sample in samples if sample.step == step]
        if mine:
            wide = [sample for sample in samples if step == "merge" and sample.step == "merge_wide"]
            lines = {value: _line_of(value, mine + wide if value in MEMORY else mine) for value in VALUES}
            if step.startswith("scan"):  # the largest shard that there was
                lines |= {value: Line(float(max(getattr(one, value) for one in mine)), 0.0, 0.0, 0.0) for value in MEMORY}
            model[step] = Step(lines, _spread(step, mine, lines["cpu"]))
    return model


def _spread(step: str, samples: Sequence[Sample], line: Line) -> tuple[float, ...]:
    """Of parts their sums: the small logs that are measured have a partition or none for each, which tells nothing about large ones."""
    groups: dict[tuple[float, ...], list[Sample]] = {}
    for number, one in enumerate(samples):
        if one.log > _TINY and (one.share > _TINY or not step.startswith("scan")):
            groups.setdefault((one.log, one.share, one.users) if step == "part" else (number,), []).append(one)
    found = [sum(one.cpu for one in group) / sum(line.at(one.log, one.share, one.users) for one in group) for group in groups.values()]
    return tuple(round(ratio, 3) for ratio in sorted(found)) or (1.0,)


def _line_of(value: str, samples: Sequence[Sample]) -> Line:
    if value in MEMORY and any(one.log > _FULL for one in samples):
        samples = [one for one in samples if one.log > _FULL]
    return _line([features(value, one) for one in samples], [float(getattr(one, value)) for one in samples])


def _line(rows: Sequence[Sequence[float]], values: Sequence[float]) -> Line:
    """Least squares, in which an error counts by the root of the value: large logs tell more, small ones what a start costs. Without negative
    factors: what would be negative is taken to be nothing, one after the other."""
    floor = max(*values, 1e-9) / 100
    weights = [max(value, floor) ** -0.5 for value in values]
    used = [column for column in range(4) if any(row[column] for row in rows)]
    while True:
        matrix = [[row[column] * weight for column in used] for row, weight in zip(rows, weights, strict=True)]
        found = _least_squares(matrix, [value * weight for value, weight in zip(values, weights, strict=True)])
        worst = min(range(len(used)), key=lambda i: found[i])
        if found[worst] >= 0 or len(used) == 1:
            break
        del used[worst]
    factors = dict(zip(used, found, strict=True))
    return Line(*(float(f"{factors.get(column, 0.0):.4g}") for column in range(4)))


def _least_squares(rows: Sequence[Sequence[float]], values: Sequence[float]) -> list[float]:
    """The normal equations by elimination; four columns do not need a library. A column that follows from the others gets nothing."""
    width = len(rows[0])
    table = [
        [sum(r[i] * r[j] for r in rows) for j in range(width)] + [sum(r[i] * v for r, v in zip(rows, values, strict=True))] for i in range(width)
    ]
    scale = [table[i][i] for i in range(width)]
    for i in range(width):
        if table[i][i] <= 1e-9 * scale[i]:
            table[i] = [0.0] * (width + 1)
            continue
        table[i] = [cell / table[i][i] for cell in table[i]]
        for other in range(width):
            if other != i:
                factor = table[other][i]
                table[other] = [cell - factor * mine for cell, mine in zip(table[other], table[i], strict=True)]
    return [row[width] for row in table]


def to_json(model: Model) -> dict[str, Any]:
    return {name: {value: asdict(line) for value, line in step.lines.items()} | {"spread": list(step.spread)} for name, step in model.items()}


def from_json(content: dict[str, Any]) -> Model:
    return {name: Step({value: Line(**step[value]) for value in VALUES}, tuple(step["spread"])) for name, step in content.items()}


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be translated: GB unpacked, millions of users, in so many pieces and parts (0: the merge resolves everything). `plans`: the log
    as so many equal archives, each with a plan and a merge of its own; each of them may have all users. `sizes`: GB of the pieces, when they
    are known."""

    log: float
    users: float
    pieces: int
    parts: int = 0
    plans: int = 1
    gzip: bool = False
    sizes: tuple[float, ...] = ()


def tasks(model: Model, work: Work, seed: int = 0, *, even: bool = False) -> list[tuple[str, list[Task]]]:
    """The phases of a translation. CPU seconds are drawn from the measured spread; `even`, they are those of the lines."""
    dice = random.Random(f"tasks {seed}")
    log = work.log / work.plans

    def task(step: str, share: float = 0.0, units: int = 1) -> Task:
        cpu, read, written = (model[step].lines[value].at(log, share, work.users) for value in ("cpu", "read", "written"))
        return Task(cpu * (1.0 if even else dice.choice(model[step].spread)), read, written, units)

    scan = "scan_gzip" if work.gzip else "scan"
    shares = work.sizes or (work.log / work.pieces,) * work.pieces
    phases = [("plan", [task("plan") for _ in range(work.plans)])]
    phases.append(("scan", [task(scan, share, 1 if work.gzip else max(1, math.ceil(share * GB / SHARD))) for share in shares]))
    if work.parts:
        phases.append(("parts", [task("part", log / work.parts) for _ in range(work.plans) for _ in range(work.parts)]))
    phases.append(("merge", [task("merge_of_parts" if work.parts else "merge") for _ in range(work.plans)]))
    return phases


def memory(model: Model, work: Work) -> dict[str, tuple[float, float]]:
    """Bytes of one process of each phase: at most, and without pages of files."""
    log = work.log / work.plans
    steps = {"plan": "plan", "scan": "scan_gzip" if work.gzip else "scan", "parts": "part", "merge": "merge_of_parts" if work.parts else "merge"}
    found = {}
    for phase, step in steps.items():
        if phase != "parts" or work.parts:
            larger = _partition(model, log) if phase in ("parts", "merge") else 0.0
            peak, held = (model[step].lines[value].at(log, 0.0, work.users) + larger * model["merge"].lines[value].per_share_gb for value in MEMORY)
            found[phase] = peak, min(peak, held)
    return found


def _partition(model: Model, log: float) -> float:
    """GB of log of which a partition has the rows, without those of the usual size: from MOST_PARTITIONS of them on they grow."""
    return max(0.0, log / MOST_PARTITIONS - PARTITION_ROWS / max(1.0, model["merge"].lines["rows"].per_gb))


def median_and_range(values: Sequence[float]) -> tuple[float, float, float]:
    return statistics.median(values), min(values), max(values)
