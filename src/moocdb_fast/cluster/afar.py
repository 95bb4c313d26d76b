"""A work folder in an object store. A piece is scanned on the disk of the machine and uploaded; its piece.json is the last, so a piece that has
one is whole. Two machines that upload the same piece upload the same bytes. The merge brings the pieces to its own disk.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import InputError, escaped, for_output
from ..inputs import STATE_MARK
from ..remote import Remote, ask, each
from ..uploading import temporary_folder
from .piece import ABOUT, Report, refuse_other_plan, run_piece
from .plan import Piece, ShardPlan


def run_piece_afar(piece: Piece, work: Remote, report: Report = lambda _bytes, _events: None, *, workers: int = 1) -> bool:
    """Scan a piece into `<work>/<its name>`; False when it was there already."""
    with for_output():
        if _is_done(piece, work):
            return False
    work.probe()
    work.below(STATE_MARK).put_bytes(b"")  # no log, whatever its objects are called
    with temporary_folder() as folder:
        run_piece(piece, folder / "pieces", report, workers=workers)
        made = folder / "pieces" / piece.name
        names = sorted(path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file())
        place = work.below(piece.name)
        each(lambda name: place.below(name).put(made / name), [name for name in names if name != ABOUT])
        ask(lambda: place.below(ABOUT).put(made / ABOUT))
    return True


def _is_done(piece: Piece, work: Remote) -> bool:
    about = work.below(f"{piece.name}/{ABOUT}")
    if not about.is_object():
        return False
    try:
        content = json.loads(about.content())
    except ValueError:  # it was cut off: the piece is made again
        return False
    refuse_other_plan(piece, content, work.shown)
    return True


@contextmanager
def brought(plan: ShardPlan, work: Remote) -> Iterator[Path]:
    """A folder of this machine with the pieces; with none of them if one is missing."""
    objects = {place.path[len(work.below("x").path) - 1 :]: place for place, _ in work.objects()}
    whole = {plan.piece(index).name for index in range(len(plan.pieces))}
    there = {name.removesuffix(f"/{ABOUT}") for name in objects if name.endswith(f"/{ABOUT}")} & whole
    if strange := next((name for name in objects if set(name.split("/")) & {"", ".", ".."}), None):
        raise InputError(f"{work.shown} holds an object whose name is no path: {escaped(strange)}", "remove it, and see who may write there")
    with temporary_folder() as folder:
        wanted = {name: place for name, place in objects.items() if there == whole or name.endswith(f"/{ABOUT}")}
        each(lambda one: one[1].fetch(folder / one[0]), [one for one in wanted.items() if one[0].split("/")[0] in there])
        yield folder
