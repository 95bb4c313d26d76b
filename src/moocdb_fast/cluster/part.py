"""A part of a merge: its share of the partitions of all outputs, resolved, below a work folder that all machines share.

    <work>/part-<J>-of-<M>/<number of the output>/      a finished part; part.json says of what, and under which options
    <work>/part-<J>-of-<M>.<host>-<pid>-<random>/       an attempt at it, which is renamed when it is whole

Each part reads all pieces and keeps the rows of its own partitions, so parts know nothing of each other.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

from ..disk import read_object, sync_tree, write_whole
from ..errors import InputError, OutputError, UsageError, show, writing
from ..inputs import shards
from ..options import Options
from ..plan import PARTITION_ROWS
from ..resume import finished
from ..translate import Progress, run_here
from .piece import attempt_at
from .plan import ShardPlan
from .planned import Planned, named, planned_options

ABOUT = "part.json"
OPTIONS = ("keep_duplicates", "split_by_course")
"""What shapes a part, beside what the plan says."""


def run_part(
    plan: ShardPlan,
    work: str | os.PathLike[str],
    part: int,
    of: int,
    options: Options | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> bool:
    """Resolve part number `part` of `of` of a plan whose pieces are all in `work`; False when it was there already."""
    if not 0 <= part < of:
        raise UsageError(f"--part cannot be {part}/{of}: parts are numbered from 0/{of} to {of - 1}/{of}", "one for each task of an array job")
    # Nothing of a part goes into the restricted folder, but payloads want one.
    options = replace(options or Options(), restricted=Path(os.devnull) if plan.scan["payloads"] else None)
    source = Planned(plan, Path(work), planned_options(plan, options))
    home, about = _home(source.work, part, of), _about(plan, part, of, source.options)
    if _is_done(home, about):
        return False
    source.find(source.work)
    attempt = attempt_at(home)
    try:
        with writing(source.work, "--work"):
            attempt.mkdir(mode=0o700)
            _resolve(source, attempt, part, of, progress)
            write_whole(attempt / ABOUT, json.dumps(about).encode(), durable=False)
            sync_tree(attempt)
            try:
                attempt.rename(home)
            except OSError:
                if not _is_done(home, about):  # another attempt was first, and has made the same
                    raise
    finally:
        shutil.rmtree(attempt, ignore_errors=True)
    return True


def finished_parts(plan: ShardPlan, work: Path, of: int, options: Options) -> list[Path]:
    """The folders of all parts of a merge into `of`."""
    homes = [_home(work, part, of) for part in range(of)]
    missing = [part for part, home in enumerate(homes) if not _is_done(home, _about(plan, part, of, options))]
    if missing:
        raise InputError(
            f"{len(missing)} of the {of} parts are not in {show(work)}: {named(missing)}",
            f"make them with: python -m moocdb_fast shard merge PLAN --work DIR --part J/{of}",
        )
    return homes


def _home(work: Path, part: int, of: int) -> Path:
    return work / f"part-{part}-of-{of}"


def _about(plan: ShardPlan, part: int, of: int, options: Options) -> dict[str, Any]:
    made = {name: getattr(options, name) for name in OPTIONS}
    return {"plan": plan.digest, "part": [part, of], "release": metadata.version("moocdb_fast"), "rows": PARTITION_ROWS, "options": made}


def _is_done(home: Path, about: dict[str, Any]) -> bool:
    there = read_object(home / ABOUT)
    if there and there != about:
        raise OutputError(f"{show(home)} was made of another plan, with other options or by another version", "remove it, and make that part again")
    return bool(there)


def _resolve(source: Planned, attempt: Path, part: int, of: int, progress: Callable[[Progress], None] | None) -> None:
    from ..merge import merge
    from ..output import course_sets, part_share
    from ..placing import place_courses
    from ..plan import make_plan
    from ..resolving import Resolving
    from ..shards import ShardResult

    scanned, options = attempt / "shards", source.options
    inputs = source.link(scanned)
    found = [finished(scanned, shard) for shard in shards(inputs, options.shard_bytes)]
    merged = merge([ShardResult(scanned / name) for one in found if one is not None for name in one.folders])
    place_courses(merged)
    sets = list(course_sets(merged, options))
    for number, (_, courses) in enumerate(sets):
        if progress:
            progress(Progress("resolve", number, len(sets), merged.rows, 0))
        plan = make_plan(merged, courses)
        resolving = Resolving(plan, attempt / f"{number}", options.keep_duplicates, part_share(part, of, number))
        resolving.run_share(partial(run_here, options.processes))
    shutil.rmtree(scanned)
