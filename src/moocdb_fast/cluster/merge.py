"""All pieces of a plan into the tables."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from ..errors import UsageError
from ..ledger import Summary
from ..options import Options
from ..remote import Remote, place_of
from ..translate import Progress, perform
from ..uploading import placed
from .afar import brought
from .part import finished_parts
from .plan import ShardPlan
from .planned import Planned, planned_options


def merge_shards(
    plan: ShardPlan,
    work: str | os.PathLike[str],
    out: str | os.PathLike[str],
    options: Options | None = None,
    progress: Callable[[Progress], None] | None = None,
    *,
    parts: int = 0,
) -> Summary:
    """Write the MOOCdb tables of a plan whose pieces are all in `work` to folder `out`. Both may be URIs. `parts`: so many have resolved the
    rows before (see part.py)."""
    chosen, place = planned_options(plan, options or Options()), place_of(work)

    def write(folder: Path, given: str = "") -> Summary:
        done = finished_parts(plan, folder, parts, chosen) if parts else []
        source = Planned(plan, folder, chosen, given)
        return placed(out, chosen, lambda local: perform(source, local, chosen, progress, parts=done), progress)

    if not isinstance(place, Remote):
        return write(place)
    if parts:
        raise UsageError("parts of a merge lie in a folder that all machines share", "name that with --work, or leave --parts out")
    with brought(plan, place) as folder:
        return write(folder, place.shown)
