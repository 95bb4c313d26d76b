"""The relational stage of the published pipeline, for those who use it: its nine tables from a log, and the MOOCdb tables from its nine tables.

tables.py     the nine tables, declared once
write.py      a run that writes them; shard.py is the work of one process, rows.py what one event becomes
read.py       reading them, ours and those of the published stage; line.py makes a line of a log of an event's rows
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..ledger import Summary
    from ..options import Options
    from ..translate import Paths, Progress

__all__ = ["translate_relations", "write_relations"]


def write_relations(
    inputs: Paths,
    out: str | os.PathLike[str],
    options: Options | None = None,
    progress: Callable[[Progress], None] | None = None,
    *,
    header: bool = False,
) -> Summary:
    """Write the nine tables of tracking logs to folder `out`; Account and EventIp only to the restricted folder, if one is named.

    `header` puts the names of the columns in front, which the published second stage cannot read.
    """
    from functools import partial

    from ..errors import UsageError
    from ..remote import place_of
    from ..translate import Logs, perform
    from ..uploading import placed
    from .write import write

    chosen = _checked(options)
    if chosen.spreadsheet_safe:
        raise UsageError("the tables of the relational stage have no guards for spreadsheets", "leave --spreadsheet-safe out")
    logs = Logs(inputs, without=(place_of(out),))
    return placed(out, chosen, lambda folder: perform(logs, folder, chosen, progress, partial(write, header=header)), progress)


def translate_relations(
    folder: str | os.PathLike[str],
    out: str | os.PathLike[str],
    options: Options | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Summary:
    """Translate a folder of such tables, ours or those of the published stage, into the MOOCdb tables in folder `out`."""
    from ..translate import perform
    from ..uploading import placed
    from .read import RelationFolder

    chosen = _checked(options)
    return placed(out, chosen, lambda place: perform(RelationFolder(Path(folder)), place, chosen, progress), progress)


def _checked(options: Options | None) -> Options:
    """The options, or their defaults."""
    from ..errors import UsageError
    from ..options import Options

    options = options or Options()
    if options.append or options.resume:
        raise UsageError("a run of the relational stage is always whole", "leave --append and --resume out")
    return options
